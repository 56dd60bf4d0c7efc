#include "mqtt/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/outbox_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(OutboxTest, SendsOldestFirstAndNoMoreThanTheWindow) {
  BeginWith(10);
  EXPECT_THAT(Send(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(outbox_->in_flight(), 4U);
  EXPECT_THAT(Upto(2).acked, ElementsAre(RecordPlace{kStream, 2}));
  EXPECT_THAT(Send(), ElementsAre(5, 6));
  EXPECT_EQ(outbox_->lag(), 8U);
  EXPECT_EQ(counters().sent, 6U);
  EXPECT_EQ(counters().acknowledged, 2U);
  EXPECT_EQ(counters().resent, 0U);
}

TEST_F(OutboxTest, SendsNothingWithoutAConnection) {
  Begin();
  outbox_->Hold({kStream, 1, 5, 0, 0});
  EXPECT_EQ(Wait(), std::nullopt);
  outbox_->OnOnline();
  EXPECT_FALSE(Send().empty());
}

TEST_F(OutboxTest, SendsWhatBecomesDurableLater) {
  BeginWith(1);
  EXPECT_THAT(Send(), ElementsAre(1));
  outbox_->Extend(kStream, 3);
  EXPECT_THAT(Send(), ElementsAre(2, 3));
  Upto(3);
  EXPECT_TRUE(outbox_->drained());
  outbox_->Extend(kStream, 4);
  EXPECT_FALSE(outbox_->drained());
  EXPECT_THAT(Send(), ElementsAre(4));
}

TEST_F(OutboxTest, OlderStreamsComeFirst) {
  Begin();
  outbox_->Hold({kStream, 3, 5, 3, 5});
  outbox_->Hold({kNewer, 1, 0, 0, 0});
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(4, 5));
  outbox_->Extend(kNewer, 9);
  EXPECT_THAT(Send(), ElementsAre(101, 102));
  outbox_->OnAck(Ack({{kNewer, 1}, {kStream, 5}}), now_);
  EXPECT_THAT(Send(), ElementsAre(103, 104, 105));
  EXPECT_EQ(counters().resent, 2U) << "sent in an earlier life";
}

TEST_F(OutboxTest, HubMayHaveMoreOfAnEarlierLifeThanTheLedgerKnows) {
  Begin();
  outbox_->Hold({kStream, 1, 20, 3, 3});
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(Upto(17).acked, ElementsAre(RecordPlace{kStream, 17}));
  EXPECT_THAT(Send(), ElementsAre(18, 19, 20));
}

// It passes over losses of that life that it was told, or has what a crash took from the journal.
TEST_F(OutboxTest, HubMayHaveMoreOfAnEndedStreamThanTheJournalEverHeld) {
  Begin();
  outbox_->Hold({kStream, 1, 3, 0, 3});
  outbox_->Hold({kNewer, 1, 0, 0, 0});
  outbox_->OnOnline();
  Send();
  EXPECT_THAT(Upto(9).acked, ElementsAre(RecordPlace{kStream, 3}));
  EXPECT_THAT(Upto(9).acked, IsEmpty());
  EXPECT_EQ(outbox_->lag(), 0U);
  EXPECT_TRUE(outbox_->drained());
  EXPECT_EQ(outbox_->in_flight(), 0U);
  EXPECT_THAT(outbox_->OnAck(Ack({{kNewer, 1}}), now_).acked, IsEmpty()) << "the newest one may go on";
  EXPECT_EQ(counters().ahead, 1U);
}

TEST_F(OutboxTest, StreamsAreAcknowledgedIndependently) {
  Begin();
  outbox_->Hold({kStream, 1, 2, 0, 0});
  outbox_->Hold({kNewer, 1, 9, 0, 0});
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(1, 2, 101, 102));
  outbox_->OnAck(Ack({{kNewer, 1}}), now_);
  EXPECT_THAT(Send(), ElementsAre(103));
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(1, 2, 102, 103)) << "what is acknowledged does not go again";
}

TEST_F(OutboxTest, BrokenConnectionSendsWhatIsUnacknowledgedAgain) {
  BeginWith(10);
  Send();
  Upto(1);
  outbox_->OnOffline();
  EXPECT_EQ(outbox_->in_flight(), 0U);
  EXPECT_THAT(Send(), IsEmpty());
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(counters().resent, 3U);
  EXPECT_EQ(counters().rewinds, 1U);
}

