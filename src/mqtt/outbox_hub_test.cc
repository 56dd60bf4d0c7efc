// What the outbox believes of what the hub says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "mqtt/outbox_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// --- Acknowledgements that cannot be

TEST_F(OutboxTest, AcknowledgementOfWhatWasNeverSentIsIgnored) {
  BeginWith(10);
  Send();
  EXPECT_THAT(Upto(5).acked, IsEmpty());
  EXPECT_EQ(counters().ahead, 1U);
  EXPECT_EQ(outbox_->in_flight(), 4U);
  EXPECT_EQ(outbox_->lag(), 10U);
}

TEST_F(OutboxTest, AcknowledgementOfAnUnknownStreamIsIgnored) {
  BeginWith(10);
  Send();
  EXPECT_FALSE(outbox_->OnAck(Ack({{0xdead, 1}}), now_).heard);
  EXPECT_EQ(counters().unknown_stream, 1U);
  EXPECT_TRUE(outbox_->OnAck(Ack({{0xdead, 1}, {kStream, 1}}), now_).heard);
  EXPECT_EQ(counters().unknown_stream, 2U);
  EXPECT_EQ(outbox_->lag(), 9U);
}

TEST_F(OutboxTest, WatermarkNeverFalls) {
  BeginWith(10);
  Send();
  Upto(3);
  EXPECT_THAT(Upto(2).acked, IsEmpty());
  EXPECT_THAT(Upto(3).acked, IsEmpty());
  EXPECT_EQ(counters().stale, 2U);
  EXPECT_EQ(outbox_->lag(), 7U);
}

TEST_F(OutboxTest, RejectionOfWhatWasNeverSentIsIgnored) {
  BeginWith(10);
  Send();
  Acknowledgement forged = Ack({});
  forged.rejected = {{kStream, 5, RejectCode::kMalformed}, {0xdead, 1, RejectCode::kMalformed}};
  EXPECT_THAT(outbox_->OnAck(forged, now_).rejected, IsEmpty());
  EXPECT_EQ(counters().unknown_rejected, 2U);
}

// --- The hub lost its data

TEST_F(OutboxTest, ChangedStoreGetsAllThatIsHeld) {
  BeginWith(6);
  Send();
  Upto(4);
  Send();
  Upto(6);
  outbox_->LetGo(kStream, 1);
  const auto outcome = outbox_->OnAck(Ack({{kStream, 1}}, kStore + 1), now_);
  EXPECT_TRUE(outcome.replay);
  EXPECT_EQ(outbox_->store_id(), kStore + 1);
  EXPECT_EQ(outbox_->lag(), 5U);
  EXPECT_THAT(Send(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(counters().replays, 1U);
}

TEST_F(OutboxTest, ChangedStoreMayHaveSomeAlready) {
  BeginWith(6);
  Send();
  Upto(4);
  Send();
  EXPECT_THAT(outbox_->OnAck(Ack({{kStream, 3}}, kStore + 1), now_).acked, ElementsAre(RecordPlace{kStream, 3}));
  EXPECT_THAT(Send(), ElementsAre(4, 5, 6));
}

TEST_F(OutboxTest, ChangedStoreMayPassOverLossesBehindTheLastRecord) {
  BeginWith(3);
  outbox_->Lose(kStream, 2, 2);
  outbox_->Lose(kStream, 4, 6);
  Send();
  Upto(6);
  outbox_->OnAck(Ack({}, kStore + 1), now_);
  EXPECT_EQ(outbox_->lag(), 3U);
  EXPECT_THAT(Send(), ElementsAre(1, 2, 3)) << "whether 2 is lost, reading it tells";
  EXPECT_THAT(outbox_->OnAck(Ack({{kStream, 6}}, kStore + 1), now_).acked, ElementsAre(RecordPlace{kStream, 6}));
  EXPECT_TRUE(outbox_->drained());
}

TEST_F(OutboxTest, ChangedStoreMayPassOverALossBeforeItIsFoundAgain) {
  BeginWith(10);
  outbox_->Lose(kStream, kWindow + 1, kWindow + 2);
  outbox_->OnAck(Ack({}, kStore + 1), now_);
  EXPECT_EQ(Send().size(), kWindow);
  EXPECT_THAT(outbox_->OnAck(Ack({{kStream, kWindow + 2}}, kStore + 1), now_).acked,
              ElementsAre(RecordPlace{kStream, kWindow + 2}));
}

TEST_F(OutboxTest, TwoHubsThatAnswerDoNotMakeItReplayForEver) {
  BeginWith(4);
  std::uint64_t store = kStore;
  for (int i = 0; i < 24 * 3600; ++i) {
    Send();
    outbox_->OnAck(Ack({{kStream, 4}}, ++store), now_);
    now_ += seconds(1);
  }
  EXPECT_GE(counters().replays, 24U) << "it still follows a hub that was really replaced";
  EXPECT_LE(counters().replays, 30U);
  EXPECT_EQ(counters().other_store + counters().replays, 24U * 3600U);
}

TEST_F(OutboxTest, StoreMayChangeAgainSoonWhenTheLastChangeIsLongAgo) {
  BeginWith(4);
  for (std::uint64_t change = 1; change <= 5; ++change) {
    Send();
    EXPECT_TRUE(outbox_->OnAck(Ack({{kStream, 4}}, kStore + change), now_).replay);
    now_ += minutes(61);
  }
  EXPECT_TRUE(outbox_->OnAck(Ack({{kStream, 4}}, kStore), now_).replay);
  now_ += minutes(1);
  EXPECT_TRUE(outbox_->OnAck(Ack({{kStream, 4}}, kStore + 1), now_).replay);
}

// --- The hub's pace

TEST_F(OutboxTest, PaceOfTheHubIsKept) {
  BeginWith(10);
  Acknowledgement ack = Ack({});
  ack.pace = milliseconds(250);
  outbox_->OnAck(ack, now_);
  EXPECT_THAT(Send(), ElementsAre(1));
  EXPECT_EQ(Wait(), milliseconds(250));
  now_ += milliseconds(250);
  EXPECT_THAT(Send(), ElementsAre(2));
  Upto(1);
  EXPECT_THAT(Send(), ElementsAre(3, 4, 5)) << "an acknowledgement without a pace takes it back";
}

TEST_F(OutboxTest, PaceIsBounded) {
  BeginWith(10);
  Acknowledgement ack = Ack({});
  ack.pace = milliseconds(std::numeric_limits<std::int64_t>::max());
  outbox_->OnAck(ack, now_);
  Send();
  EXPECT_EQ(Wait(), seconds(30)) << "the time-out comes before";
  Upto(1);
  outbox_->OnAck(ack, now_);
  EXPECT_EQ(Send().size(), 0U);
  now_ += seconds(60);
  EXPECT_EQ(Send().size(), 1U);
}

// --- No hub was ever heard of

class OutboxWithoutHub : public OutboxTest {
 protected:
  void SetUp() override { BeginWith(10, std::nullopt); }
  void AnswerAll(const Answer& answer) {
    for (const std::uint64_t ticket : std::exchange(tickets_, {})) outbox_->OnAnswer(ticket, answer, now_);
  }
};

TEST_F(OutboxWithoutHub, BrokersAnswerMakesRoomAndNothingGoesTwice) {
  EXPECT_THAT(Send(), ElementsAre(1, 2, 3, 4));
  AnswerAll(kTaken);
  EXPECT_THAT(Send(), ElementsAre(5, 6, 7, 8));
  AnswerAll(kTaken);
  now_ += minutes(10);
  outbox_->OnOffline();
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(9, 10));
  EXPECT_FALSE(outbox_->drained());
  AnswerAll(kTaken);
  EXPECT_TRUE(outbox_->drained());
  EXPECT_EQ(outbox_->lag(), 10U);
}

TEST_F(OutboxWithoutHub, RestartGoesOnWhereTheBrokerHadTaken) {
  Begin(std::nullopt);
  outbox_->Hold({kStream, 1, 10, 0, 7});
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(8, 9, 10));
}

