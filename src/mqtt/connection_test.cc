#include "mqtt/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::Pair;

class ConnectionToBroker : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.Start()); }
  Options To(std::string client_id, std::vector<std::string> subscriptions = {}) const {
    return QuickOptions(broker_.port(), std::move(client_id), std::move(subscriptions));
  }

  BrokerForTests broker_;
  Mailbox mailbox_;
};

TEST_F(ConnectionToBroker, PublishedMessageReachesTheSubscriber) {
  const auto subscriber = MustStart(To("sub", {"a/+", "b"}), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  const auto publisher = MustStart(To("pub"));
  const std::string binary("\0\xff bytes", 8);
  publisher->Publish({"a/1", binary});
  publisher->Publish({"b", ""});
  ASSERT_TRUE(publisher->WaitUntilAcknowledged(seconds(10)));
  ASSERT_TRUE(mailbox_.AwaitMessages(2));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("a/1", binary), Pair("b", "")));
  const Stats stats = publisher->stats();
  EXPECT_EQ(stats.acknowledged, 2U);
  EXPECT_EQ(stats.without_subscriber, 0U);
  EXPECT_EQ(stats.connects, 1U);
  EXPECT_EQ(stats.pending, 0U);
  EXPECT_TRUE(stats.online);
}

TEST_F(ConnectionToBroker, MessagesArriveOnceAndInOrderWhileTheConnectionStands) {
  constexpr int kMessages = 2000;
  const auto subscriber = MustStart(To("sub", {"n"}), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  const auto publisher = MustStart(To("pub"));
  for (int i = 0; i < kMessages; ++i) publisher->Publish({"n", std::to_string(i)});
  ASSERT_TRUE(publisher->WaitUntilAcknowledged(seconds(20)));
  ASSERT_TRUE(mailbox_.AwaitMessages(kMessages));
  EXPECT_TRUE(publisher->Stop({}, seconds(1)));
  const auto messages = mailbox_.messages();
  ASSERT_EQ(messages.size(), std::size_t{kMessages});
  for (int i = 0; i < kMessages; ++i) EXPECT_EQ(messages[static_cast<std::size_t>(i)].second, std::to_string(i));
}

TEST_F(ConnectionToBroker, RetainedMessageWaitsForLateComers) {
  const auto publisher = MustStart(To("pub"));
  publisher->Publish({"status", "online", /*retained=*/true});
  publisher->Publish({"status", "passing"});
  ASSERT_TRUE(publisher->WaitUntilAcknowledged(seconds(10)));
  const auto subscriber = MustStart(To("sub", {"status"}), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitMessages(1));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("status", "online")));
}

TEST_F(ConnectionToBroker, MessageThatNobodyHearsIsAcknowledgedAndCounted) {
  const auto publisher = MustStart(To("pub"));
  publisher->Publish({"void", "x"});
  ASSERT_TRUE(publisher->WaitUntilAcknowledged(seconds(10)));
  EXPECT_EQ(publisher->stats().acknowledged, 1U);
  EXPECT_EQ(publisher->stats().without_subscriber, 1U);
}

TEST_F(ConnectionToBroker, HandlersMayPublish) {
  std::atomic<Connection*> self = nullptr;
  Handlers handlers = mailbox_.handlers();
  handlers.on_message = [&, note = handlers.on_message](std::string_view topic, std::string_view payload) {
    note(topic, payload);
    if (topic == "question") self.load()->Publish({"answer", "to " + std::string(payload)});
  };
  const auto connection = MustStart(To("self", {"question", "answer"}), handlers);
  self = connection.get();
  ASSERT_TRUE(mailbox_.AwaitOnline());
  connection->Publish({"question", "why"});
  ASSERT_TRUE(mailbox_.AwaitMessages(2));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("question", "why"), Pair("answer", "to why")));
  EXPECT_TRUE(connection->Stop({}, seconds(1)));
}

// The device's status as a subscriber sees it.
class LastWill : public ConnectionToBroker {
 protected:
  void SetUp() override {
    ConnectionToBroker::SetUp();
    if (HasFatalFailure()) return;
    device_ = To("device");
    device_.last_will = Message{"status", "lost", /*retained=*/true};
    watcher_ = MustStart(To("watcher", {"status"}), mailbox_.handlers());
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  Options device_;
  std::unique_ptr<Connection> watcher_;
};

TEST(LastWillOfAProcess, IsPublishedWhenTheProcessIsKilled) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  const pid_t child = ::fork();  // before this process has any thread
  if (child == 0) {
    Options options = QuickOptions(broker.port(), "device");
    options.last_will = Message{"status", "lost", /*retained=*/true};
    const auto device = MustStart(options);
    device->Publish({"status", "online", /*retained=*/true});
    for (;;) ::pause();
  }
  Mailbox mailbox;
  const auto watcher = MustStart(QuickOptions(broker.port(), "watcher", {"status"}), mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitMessages(1));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(mailbox.AwaitMessages(2));
  EXPECT_THAT(mailbox.messages(), ElementsAre(Pair("status", "online"), Pair("status", "lost")));
}

TEST_F(LastWill, IsNotPublishedAfterAStopWhoseLastMessageWasAcknowledged) {
  const auto device = MustStart(device_);
  EXPECT_TRUE(device->Stop({{"status", "offline", /*retained=*/true}}, seconds(10)));
  watcher_->Publish({"status", "end"});
  ASSERT_TRUE(mailbox_.AwaitMessages(2));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("status", "offline"), Pair("status", "end")));
}