TEST_F(OutboxTest, AnswersAndAcknowledgementsOfTheOldConnectionDoNoHarm) {
  BeginWith(10);
  Send();
  const std::uint64_t old_ticket = tickets_.front();
  outbox_->OnOffline();
  EXPECT_EQ(outbox_->OnAnswer(old_ticket, kNobody, now_).kind, Outbox::Verdict::Kind::kNothing);
  EXPECT_EQ(counters().unknown_answers, 1U);
  EXPECT_THAT(Upto(3).acked, ElementsAre(RecordPlace{kStream, 3})) << "it is true whenever it comes";
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(4, 5, 6, 7));
}

// --- Nobody answers

TEST_F(OutboxTest, UnacknowledgedRecordsGoAgainAfterTheTimeOut) {
  BeginWith(10);
  Send();
  now_ += seconds(10);
  Upto(1);
  EXPECT_THAT(Send(), ElementsAre(5));
  EXPECT_EQ(Wait(), seconds(20));
  now_ += seconds(20);
  EXPECT_EQ(Wait(), milliseconds(500)) << "back-off, in case the hub is overloaded";
  now_ += milliseconds(500);
  EXPECT_THAT(Send(), ElementsAre(2)) << "one tries";
  Upto(4);
  EXPECT_THAT(Send(), ElementsAre(5, 6, 7, 8));
  EXPECT_EQ(counters().ack_timeouts, 1U);
}

TEST_F(OutboxTest, BackOffGrowsUntilTheHubMakesProgress) {
  BeginWith(10);
  std::vector<milliseconds> waits;
  for (int i = 0; i < 11; ++i) {
    Send();
    now_ += seconds(30);
    waits.push_back(Wait().value());
    now_ += waits.back();
  }
  EXPECT_THAT(waits, ElementsAre(milliseconds(500), seconds(1), seconds(2), seconds(4), seconds(8), seconds(16),
                                 seconds(32), seconds(64), seconds(128), seconds(150), seconds(150)));
  EXPECT_THAT(Send(), ElementsAre(1));
  Upto(1);
  Send();
  now_ += seconds(30);
  EXPECT_EQ(Wait(), milliseconds(500));
}

TEST_F(OutboxTest, PausesWhenNobodyListensAndTriesWithOneRecord) {
  BeginWith(10);
  Send();
  for (const std::uint64_t ticket : tickets_) outbox_->OnAnswer(ticket, kNobody, now_);
  EXPECT_EQ(counters().nobody_listened, 1U) << "one window is one answer";
  EXPECT_EQ(Wait(), milliseconds(500));
  now_ += milliseconds(500);
  EXPECT_THAT(Send(), ElementsAre(1));
  AnswerLast(kNobody);
  EXPECT_EQ(Wait(), seconds(1));
  now_ += seconds(1);
  EXPECT_THAT(Send(), ElementsAre(1));
  AnswerLast(kTaken);
  EXPECT_EQ(Wait(), seconds(30)) << "somebody listens, but is it the hub?";
  Upto(1);
  EXPECT_THAT(Send(), ElementsAre(2, 3, 4, 5));
}

TEST_F(OutboxTest, HubThatIsHeardEndsThePauseAtOnce) {
  BeginWith(10);
  Send();
  AnswerLast(kNobody);
  EXPECT_TRUE(outbox_->OnAck(Ack({{kStream, 0}}), now_).heard);
  EXPECT_THAT(Send(), ElementsAre(1, 2, 3, 4));
  AnswerLast(kNobody);
  EXPECT_EQ(Wait(), seconds(1)) << "but only progress resets the back-off";
}

TEST_F(OutboxTest, PauseOutlivesTheConnection) {
  BeginWith(10);
  Send();
  AnswerLast(kNobody);
  outbox_->OnOffline();
  outbox_->OnOnline();
  EXPECT_EQ(Wait(), milliseconds(500));
}

// --- The broker refuses

TEST_F(OutboxTest, ForbiddenRecordIsTroubleAndIsTriedAgain) {
  BeginWith(10);
  Send();
  const auto verdict = AnswerLast(kForbidden);
  EXPECT_EQ(verdict.kind, Outbox::Verdict::Kind::kTellTrouble);
  EXPECT_EQ(verdict.record, (RecordPlace{kStream, 4}));
  EXPECT_EQ(Wait(), milliseconds(500));
  now_ += milliseconds(500);
  EXPECT_THAT(Send(), ElementsAre(1));
  EXPECT_EQ(outbox_->lag(), 10U) << "nothing is lost";
}

