// What is sent, when, and what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/shipping_for_tests.h"

namespace inferometer::device {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(ShippingTest, DurableRecordsAreSentInOrderAndCountUntilTheHubHasThem) {
  Start();
  AppendDurable(3);
  WorkUntilSent(3);
  EXPECT_THAT(Sent(), ElementsAre(Line(1, 1), Line(1, 2), Line(1, 3)));
  EXPECT_EQ(shipping_->lag(), 3U);
  EXPECT_FALSE(shipping_->is_confirmed());
  Acknowledge(2);
  EXPECT_EQ(shipping_->lag(), 1U);
  EXPECT_EQ(keeping_->ledger().AcknowledgedUpTo(1), 2U);
  EXPECT_TRUE(shipping_->is_confirmed());
}

TEST_F(ShippingTest, RecordThatAPowerCutCanStillTakeIsNotSent) {
  Start();
  AppendDurable(1);
  Append(1);
  WorkUntilSent(1);
  shipping_->RequestStatus();  // goes behind whatever is sent
  WorkUntilStatusHas(R"("lag_records":1)");
  EXPECT_THAT(Sent(), ElementsAre(Line(1, 1)));
  ASSERT_TRUE(keeping_->Sync().ok());
  WorkUntilSent(2);
}

TEST_F(ShippingTest, NextRunSendsWhatNoHubHasWithTheSameBytes) {
  Start();
  Acknowledge(0);
  AppendDurable(3);
  WorkUntilSent(3);
  Acknowledge(1);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  AppendDurable(1);
  WorkUntilSent(6);
  EXPECT_THAT(Sent(), ElementsAre(Line(1, 1), Line(1, 2), Line(1, 3), Line(1, 2), Line(1, 3), Line(2, 1)));
}

TEST_F(ShippingTest, ToldTwiceOfOneConnectionItSendsOnce) {
  Start();
  AppendDurable(2);
  WorkUntilSent(2);
  shipping_->OnOnline(clock_.Steady());
  AppendDurable(1);
  WorkUntilSent(3);
  EXPECT_THAT(Sent(), ElementsAre(Line(1, 1), Line(1, 2), Line(1, 3)));
}

TEST_F(ShippingTest, WhatIsNotAcknowledgedInTimeIsSentAgain) {
  Start();
  AppendDurable(2);
  WorkUntilSent(2);
  Acknowledge(1);
  clock_.Pass(seconds(31));
  WorkUntilSent(3);
  EXPECT_EQ(Sent().back(), Line(1, 2));
  EXPECT_EQ(shipping_->counters().resent, 1U);
}

TEST_F(ShippingTest, HubThatLostItsDataGetsEverythingThatIsHeld) {
  Start();
  AppendDurable(2);
  WorkUntilSent(2);
  Acknowledge(2);
  mqtt::Acknowledgement of_another;
  of_another.store_id = kHub + 1;
  of_another.acks = {{stream_, 0}};
  Answer(of_another);
  WorkUntilSent(4);
  EXPECT_THAT(Sent(), ElementsAre(Line(1, 1), Line(1, 2), Line(1, 1), Line(1, 2)));
  EXPECT_EQ(keeping_->ledger().AcknowledgedUpTo(1), 0U);
}

TEST_F(ShippingTest, HubThatPassesOverALossAtAnEarlierRunsEndSettlesThatRun) {
  Start();
  Acknowledge(0);
  AppendDurable(2);
  keeping_->NoteLost(stream_, 3, 5, store::LossReason::kQueueFull);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  WorkUntilSent(2);
  mqtt::Acknowledgement ack;
  ack.store_id = kHub;
  ack.acks = {{1, 5}};
  Answer(ack);
  EXPECT_EQ(shipping_->lag(), 0U);
  EXPECT_EQ(keeping_->lag(), 0U);
}

TEST_F(ShippingTest, AnotherHubIsToldTheLossesThatTheOneBeforeKnew) {
  Start();
  keeping_->NoteLost(stream_, 1, 2, store::LossReason::kQueueFull);
  mqtt::Acknowledgement ack;
  ack.store_id = kHub;
  ack.losses_upto = 1;
  Answer(ack);
  keeping_->NoteLost(stream_, 4, 4, store::LossReason::kQueueFull);
  ack.store_id = kHub + 1;
  ack.losses_upto = 2;  // it was told the second only
  Answer(ack);
  const auto to_tell = keeping_->ledger().LossesToTell();
  ASSERT_EQ(to_tell.size(), 1U);
  EXPECT_EQ(to_tell[0].from, 1U);
  WorkUntilStatusHas(R"("from":1,"to":2,"count":2,"reason":"queue_full")");
}

TEST_F(ShippingTest, RejectedRecordIsALossThatIsToldUntilTheHubKnowsIt) {
  Start();
  AppendDurable(2);
  WorkUntilSent(2);
  mqtt::Acknowledgement ack;
  ack.store_id = kHub;
  ack.acks = {{stream_, 2}};
  ack.rejected = {{stream_, 1, mqtt::RejectCode::kMalformed}};
  Answer(ack);
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("the hub refused record 1 (malformed)"));
  clock_.Pass(seconds(2));
  WorkUntilStatusHas(R"("from":1,"to":1,"count":1,"reason":"rejected")");