TEST_F(OutboxWithoutHub, HubThatComesLaterGetsAllThatItHasNot) {
  Send();
  AnswerAll(kTaken);
  Send();
  const auto outcome = outbox_->OnAck(Ack({{kStream, 2}}), now_);
  EXPECT_TRUE(outcome.heard);
  EXPECT_FALSE(outcome.replay);
  EXPECT_THAT(outcome.acked, ElementsAre(RecordPlace{kStream, 2}));
  EXPECT_THAT(Send(), ElementsAre(3, 4, 5, 6));
  AnswerAll(kTaken);
  EXPECT_THAT(Send(), IsEmpty()) << "from now on only the hub counts";
}

TEST_F(OutboxWithoutHub, HubThatWasThereFromTheStartGetsNothingTwice) {
  Send();
  AnswerAll(kTaken);
  EXPECT_THAT(Send(), ElementsAre(5, 6, 7, 8));
  Upto(4);
  EXPECT_THAT(Send(), IsEmpty());
  Upto(8);
  EXPECT_THAT(Send(), ElementsAre(9, 10));
  EXPECT_EQ(counters().resent, 0U);
}

TEST_F(OutboxWithoutHub, NobodyListensPausesUntilSomebodyDoes) {
  Send();
  AnswerAll(kNobody);
  EXPECT_EQ(Wait(), milliseconds(500));
  now_ += milliseconds(500);
  EXPECT_THAT(Send(), ElementsAre(1));
  AnswerAll(kTaken);
  EXPECT_THAT(Send(), ElementsAre(2, 3, 4, 5));
}

TEST_F(OutboxWithoutHub, BrokerThatDoesNotAnswerIsTriedAgain) {
  Send();
  outbox_->OnAnswer(tickets_.front(), kTaken, now_);
  now_ += seconds(30);
  EXPECT_EQ(Wait(), milliseconds(500));
  now_ += milliseconds(500);
  EXPECT_THAT(Send(), ElementsAre(2));
}

// --- Floods

TEST_F(OutboxTest, ForgedAcknowledgementsChangeNothing) {
  BeginWith(1000);
  Send();
  Acknowledgement forged;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    forged.store_id = i;
    forged.acks.assign(kMostAcks, {0x1000 + i, i});
    forged.rejected.assign(kMostRejected, {kStream, 1000 + i, RejectCode::kMalformed});
    EXPECT_FALSE(outbox_->OnAck(forged, now_).heard);
  }
  EXPECT_EQ(outbox_->in_flight(), kWindow);
  EXPECT_EQ(outbox_->lag(), 1000U);
  EXPECT_EQ(outbox_->store_id(), kStore);
  EXPECT_EQ(outbox_->streams().size(), 1U);
}

}  // namespace
}  // namespace inferometer::mqtt
