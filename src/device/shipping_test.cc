// With a real journal, a real broker, and a watcher that answers as a hub would.
#include "device/shipping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::device {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kHub = 0xab;

std::string Line(store::StreamId stream, std::uint64_t sequence) {
  return R"({"stream":)" + std::to_string(stream) + R"(,"sequence":)" + std::to_string(sequence) + "}";
}

class ShippingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.Start());
    watcher_ = mqtt::MustStart(mqtt::QuickOptions(broker_.port(), "watcher", {"iot/#"}), mailbox_.handlers());
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  void TearDown() override { EndRun(); }

  // As a new run of the program, online; what was not closed is as after a SIGKILL.
  void Start() {
    EndRun();
    KeepingOptions options{.folder = folder_.path() / "abc", .device_id = "abc", .is_shipping = true};
    options.journal.stream = ++stream_;
    options.journal.segment_bytes = 64 << 10U;
    options.journal.keep_free_bytes = 0;
    auto keeping = RecordKeeping::Open(std::move(options), os::SystemFileCalls(), clock_);
    ASSERT_TRUE(keeping.ok()) << keeping.status().message();
    keeping_ = std::move(*keeping);
    shipping_.emplace(
        *keeping_, os::SystemFileCalls(), mqtt::Outbox::Options{}, [] { return 0.5; },
        [this](const std::string& problem) { problems_.push_back(problem); });
    auto publisher =
        Publisher::Start({mqtt::QuickOptions(broker_.port(), "abc"), "abc", false}, inbox_, clock_, Events());
    ASSERT_TRUE(publisher.ok()) << publisher.status().message();
    publisher_ = std::move(*publisher);
    shipping_->Attach(*publisher_, clock_.Steady());
    sequence_ = 0;
    Work([this] { return publisher_->stats().online; });
  }
  void EndRun() {
    publisher_.reset();  // no event comes any more
    events_.clear();
    shipping_.reset();
    keeping_.reset();
  }
  void AppendDurable(int count, std::size_t more_bytes = 0) {
    Append(count, more_bytes);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void Append(int count, std::size_t more_bytes = 0) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      keeping_->Append(sequence_, Line(stream_, sequence_) + std::string(more_bytes, ' '));
    }
    ASSERT_TRUE(keeping_->Write().ok());
  }
  // As a hub that holds everything of the stream up to there. Until it says something first, the broker's answers
  // count, and then all is sent again.
  void Acknowledge(std::uint64_t upto) {
    mqtt::Acknowledgement ack;
    ack.store_id = kHub;
    ack.acks = {{stream_, upto}};
    Answer(ack);
  }
  void Answer(const mqtt::Acknowledgement& ack) {
    std::string text;
    mqtt::AppendJson(ack, text);
    const int before = acknowledgements_;
    watcher_->Publish({"iot/ack/abc", text});
    Work([&] { return acknowledgements_ > before; });
  }
  // Lets the shipping work until that is so.
  void Work(const std::function<bool()>& until) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    do {
      TakeEvents();
      shipping_->Work(clock_.Steady());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (!until() && std::chrono::steady_clock::now() < end);
    EXPECT_TRUE(until());
  }
  void WorkUntilSent(std::size_t records) {
    Work([&] { return Sent().size() >= records; });
  }
  // What the watcher has seen of records, in the order of their arrival.
  std::vector<std::string> Sent() { return On("iot/metrics/abc"); }
  std::string LastStatus() {
    const auto all = On("iot/status/abc");
    return all.empty() ? "" : all.back();
  }
  void WorkUntilStatusHas(const std::string& part) {
    Work([&] { return LastStatus().find(part) != std::string::npos; });
  }

  os::TemporaryFolder folder_;
  store::HandClock clock_;
  std::unique_ptr<RecordKeeping> keeping_;
  std::optional<Shipping> shipping_;
  std::vector<std::string> problems_;
  store::StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;

 private:
  std::vector<std::string> On(const std::string& topic) {
    std::vector<std::string> payloads;
    for (const auto& [on, payload] : mailbox_.messages()) {
      if (on == topic) payloads.push_back(payload);
    }
    return payloads;
  }
  Publisher::Events Events() {
    return {.on_problem = {},
            .on_online = [this] { Later([this] { shipping_->OnOnline(clock_.Steady()); }); },
            .on_offline = [this] { Later([this] { shipping_->OnOffline(); }); },
            .on_acknowledgement =
                [this](const mqtt::Acknowledgement& ack) {
                  Later([this, ack] {
                    shipping_->OnAcknowledgement(ack, clock_.Steady());
                    ++acknowledgements_;
                  });
                },
            .on_answer =
                [this](std::uint64_t ticket, const mqtt::Answer& answer) {
                  Later([this, ticket, answer] { shipping_->OnAnswer(ticket, answer, clock_.Steady()); });
                }};
  }
  void Later(std::function<void()> event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  void TakeEvents() {
    std::vector<std::function<void()>> events;
    {
      const std::lock_guard lock(mutex_);
      events.swap(events_);
    }
    for (const auto& event : events) event();
  }

  mqtt::BrokerForTests broker_;
  mqtt::Mailbox mailbox_;
  std::unique_ptr<mqtt::Connection> watcher_;
  Inbox inbox_{1};
  int acknowledgements_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void()>> events_;  // protected by mutex_
  std::unique_ptr<Publisher> publisher_;
};

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

