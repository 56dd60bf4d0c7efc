// Messages that somebody else keeps: what their sender is told, and that they are never sent twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/mailbox_for_tests.h"
#include "mqtt/scripted_broker_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;

Message WithTicket(std::string topic, std::string payload, std::uint64_t ticket) {
  return {std::move(topic), std::move(payload), false, ticket};
}

// Remembers the answers, in their order.
class Answers {
 public:
  using Told = std::pair<std::uint64_t, Answer>;

  Handlers AddTo(Handlers handlers) {
    handlers.on_answer = [this](std::uint64_t ticket, const Answer& answer) {
      const std::lock_guard lock(mutex_);
      told_.emplace_back(ticket, answer);
      changed_.notify_all();
    };
    return handlers;
  }
  std::vector<Told> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, seconds(20), [&] { return told_.size() >= count; });
    return told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Told> told_;
};

class Tickets : public testing::Test {
 protected:
  // Online, subscribed to "n".
  void Connect(const std::string& config = "allow_anonymous true\n") {
    broker_.emplace(config);
    ASSERT_TRUE(broker_->Start());
    connection_ = MustStart(QuickOptions(broker_->port(), "self", {"n"}), answers_.AddTo(mailbox_.handlers()));
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  std::optional<BrokerForTests> broker_;
  Mailbox mailbox_;
  Answers answers_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(Tickets, AreAnsweredWithWhatTheBrokerSays) {
  Connect();
  EXPECT_TRUE(connection_->Publish(WithTicket("n", "x", 7)));
  EXPECT_TRUE(connection_->Publish(WithTicket("void", "x", 8)));
  connection_->Publish({"n", "without"});
  EXPECT_TRUE(connection_->Publish(WithTicket("n", "x", 9)));
  EXPECT_THAT(answers_.Await(3),
              ElementsAre(Pair(7, Answer{Answer::Kind::kTaken, 0}), Pair(8, Answer{Answer::Kind::kNobodyListens, 0x10}),
                          Pair(9, Answer{Answer::Kind::kTaken, 0})));
}

TEST_F(Tickets, AreNotTakenWhileThereIsNoBroker) {
  const auto connection = MustStart(QuickOptions(FreeLoopbackPort(), "self"), answers_.AddTo({}));
  EXPECT_FALSE(connection->Publish(WithTicket("n", "x", 1)));
  EXPECT_TRUE(connection->Publish({"n", "without"}));
  EXPECT_EQ(connection->stats().pending, 1U);
  EXPECT_EQ(connection->stats().dropped, 0U);
}

TEST_F(Tickets, AreNotTakenBeforeTheSubscriptionIsGranted) {
  const ScriptedBroker broker({std::string("\x20\x03\x00\x00\x00", 5), std::string("\x90\x04\x00\x01\x00\x87", 6)});
  const auto connection = MustStart(QuickOptions(broker.port(), "self", {"n"}), answers_.AddTo(mailbox_.handlers()));
  ASSERT_TRUE(mailbox_.AwaitReason("refused the subscription"));
  EXPECT_EQ(connection->stats().connects, 1U);
  EXPECT_FALSE(connection->Publish(WithTicket("n", "x", 1)));
}

TEST_F(Tickets, AreNotTakenAfterStop) {
  Connect();
  EXPECT_TRUE(connection_->Stop({}, seconds(5)));
  EXPECT_FALSE(connection_->Publish(WithTicket("n", "x", 1)));
  EXPECT_EQ(connection_->stats().dropped, 0U);
}

TEST_F(Tickets, AreForgottenWhenTheConnectionBreaks) {
  Connect();
  broker_->Pause();
  for (std::uint64_t ticket = 0; ticket < 1000; ++ticket)
    connection_->Publish(WithTicket("n", "kept elsewhere", ticket));
  connection_->Publish({"n", "kept here"});
  broker_->Kill();
  ASSERT_TRUE(mailbox_.AwaitReason("127.0.0.1"));
  ASSERT_TRUE(broker_->Start());
  ASSERT_TRUE(mailbox_.AwaitMessages(1));
  EXPECT_THAT(mailbox_.messages(), ElementsAre(Pair("n", "kept here")));
  EXPECT_TRUE(connection_->WaitUntilAcknowledged(seconds(10)));
  EXPECT_THAT(answers_.Await(0), ElementsAre());
  EXPECT_EQ(connection_->stats().dropped, 0U);
}

TEST_F(Tickets, TooLargeForTheBrokerAreAnsweredHere) {
  Connect("allow_anonymous true\nmax_packet_size 1000\n");
  EXPECT_EQ(connection_->stats().most_packet_bytes, 1000U);
  EXPECT_TRUE(connection_->Publish(WithTicket("n", std::string(2000, 'x'), 1)));
  EXPECT_TRUE(connection_->Publish(WithTicket("n", "x", 2)));
  EXPECT_THAT(answers_.Await(2), ElementsAre(Pair(1, Answer{Answer::Kind::kTooLarge, std::nullopt}),
                                             Pair(2, Answer{Answer::Kind::kTaken, 0})));
  EXPECT_EQ(connection_->stats().connects, 1U);
}

TEST_F(Tickets, TooLargeForTheBrokersMessageLimitAreAnsweredByIt) {
  Connect("allow_anonymous true\nmessage_size_limit 1000\n");
  EXPECT_FALSE(connection_->stats().most_packet_bytes.has_value());
  EXPECT_TRUE(connection_->Publish(WithTicket("n", std::string(2000, 'x'), 1)));
  EXPECT_THAT(answers_.Await(1), ElementsAre(Pair(1, Answer{Answer::Kind::kTooLarge, 0x95})));
}

TEST_F(Tickets, ForbiddenByTheAccessListAreAnsweredAsSuch) {
  BrokerForTests* broker = &broker_.emplace("allow_anonymous true\nacl_file FOLDER/acl\n");
  std::ofstream(broker->folder() / "acl") << "topic read n\n";
  ASSERT_TRUE(broker->Start());
  connection_ = MustStart(QuickOptions(broker->port(), "self"), answers_.AddTo(mailbox_.handlers()));
  ASSERT_TRUE(mailbox_.AwaitOnline());
  EXPECT_TRUE(connection_->Publish(WithTicket("n", "x", 1)));
  EXPECT_THAT(answers_.Await(1), ElementsAre(Pair(1, Answer{Answer::Kind::kNotAllowed, 0x87})));
}

TEST_F(Tickets, AnswerMayPublishTheNext) {
  std::atomic<Connection*> self = nullptr;
  Handlers handlers = answers_.AddTo(mailbox_.handlers());
  handlers.on_answer = [&, note = handlers.on_answer](std::uint64_t ticket, const Answer& answer) {
    note(ticket, answer);
    if (ticket < 5) self.load()->Publish(WithTicket("n", "x", ticket + 1));
  };
  broker_.emplace();
  ASSERT_TRUE(broker_->Start());
  connection_ = MustStart(QuickOptions(broker_->port(), "self", {"n"}), handlers);
  self = connection_.get();
  ASSERT_TRUE(mailbox_.AwaitOnline());
  connection_->Publish(WithTicket("n", "x", 1));
  EXPECT_EQ(answers_.Await(5).size(), 5U);
  EXPECT_TRUE(connection_->Stop({}, seconds(5)));
}

TEST(Answer, ReasonCodesAreSortedByWhatToDo) {
  EXPECT_EQ(AnswerOfBroker(0x00).kind, Answer::Kind::kTaken);
  EXPECT_EQ(AnswerOfBroker(0x10).kind, Answer::Kind::kNobodyListens);
  EXPECT_EQ(AnswerOfBroker(0x87).kind, Answer::Kind::kNotAllowed);
  EXPECT_EQ(AnswerOfBroker(0x97).kind, Answer::Kind::kNotAllowed);
  EXPECT_EQ(AnswerOfBroker(0x95).kind, Answer::Kind::kTooLarge);
  for (const int code : {0x80, 0x83, 0x90, 0x99, 0xff}) {
    EXPECT_EQ(AnswerOfBroker(code), (Answer{Answer::Kind::kRefusedOtherwise, code}));
  }
}

}  // namespace
}  // namespace inferometer::mqtt
