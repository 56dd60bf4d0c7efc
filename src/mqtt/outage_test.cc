// Brokers that are absent, die, hang and come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/mailbox_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Outage, BrokerThatComesLaterIsFoundAndGetsWhatWaited) {
  BrokerForTests broker;
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), mailbox.handlers());
  connection->Publish({"n", "early"});
  ASSERT_TRUE(
      mailbox.AwaitReason("nobody listens at 127.0.0.1:" + std::to_string(broker.port()) + ": is the broker running?"));
  EXPECT_EQ(connection->stats().pending, 1U);
  EXPECT_FALSE(connection->WaitUntilAcknowledged(milliseconds(20)));
  ASSERT_TRUE(broker.Start());
  ASSERT_TRUE(mailbox.AwaitMessages(1));
  EXPECT_THAT(mailbox.messages(), ElementsAre(Pair("n", "early")));
  EXPECT_THAT(mailbox.reasons(), ElementsAre(HasSubstr("nobody listens"))) << "the same reason is told once";
  EXPECT_TRUE(connection->WaitUntilAcknowledged(seconds(10)));
}

// With no bound on what is on its way to a subscriber, Mosquitto hands a message on before it acknowledges it. (What it
// would have queued beyond such a bound is lost in a kill although it was acknowledged: see Connection.)
constexpr const char* kHandsOnBeforeAcknowledging = "allow_anonymous true\nmax_inflight_messages 0\n";

TEST(Outage, EveryMessageArrivesAlthoughTheBrokerIsKilledTwice) {
  constexpr int kMessages = 2000;
  BrokerForTests broker(kHandsOnBeforeAcknowledging);
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  // Its own subscriber, since the subscription then stands again before the first message is sent again.
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  for (int i = 0; i < kMessages; ++i) {
    connection->Publish({"n", std::to_string(i)});
    if (i % 700 == 650) {
      broker.Kill();
      ASSERT_TRUE(broker.Start());
    }
    if (i % 20 == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  ASSERT_TRUE(connection->WaitUntilAcknowledged(seconds(20)));
  EXPECT_TRUE(connection->Stop({}, seconds(1)));
  std::set<std::string> arrived;
  for (const auto& [topic, payload] : mailbox.messages()) arrived.insert(payload);
  EXPECT_EQ(arrived.size(), std::size_t{kMessages});
  const Stats stats = connection->stats();
  EXPECT_EQ(stats.acknowledged, std::uint64_t{kMessages});
  EXPECT_EQ(stats.dropped + stats.refused, 0U);
  EXPECT_GE(stats.connects, 3U);
  EXPECT_LE(mailbox.messages().size(), kMessages + 2 * kMostOnTheirWay) << "only what was on its way comes twice";
}

TEST(Outage, SubscriptionsAndOnlineComeBackWithTheBroker) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  broker.Kill();
  ASSERT_TRUE(mailbox.AwaitReason("127.0.0.1"));
  EXPECT_FALSE(connection->stats().online);
  ASSERT_TRUE(broker.Start());
  ASSERT_TRUE(mailbox.AwaitOnline(2));
  connection->Publish({"n", "again"});
  ASSERT_TRUE(mailbox.AwaitMessages(1));
}

TEST(Outage, BrokerThatShutsDownInOrderIsAskedAgainLater) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  broker.Terminate();
  ASSERT_TRUE(mailbox.AwaitReason("127.0.0.1"));
  ASSERT_TRUE(broker.Start());
  EXPECT_TRUE(mailbox.AwaitOnline(2));
}

TEST(Outage, FullQueueDropsTheOldestAndCountsThem) {
  BrokerForTests broker;
  Mailbox mailbox;
  Options options = QuickOptions(broker.port(), "self", {"n"});
  options.most_waiting_messages = 100;
  const auto connection = MustStart(options, mailbox.handlers());
  for (int i = 0; i < 150; ++i) connection->Publish({"n", std::to_string(i)});
  EXPECT_EQ(connection->stats().dropped, 50U);
  EXPECT_EQ(connection->stats().pending, 100U);
  ASSERT_TRUE(broker.Start());
  ASSERT_TRUE(mailbox.AwaitMessages(100));
  EXPECT_THAT(mailbox.messages().front(), Pair("n", "50"));
  EXPECT_THAT(mailbox.messages().back(), Pair("n", "149"));
}

TEST(Outage, StopGivesWhatWaitsOneMoreChanceAtOnce) {
  BrokerForTests broker;
  Options options = QuickOptions(broker.port(), "self");
  options.backoff_first = options.backoff_most = seconds(60);
  options.random = [] { return 0.99; };
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitReason("nobody listens"));
  ASSERT_TRUE(broker.Start());
  EXPECT_TRUE(connection->Stop({{"status", "offline"}}, seconds(10)));
  EXPECT_EQ(connection->stats().acknowledged, 1U);
}

TEST(Outage, StopWithoutABrokerWaitsNoLongerThanAllowed) {
  const auto connection = MustStart(QuickOptions(FreeLoopbackPort(), "self"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(connection->Stop({{"status", "offline"}}, milliseconds(100)));
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(100));
  EXPECT_LT(took, seconds(1));
}

TEST(Outage, BrokerThatDoesNotAnswerTheConnectIsNoticed) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  broker.Pause();
  Options options = QuickOptions(broker.port(), "self");
  options.answer_within = milliseconds(100);
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitReason("has not answered the connect for 0.1 s"));
  broker.Continue();
  EXPECT_TRUE(mailbox.AwaitOnline());
}

TEST(Outage, UnknownHostIsNamed) {
  Options options = QuickOptions(1883, "self");
  options.host = "no-such-host.invalid";
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitReason("the host name \"no-such-host.invalid\" cannot be resolved"));
  EXPECT_THAT(connection->stats().last_error, HasSubstr("no-such-host.invalid"));
}

}  // namespace
}  // namespace inferometer::mqtt