// What the quota takes once the hub has it.
class ShippingWithoutTheFront : public ShippingTest {
 protected:
  void SetUp() override {
    ShippingTest::SetUp();
    Start();
    Acknowledge(0);
    for (int i = 0; i < static_cast<int>(kRecords); ++i) AppendDurable(1, 20'000);
    ASSERT_GE(keeping_->journal().segments().size(), 3U);
    gone_ = keeping_->journal().segments().front();
  }
  void AcknowledgeTheFront() {
    Acknowledge(gone_.last_sequence);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void TakeTheFront() {
    EndRun();
    std::filesystem::remove(Journal() / store::SegmentName(gone_.segment));
  }
  void DamageLedger() { folder_.Put("abc/journal/ledger", std::string(65536, 'x')); }
  [[nodiscard]] std::filesystem::path Journal() const { return folder_.path() / "abc/journal"; }

  static constexpr std::uint64_t kRecords = 12;
  store::SegmentInfo gone_;
};

TEST_F(ShippingWithoutTheFront, IsNoLossWhenTheHubHadIt) {
  AcknowledgeTheFront();
  TakeTheFront();
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
}

TEST_F(ShippingWithoutTheFront, IsALossWhenNoHubHadIt) {
  TakeTheFront();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsNoLossAfterTheHubWasReplaced) {
  AcknowledgeTheFront();
  TakeTheFront();
  Start();
  mqtt::Acknowledgement of_another;
  of_another.store_id = kHub + 1;
  Answer(of_another);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(shipping_->lag(), kRecords - gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsNotCalledALossWithADamagedLedger) {
  AcknowledgeTheFront();
  TakeTheFront();
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(shipping_->lag(), kRecords - gone_.last_sequence);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U) << "nor by the next run, without any hub in between";
}

TEST_F(ShippingWithoutTheFront, OfANewerRunIsALossAlsoWithADamagedLedger) {
  Start();
  for (int i = 0; i < 8; ++i) AppendDurable(1, 20'000);
  const auto& segments = keeping_->journal().segments();
  gone_ = *std::find_if(segments.begin(), segments.end(), [](const auto& one) { return one.stream == 2; });
  TakeTheFront();
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsALossWithADamagedLedgerWhenItWasSetAside) {
  EndRun();
  folder_.Put("abc/journal/" + store::SegmentName(gone_.segment), std::string(100'000, 'x'));
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

// As when the journal's folder is removed under a running program.
TEST_F(ShippingWithoutTheFront, IsALossWhenTheLedgerIsGoneToo) {
  AcknowledgeTheFront();
  TakeTheFront();
  std::filesystem::remove(Journal() / "ledger");
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
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
