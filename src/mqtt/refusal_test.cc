// Brokers that say no, and peers that are no brokers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/mailbox_for_tests.h"
#include "mqtt/scripted_broker_for_tests.h"
#include "os/process.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Refusal, MessageToAForbiddenTopicIsCountedAndNotTriedAgain) {
  BrokerForTests broker("allow_anonymous true\nacl_file FOLDER/acl\n");
  broker.files().Put("acl", "topic readwrite open/#\n");
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"open/#"}), mailbox.handlers());
  connection->Publish({"closed/1", "x"});
  connection->Publish({"open/1", "y"});
  ASSERT_TRUE(connection->WaitUntilAcknowledged(seconds(10)));
  const Stats stats = connection->stats();
  EXPECT_EQ(stats.refused, 1U);
  EXPECT_EQ(stats.acknowledged, 1U);
  EXPECT_EQ(stats.last_refusal_code, 0x87);
  EXPECT_THAT(stats.last_error, HasSubstr("refused a message to closed/1 (code 0x87, Not authorized)"));
  ASSERT_TRUE(mailbox.AwaitMessages(1));
  EXPECT_THAT(mailbox.messages(), ElementsAre(Pair("open/1", "y")));
}

// A password file made by mosquitto_passwd: user "device", password "secret".
class Password : public testing::Test {
 protected:
  void SetUp() override {
    broker_.files().Put("passwords", "device:secret\n");
    const std::string command = PasswordProgram() + " -U " + (broker_.folder() / "passwords").string();
    if (std::system(command.c_str()) != 0) GTEST_FAIL() << command;
    ASSERT_TRUE(broker_.Start());
  }
  Options With(std::string user, std::string password) const {
    Options options = QuickOptions(broker_.port(), "device");
    options.username = std::move(user);
    options.password = std::move(password);
    return options;
  }
  static std::string PasswordProgram() {
    const std::string unpacked = INFEROMETER_SOURCE_DIR "/third_party/mosquitto/usr/bin/mosquitto_passwd";
    return std::filesystem::exists(unpacked) ? unpacked : "mosquitto_passwd";
  }
  BrokerForTests broker_{"allow_anonymous false\npassword_file FOLDER/passwords\n"};
  Mailbox mailbox_;
};

TEST_F(Password, RightOneIsAccepted) {
  const auto connection = MustStart(With("device", "secret"), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitOnline());
}

TEST_F(Password, WrongOneIsToldWithTheUserName) {
  const auto connection = MustStart(With("device", "guess"), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("does not accept the user \"device\" with this password: check both"));
  EXPECT_EQ(connection->stats().connects, 0U);
}

TEST_F(Password, MissingOneIsToldAsMissing) {
  const auto connection = MustStart(With("", ""), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("wants a user name and a password"));
}

TEST(Refusal, MessageLargerThanTheBrokerTakesIsRefusedHereAndTheConnectionStays) {
  BrokerForTests broker("allow_anonymous true\nmax_packet_size 1000\n");
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), mailbox.handlers());
  // Fixed header 1 + 2, topic 2 + 1, packet id 2, properties 1.
  constexpr std::size_t kLargest = 1000 - 9;
  for (const std::size_t size : {std::size_t{5000}, kLargest + 2, kLargest + 1, kLargest}) {
    connection->Publish({"n", std::string(size, 'x')});
  }
  ASSERT_TRUE(connection->WaitUntilAcknowledged(seconds(10)));
  const Stats stats = connection->stats();
  EXPECT_EQ(stats.refused, 3U);
  EXPECT_EQ(stats.acknowledged, 1U);
  EXPECT_EQ(stats.connects, 1U);
  EXPECT_THAT(stats.last_error, HasSubstr("raise the broker's max_packet_size"));
  ASSERT_TRUE(mailbox.AwaitMessages(1));
  EXPECT_EQ(mailbox.messages().front().second.size(), kLargest);
}

