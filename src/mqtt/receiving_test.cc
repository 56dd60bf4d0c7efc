// Many messages at once, and receivers that take their time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/mailbox_for_tests.h"
#include "mqtt/scripted_broker_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::IsEmpty;

// A subscriber to "n" that counts batches.
class Receiving : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.Start()); }
  void Subscribe(std::function<void()> work) {
    Handlers handlers = mailbox_.handlers();
    handlers.on_message = [this, work = std::move(work), note = handlers.on_message](std::string_view topic,
                                                                                     std::string_view payload) {
      ++in_open_batch_;
      work();
      note(topic, payload);
    };
    handlers.on_idle = [this] {
      batches_ += in_open_batch_ > 0 ? 1 : 0;
      largest_batch_ = std::max<int>(largest_batch_, in_open_batch_);
      in_open_batch_ = 0;
    };
    subscriber_ = MustStart(QuickOptions(broker_.port(), "sub", {"n"}), handlers);
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  void Publish(int count) {
    if (!publisher_) publisher_ = MustStart(QuickOptions(broker_.port(), "pub"));
    for (int i = 0; i < count; ++i) publisher_->Publish({"n", "x"});
  }
  void AwaitClosedBatch() {
    const auto end = steady_clock::now() + seconds(10);
    while (in_open_batch_ > 0 && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
  }

  BrokerForTests broker_;
  Mailbox mailbox_;
  std::atomic<int> in_open_batch_ = 0;
  std::atomic<int> batches_ = 0;
  std::atomic<int> largest_batch_ = 0;
  std::unique_ptr<Connection> subscriber_;
  std::unique_ptr<Connection> publisher_;
};

TEST_F(Receiving, EveryMessageIsInABatchThatEndsAtOnce) {
  Subscribe([] {});
  for (int round = 1; round <= 5; ++round) {
    Publish(1);
    ASSERT_TRUE(mailbox_.AwaitMessages(static_cast<std::size_t>(round)));
    AwaitClosedBatch();
    EXPECT_EQ(batches_, round);
  }
}

TEST_F(Receiving, MessagesThatWaitTogetherAreOneBatch) {
  constexpr int kMessages = 300;
  Subscribe([this, first = true]() mutable {
    // While the first is at work, the others arrive.
    if (std::exchange(first, false)) publisher_->WaitUntilAcknowledged(seconds(10));
  });
  Publish(kMessages);
  ASSERT_TRUE(mailbox_.AwaitMessages(kMessages));
  AwaitClosedBatch();
  EXPECT_GE(largest_batch_, kMessages / 2);
  EXPECT_LE(batches_, kMessages / 10);
}

// For 2 ms: on a machine that is busy elsewhere the bursts themselves come apart.
TEST_F(Receiving, MessagesThatComeInNumbersAreLetComeTogether) {
  constexpr int kBursts = 200;
  Subscribe([] {});
  const auto begin = steady_clock::now();
  for (int burst = 0; burst < kBursts; ++burst) {
    Publish(4);
    std::this_thread::sleep_for(std::chrono::microseconds(400));
  }
  ASSERT_TRUE(mailbox_.AwaitMessages(4 * kBursts));
  AwaitClosedBatch();
  EXPECT_LT(batches_, kBursts / 4 + (steady_clock::now() - begin) / milliseconds(2));
}

TEST_F(Receiving, FloodDoesNotKeepOthersFromPublishing) {
  Subscribe([] { std::this_thread::sleep_for(milliseconds(1)); });
  Publish(5000);
  ASSERT_TRUE(mailbox_.AwaitMessages(10));
  const auto begin = steady_clock::now();
  subscriber_->Publish({"other", "x"});
  while (subscriber_->stats().acknowledged == 0 && steady_clock::now() - begin < seconds(10)) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(subscriber_->stats().acknowledged, 1U);
  EXPECT_LT(mailbox_.messages().size(), 5000U) << "the flood is still on";
}

TEST_F(Receiving, UnsubscribingReturnsBehindTheLastMessageThatWasSent) {
  constexpr int kMessages = 300;
  Subscribe([] { std::this_thread::sleep_for(milliseconds(1)); });
  Publish(kMessages);
  ASSERT_TRUE(publisher_->WaitUntilAcknowledged(seconds(10)));
  EXPECT_TRUE(subscriber_->Unsubscribe(seconds(20)));
  EXPECT_EQ(mailbox_.messages().size(), kMessages);
}

TEST_F(Receiving, NothingComesAfterUnsubscribingNotEvenOverTheNextConnection) {
  Subscribe([] {});
  EXPECT_TRUE(subscriber_->Unsubscribe(seconds(20)));
  broker_.Kill();
  ASSERT_TRUE(broker_.Start());
  ASSERT_TRUE(mailbox_.AwaitOnline(2));
  Publish(10);
  ASSERT_TRUE(publisher_->WaitUntilAcknowledged(seconds(10)));
  // The broker takes one after the other: what it sent us before would be here.
  subscriber_->Publish({"other", "x"});
  EXPECT_TRUE(subscriber_->WaitUntilAcknowledged(seconds(10)));
  EXPECT_THAT(mailbox_.messages(), IsEmpty());
}

TEST_F(Receiving, UnsubscribingWithoutABrokerWaitsForNothing) {
  Subscribe([] {});
  broker_.Kill();
  ASSERT_TRUE(mailbox_.AwaitReason("127.0.0.1"));
  const auto begin = steady_clock::now();
  EXPECT_FALSE(subscriber_->Unsubscribe(seconds(60)));
  EXPECT_LT(steady_clock::now() - begin, seconds(30));
}

TEST_F(Receiving, BatchEndsWithTheConnection) {
  Subscribe([this] { broker_.Kill(); });
  Publish(2);
  ASSERT_TRUE(mailbox_.AwaitMessages(1));
  AwaitClosedBatch();
  EXPECT_EQ(in_open_batch_, 0);
}

// PUBLISH to "n" with QoS 1.
std::string Published(char packet_id) {
  return std::string("\x32\x07\x00\x01n\x00", 6) + packet_id + std::string("\x00x", 2);
}

TEST(SlowReceiver, OwnPauseIsNotTakenForASilentBroker) {
  // The broker asks for a keepalive of a second; its answer to the first ping stands behind four messages, which take
  // two.
  const std::string connect_accepted("\x20\x06\x00\x00\x03\x13\x00\x01", 8);
  const std::string subscribed("\x90\x04\x00\x01\x00\x01", 6);
  const std::string messages_then_pong =
      Published(1) + Published(2) + Published(3) + Published(4) + std::string("\xd0\x00", 2);
  const ScriptedBroker broker({connect_accepted, subscribed, messages_then_pong});
  Mailbox mailbox;
  Handlers handlers = mailbox.handlers();
  handlers.on_message = [note = handlers.on_message](std::string_view topic, std::string_view payload) {
    std::this_thread::sleep_for(milliseconds(500));
    note(topic, payload);
  };
  const auto connection = MustStart(QuickOptions(broker.port(), "slow", {"n"}), handlers);
  ASSERT_TRUE(mailbox.AwaitMessages(4));
  EXPECT_EQ(connection->stats().connects, 1U);
  EXPECT_THAT(mailbox.reasons(), IsEmpty());
}

}  // namespace
}  // namespace inferometer::mqtt