TEST_F(LastWill, IsPublishedByDestructionWithoutStop) {
  auto device = MustStart(device_);
  device->Publish({"status", "online", /*retained=*/true});
  ASSERT_TRUE(device->WaitUntilAcknowledged(seconds(10)));
  device.reset();
  ASSERT_TRUE(mailbox_.AwaitMessages(2));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("status", "online"), Pair("status", "lost")));
}

TEST_F(LastWill, IsPublishedWhenStopCouldNotDeliverTheLastMessage) {
  const auto device = MustStart(device_);
  device->Publish({"status", "online", /*retained=*/true});
  ASSERT_TRUE(device->WaitUntilAcknowledged(seconds(10)));
  broker_.Pause();
  EXPECT_FALSE(device->Stop({{"status", "offline", /*retained=*/true}}, milliseconds(50)));
  broker_.Continue();
  ASSERT_TRUE(mailbox_.AwaitMessages(2));
  const auto messages = mailbox_.messages();
  EXPECT_NE(messages.back().second, "online");
}

// More input than the socket's buffers hold: the broker is still writing when the good-bye comes.
TEST_F(ConnectionToBroker, StopWithUnreadInputStillSaysGoodbye) {
  Options options = To("device", {"flood"});
  options.last_will = Message{"status", "lost"};
  const auto watcher = MustStart(To("watcher", {"status"}), mailbox_.handlers());
  Mailbox flooded;
  std::promise<void> release;
  Handlers stuck = flooded.handlers();
  stuck.on_message = [&, note = stuck.on_message, released = release.get_future().share()](std::string_view topic,
                                                                                           std::string_view payload) {
    note(topic, payload);
    released.wait();
  };
  const auto device = MustStart(options, stuck);
  ASSERT_TRUE(mailbox_.AwaitOnline() && flooded.AwaitOnline());
  const auto flood = MustStart(To("flood"));
  for (int i = 0; i < 60; ++i) flood->Publish({"flood", std::string(200'000, 'x')});
  ASSERT_TRUE(flooded.AwaitMessages(1));
  std::this_thread::sleep_for(milliseconds(100));
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(50));
    release.set_value();
  });
  EXPECT_TRUE(device->Stop({}, milliseconds(0)));
  later.join();
  watcher->Publish({"status", "end"});
  ASSERT_TRUE(mailbox_.AwaitMessages(1));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("status", "end")));
}

TEST_F(ConnectionToBroker, NoHandlerRunsAfterStop) {
  const auto subscriber = MustStart(To("sub", {"n"}), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  const auto publisher = MustStart(To("pub"));
  for (int i = 0; i < 5000; ++i) publisher->Publish({"n", "x"});
  ASSERT_TRUE(mailbox_.AwaitMessages(1));
  subscriber->Stop({}, milliseconds(0));
  const int calls = mailbox_.calls();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(mailbox_.calls(), calls);
}

TEST_F(ConnectionToBroker, WhatIsPublishedAfterStopIsCountedAsDropped) {
  const auto connection = MustStart(To("late"));
  EXPECT_TRUE(connection->Stop({}, seconds(1)));
  connection->Publish({"n", "x"});
  EXPECT_EQ(connection->stats().dropped, 1U);
  EXPECT_EQ(connection->stats().pending, 0U);
  EXPECT_TRUE(connection->Stop({}, seconds(1))) << "a second stop has nothing to do";
}

// --- Destruction takes less than a second, whatever the network does.

milliseconds TimeToDestroy(std::unique_ptr<Connection> connection) {
  const auto begin = steady_clock::now();
  connection.reset();
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

TEST(Destruction, IsPromptWhenNobodyListens) {
  Options options = QuickOptions(FreeLoopbackPort(), "x");
  options.backoff_first = options.backoff_most = seconds(60);
  options.random = [] { return 0.99; };
  Mailbox mailbox;
  auto connection = MustStart(options, mailbox.handlers());
  connection->Publish({"n", "x"});
  ASSERT_TRUE(mailbox.AwaitReason("nobody listens"));
  EXPECT_LT(TimeToDestroy(std::move(connection)), seconds(1));
}

TEST_F(ConnectionToBroker, DestructionIsPromptWhenTheBrokerHangs) {
  auto connection = MustStart(To("x"), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  broker_.Pause();
  connection->Publish({"n", "x"});
  EXPECT_LT(TimeToDestroy(std::move(connection)), seconds(1));
}

// A listener that accepts nobody, with a full queue: connect(2) waits for an answer that does not come.
class SilentListener {
 public:
  SilentListener() {
    ::listen(listener_.fd, 0);
    for (int& filler : fillers_) ConnectToLoopback(listener_.port, SOCK_NONBLOCK, filler);
  }
  ~SilentListener() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_.fd);
  }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  [[nodiscard]] int port() const { return listener_.port; }

 private:
  BoundSocket listener_ = BindToFreePort();
  int fillers_[4] = {};
};

TEST(Destruction, IsPromptWhileAConnectHangs) {
  const SilentListener listener;
  auto connection = MustStart(QuickOptions(listener.port(), "x"));
  std::this_thread::sleep_for(milliseconds(100));
  const auto begin = steady_clock::now();
  connection->Publish({"n", "x"});
  EXPECT_FALSE(connection->stats().online);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(100)) << "nothing waits for the connect";
  EXPECT_LT(TimeToDestroy(std::move(connection)), seconds(1));
}

}  // namespace
}  // namespace inferometer::mqtt