TEST(Refusal, WhatIsNoTopicIsCountedAndGoesNowhere) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  const auto connection = MustStart(QuickOptions(broker.port(), "self"));
  for (const char* topic : {"", "a/#", "a/+/b", "\xff"}) connection->Publish({topic, "x"});
  connection->Publish({std::string("a\0b", 3), "x"});
  connection->Publish({std::string(70'000, 'a'), "x"});
  EXPECT_TRUE(connection->WaitUntilAcknowledged(seconds(10)));
  EXPECT_EQ(connection->stats().refused, 6U);
  EXPECT_FALSE(connection->stats().last_error.empty());
}

TEST(Refusal, HugeIncomingMessageIsNotDeliveredAndTheConnectionStays) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  Options options = QuickOptions(broker.port(), "sub", {"n"});
  options.most_incoming_bytes = 10'000;
  Mailbox mailbox;
  const auto subscriber = MustStart(options, mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  const auto publisher = MustStart(QuickOptions(broker.port(), "pub"));
  for (const std::size_t size : {10'001U, 1'000'000U, 10'000U, 3U}) publisher->Publish({"n", std::string(size, 'x')});
  ASSERT_TRUE(mailbox.AwaitMessages(2));
  EXPECT_EQ(mailbox.messages()[0].second.size(), 10'000U);
  EXPECT_EQ(mailbox.messages()[1].second, "xxx");
  EXPECT_EQ(subscriber->stats().connects, 1U);
  std::ifstream log(broker.folder() / "broker.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(text, HasSubstr("Dropping too large outgoing PUBLISH for sub (1000006 bytes)")) << "and was not sent";
}

TEST(Refusal, SecondClientWithTheSameIdIsNamedAsAPossibleReason) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  Mailbox mailbox;
  const auto first = MustStart(QuickOptions(broker.port(), "twin"), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  const auto second = MustStart(QuickOptions(broker.port(), "twin"));
  EXPECT_TRUE(mailbox.AwaitReason("does no other client use the id \"twin\"?"));
}

// --- What a real Mosquitto does not say.

const std::string kConnectAccepted("\x20\x03\x00\x00\x00", 5);
const std::string kSubscriptionRefused("\x90\x04\x00\x01\x00\x87", 6);
const std::string kSubscriptionGranted("\x90\x04\x00\x02\x00\x01", 6);

// A device must not lose a processor to a broker that hangs.
TEST(ScriptedRefusal, WaitingForTheAnswerToTheConnectTakesNoProcessorTime) {
  const ScriptedBroker broker({""});
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}));
  while (broker.heard() == 0) std::this_thread::sleep_for(milliseconds(1));
  const auto before = os::LaggingProcessCpuTime();
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_LT(os::LaggingProcessCpuTime() - before, milliseconds(150));
}

TEST(ScriptedRefusal, RefusedSubscriptionIsToldAndAskedForAgain) {
  const ScriptedBroker broker({kConnectAccepted, kSubscriptionRefused, kSubscriptionGranted});
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "x", {"secret/#"}), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitReason("refused the subscription to secret/# (code 0x87, Not authorized)"));
  ASSERT_TRUE(mailbox.AwaitOnline());
  EXPECT_EQ(connection->stats().connects, 1U) << "the connection stands meanwhile";
}

TEST(ScriptedRefusal, UnansweredSubscriptionEndsTheConnection) {
  const ScriptedBroker broker({kConnectAccepted, ""});
  Options options = QuickOptions(broker.port(), "x", {"n"});
  options.answer_within = milliseconds(100);
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitReason("has not answered a subscription for 0.1 s"));
}

struct Answer {
  std::vector<std::string> bytes;
  std::string reason;
  // The test's name shows it.
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) { return out << answer.reason; }
};

class WrongAnswer : public testing::TestWithParam<Answer> {};

TEST_P(WrongAnswer, IsASentenceAndTheThreadGoesOn) {
  const ScriptedBroker broker(GetParam().bytes);
  Mailbox mailbox;
  const auto connection = MustStart(QuickOptions(broker.port(), "x", {"n"}), mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitReason(GetParam().reason)) << testing::PrintToString(mailbox.reasons());
  const int heard = broker.heard();
  while (!GetParam().bytes.empty() && broker.heard() == heard) std::this_thread::sleep_for(milliseconds(5));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongAnswer,
    testing::Values(Answer{{}, "without an answer: is an MQTT broker listening there, without TLS?"},
                    Answer{{"HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(200, ' ')}, "without an answer"},
                    Answer{{std::string("\x20\x02\x00\x01", 4)}, "does not speak MQTT 5"},
                    Answer{{std::string("\x20\x03\x00\x85\x00", 5)}, "code 0x85"},
                    Answer{{std::string("\x20\x03\x00\x89\x00", 5)}, "code 0x89"},
                    Answer{{std::string("\x20\xff\xff\xff\xff\x7f", 6)}, "without an answer"},
                    Answer{{kConnectAccepted, "\x30\xff\xff\xff\xff\xff"}, "lost the connection"},
                    Answer{{kConnectAccepted, std::string("\xe0\x01\x8b", 3)}, "code 0x8b"},
                    Answer{{kConnectAccepted, std::string("\xe0\x01\x8e", 3)}, "another client with the id \"x\""},
                    Answer{{kConnectAccepted, std::string(64, '\xff')}, "lost the connection"}));

}  // namespace
}  // namespace inferometer::mqtt