TEST_F(OutboxTest, TooLargeRecordIsLostAndTheOthersGoOn) {
  BeginWith(10);
  Send();
  const auto verdict = outbox_->OnAnswer(tickets_[1], kTooLarge, now_);
  EXPECT_EQ(verdict.kind, Outbox::Verdict::Kind::kReportLost);
  EXPECT_EQ(verdict.record, (RecordPlace{kStream, 2}));
  EXPECT_THAT(Send(), ElementsAre(5));
  EXPECT_EQ(outbox_->lag(), 9U);
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(1, 3, 4, 5)) << "it is not tried again";
  EXPECT_THAT(Upto(1).acked, ElementsAre(RecordPlace{kStream, 2})) << "the watermark passes over it";
}

TEST_F(OutboxTest, RecordsRejectedByTheHubAreToldOnce) {
  BeginWith(10);
  Send();
  Acknowledgement ack = Ack({{kStream, 3}});
  ack.rejected = {{kStream, 2, RejectCode::kConflict}};
  EXPECT_THAT(outbox_->OnAck(ack, now_).rejected, ElementsAre(ack.rejected.front()));
  EXPECT_THAT(outbox_->OnAck(ack, now_).rejected, IsEmpty());
  EXPECT_EQ(counters().rejected_by_hub, 1U);
  EXPECT_EQ(counters().acknowledged, 2U);
  EXPECT_THAT(Send(), ElementsAre(5, 6, 7));
}

// --- Losses and eviction

TEST_F(OutboxTest, LostRecordsAreNotAskedFor) {
  BeginWith(10);
  outbox_->Lose(kStream, 2, 4);
  EXPECT_THAT(Send(), ElementsAre(1, 5, 6, 7));
  EXPECT_EQ(outbox_->lag(), 7U);
  EXPECT_THAT(Upto(1).acked, ElementsAre(RecordPlace{kStream, 4}));
}

TEST_F(OutboxTest, HubMayPassOverLossesBehindTheLastSent) {
  BeginWith(6);
  Send();
  outbox_->Lose(kStream, 5, 6);
  EXPECT_THAT(Upto(6).acked, ElementsAre(RecordPlace{kStream, 6}));
  EXPECT_TRUE(outbox_->drained());
}

TEST_F(OutboxTest, WatermarkThatOnlyALossMovedIsToldToo) {
  BeginWith(3);
  Send();
  Upto(2);
  AnswerLast(kTooLarge);
  EXPECT_THAT(Upto(3).acked, ElementsAre(RecordPlace{kStream, 3}));
  EXPECT_THAT(Upto(3).acked, IsEmpty());
}

TEST_F(OutboxTest, WatermarkThatOnlyARejectionMovedIsToldToo) {
  BeginWith(3);
  Send();
  Upto(2);
  Acknowledgement ack = Ack({{kStream, 3}});
  ack.rejected = {{kStream, 3, RejectCode::kConflict}};
  EXPECT_THAT(outbox_->OnAck(ack, now_).acked, ElementsAre(RecordPlace{kStream, 3}));
}

TEST_F(OutboxTest, LossBehindTheLastRecordIsNoPartOfTheLag) {
  BeginWith(3);
  outbox_->Lose(kStream, 4, 9);
  EXPECT_EQ(outbox_->lag(), 3U);
}

TEST_F(OutboxTest, LossAfterSendingMakesRoom) {
  BeginWith(10);
  Send();
  outbox_->Lose(kStream, 1, 3);
  EXPECT_EQ(outbox_->in_flight(), 1U);
  EXPECT_THAT(Send(), ElementsAre(5, 6, 7));
}

TEST_F(OutboxTest, EvictedStreamIsForgotten) {
  Begin();
  outbox_->Hold({kStream, 1, 5, 0, 0});
  outbox_->Hold({kNewer, 1, 5, 0, 0});
  outbox_->OnOnline();
  EXPECT_THAT(Send(), ElementsAre(1, 2, 3, 4));
  outbox_->LetGo(kStream, 4);
  EXPECT_THAT(Send(), ElementsAre(5, 101, 102, 103));
  outbox_->LetGo(kStream, 5);
  EXPECT_THAT(outbox_->streams(), ElementsAre(HeldStream{kNewer, 1, 5, 0, 3}));
  EXPECT_THAT(Send(), ElementsAre(104));
  Upto(5);
  EXPECT_EQ(counters().unknown_stream, 1U);
}

TEST_F(OutboxTest, NewestStreamStaysWhenAllOfItIsEvicted) {
  BeginWith(5);
  outbox_->LetGo(kStream, 5);
  EXPECT_TRUE(outbox_->drained());
  outbox_->Extend(kStream, 6);
  EXPECT_THAT(Send(), ElementsAre(6));
}

}  // namespace
}  // namespace inferometer::mqtt