  mqtt::Acknowledgement known;
  known.store_id = kHub;
  known.acks = {{stream_, 2}};
  known.losses_upto = 1;
  Answer(known);
  EXPECT_THAT(keeping_->ledger().LossesToTell(), IsEmpty());
  EXPECT_EQ(keeping_->lost_records(), 1U);
  clock_.Pass(seconds(2));
  WorkUntilStatusHas(R"("lost":[])");
}

TEST_F(ShippingTest, SegmentThatIsGoneIsALossAndTheRestIsSent) {
  constexpr std::size_t kFill = 20'000;  // some records a segment
  Start();
  Acknowledge(0);
  for (int i = 0; i < 12; ++i) AppendDurable(1, kFill);
  const auto segments = keeping_->journal().segments();
  ASSERT_GE(segments.size(), 3U);
  const store::SegmentInfo gone = segments[1];
  EndRun();
  std::filesystem::remove(folder_.path() / "abc/journal" / store::SegmentName(gone.segment));

  Start();
  const std::size_t lost = gone.last_sequence - gone.first_sequence + 1;
  WorkUntilSent(12 - lost);
  EXPECT_EQ(shipping_->lag(), 12 - lost);
  const auto losses = keeping_->ledger().losses();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].reason, store::LossReason::kDamaged);
  EXPECT_EQ(losses[0].from, gone.first_sequence);
  EXPECT_EQ(losses[0].to, gone.last_sequence);
  WorkUntilStatusHas(R"("reason":"damaged")");
}

TEST_F(ShippingTest, RecordThatCannotBeReadBackIsALossAndTheRestIsSent) {
  constexpr std::size_t kFill = 20'000;  // a record a block, nearly
  Start();
  for (int i = 0; i < 4; ++i) AppendDurable(1, kFill);
  const auto file = folder_.path() / "abc/journal" / store::SegmentName(keeping_->journal().segments()[0].segment);
  std::string bytes = os::ReadFile(file, 1 << 20).value();
  bytes[bytes.find(Line(1, 2)) + 2] ^= 1;
  folder_.Put("abc/journal/" + file.filename().string(), bytes);
  WorkUntilSent(2);
  Work([&] { return !keeping_->ledger().losses().empty() && Sent().back().starts_with(Line(1, 4)); });
  for (const store::Loss& loss : keeping_->ledger().losses()) EXPECT_EQ(loss.reason, store::LossReason::kDamaged);
  EXPECT_EQ(keeping_->lost_records() + Sent().size(), 4U);
}

TEST_F(ShippingTest, StatusTellsTheStreamsThatAreStillToComeHoweverManyTheHubHas) {
  KeepingOptions options{.folder = folder_.path() / "abc", .device_id = "abc", .is_shipping = true};
  options.journal.keep_free_bytes = 0;
  for (int i = 0; i < 300; ++i) {
    options.journal.stream = ++stream_;
    auto keeping = RecordKeeping::Open(options, os::SystemFileCalls(), clock_);
    ASSERT_TRUE(keeping.ok());
    (*keeping)->Append(1, Line(stream_, 1));
    ASSERT_TRUE((*keeping)->Sync().ok());
    if (stream_ < 300) (*keeping)->NoteAcknowledged(stream_, 1);
    ASSERT_TRUE((*keeping)->Sync().ok());
  }
  Start();
  WorkUntilStatusHas(R"("stream":"000000000000012c")");
}

}  // namespace
}  // namespace inferometer::device
