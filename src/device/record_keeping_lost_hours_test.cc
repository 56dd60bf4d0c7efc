// What a device gives up, held against its loss reports: the lost hours must be what the reported records held.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>

#include "device/record_keeping.h"
#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"
#include "store/ledger_for_tests.h"

namespace inferometer::device {
namespace {

using store::LossReason;
using store::LostHours;

const std::filesystem::path kJournal = "/data/journal";

// Thirty an hour, each with figures of its own; every seventh failed.
std::string Line(store::StreamId stream, std::uint64_t sequence) {
  return fmt::format(
      R"({{"timestamp":"2026-11-26T{:02}:00:00.000000Z","device_id":"pi-07","model_name":"m","inference_time_ms":{},)"
      R"("prompt_tokens":{},"generated_tokens":{},"record_id":"pi-07/{}/{}","status":"{}","fill":"{}"}})",
      sequence / 30 % 24, sequence % 700, sequence, stream, stream, sequence, sequence % 7 == 0 ? "error" : "ok",
      std::string(2000, 'f'));
}

std::uint64_t InferencesIn(const std::vector<LostHours>& all) {
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const LostHours& one) { return sum + one.inferences; });
}

class LostHoursOfKeepingTest : public testing::Test {
 protected:
  LostHoursOfKeepingTest() {
    options_.folder = "/data";
    options_.device_id = "pi-07";
    options_.is_shipping = true;
    options_.journal.most_bytes = 1;  // the least that is possible
    options_.journal.keep_free_bytes = 0;
    options_.journal.ballast_bytes = 0;
    NewDisk();
  }
  void NewDisk() {
    keeping_.reset();
    disk_ = std::make_unique<os::SimulatedDisk>();
    EXPECT_TRUE(disk_->PutFolder("/data").ok());
  }
  // As a new run of the program. False: the power went.
  bool Start() {
    keeping_.reset();
    options_.journal.stream = ++stream_;
    sequence_ = 0;
    auto keeping = RecordKeeping::Open(options_, *disk_, clock_);
    if (keeping.ok()) keeping_ = std::move(*keeping);
    return keeping_ != nullptr;
  }
  // Appends and makes durable as far as the disk lets us.
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      keeping_->Append(sequence_, Line(stream_, sequence_));
      if (i % 20 == 19) keeping_->Sync().IgnoreBecause("the disk may fail here");
    }
    keeping_->RetryNow();
    keeping_->Sync().IgnoreBecause("the disk may fail here");
  }
  // What the loss reports say was given up.
  [[nodiscard]] std::vector<LostHours> Reported() const {
    std::vector<LostHours> all;
    for (const store::Loss& one : keeping_->ledger().losses()) {
      if (one.reason == LossReason::kRejected) continue;
      for (std::uint64_t i = one.from; i <= one.to; ++i) AddLostHours(LostHours::Of(Line(one.stream, i)), all);
    }
    return all;
  }
  void ExpectHoursAsReported(const std::string& when = "") const {
    EXPECT_EQ(keeping_->ledger().lost_hours(), Reported()) << when;
    const auto& losses = keeping_->ledger().losses();
    const auto count =
        std::accumulate(losses.begin(), losses.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const store::Loss& one) { return sum + one.to - one.from + 1; });
    EXPECT_EQ(keeping_->lost_records(), count) << when;
  }
  // What a power cut tore before it was durable, and cannot be read, has no hour.
  void ExpectHoursAsReportedButForTornOnes(const std::string& when) const {
    const auto& hours = keeping_->ledger().lost_hours();
    if (hours.empty() || hours[0].hours) return ExpectHoursAsReported(when);
    EXPECT_LT(hours[0].inferences, 30U) << when;
    EXPECT_EQ(InferencesIn(hours), keeping_->lost_records()) << when;
  }

  store::HandClock clock_;
  std::unique_ptr<os::SimulatedDisk> disk_;
  KeepingOptions options_{};
  std::unique_ptr<RecordKeeping> keeping_;
  store::StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(LostHoursOfKeepingTest, WhatTheQuotaTakesIsRolledUpByItsHourAndDurableWithTheReport) {
  ASSERT_TRUE(Start());
  Append(400);
  ASSERT_GT(keeping_->lost_records(), 60U);
  ExpectHoursAsReported();
  EXPECT_GT(keeping_->ledger().lost_hours().size(), 2U);
  disk_->Crash(1, os::CrashMode::kDropUnsynced);
  disk_->Restart();
  const std::uint64_t lost = keeping_->lost_records();
  ASSERT_TRUE(Start());
  EXPECT_EQ(keeping_->lost_records(), lost);
  ExpectHoursAsReported();
}

TEST_F(LostHoursOfKeepingTest, WhatTheHubHasOrHasRefusedIsNotRolledUp) {
  ASSERT_TRUE(Start());
  Append(40);
  keeping_->NoteAcknowledged(1, 10);
  keeping_->NoteLost(1, 15, 19, LossReason::kRejected);
  Append(400);
  EXPECT_EQ(keeping_->ledger().losses()[1].from, 11U);
  EXPECT_EQ(InferencesIn(keeping_->ledger().lost_hours()), keeping_->lost_records() - 5);
  ExpectHoursAsReported();
}

TEST_F(LostHoursOfKeepingTest, WhatIsTriedAgainBecauseTheLedgerCannotBeWrittenCountsOnce) {
  ASSERT_TRUE(Start());
  Append(40);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kWriteAt && path == kJournal / "ledger" ? EIO : 0;
  });
  for (int i = 0; i < 8; ++i) Append(50);
  ASSERT_GT(keeping_->lost_records(), 0U) << "it was tried";
  EXPECT_EQ(keeping_->journal().health().given_up, 0U) << "and nothing is removed before it is noted";
  disk_->ClearFaults();
  clock_.Pass(std::chrono::minutes(2));
  Append(50);
  EXPECT_GT(keeping_->journal().health().given_up, 0U);
  ExpectHoursAsReported();
}

TEST_F(LostHoursOfKeepingTest, SegmentThatComesBackAfterAPowerCutCountsOnceThoughTheLedgerCannotBeReadAtFirst) {
  ASSERT_TRUE(Start());
  Append(40);
  const auto segment = kJournal / store::SegmentName(1);
  const auto bytes = disk_->Bytes(segment);
  ASSERT_TRUE(bytes);
  Append(200);
  const std::uint64_t lost = keeping_->lost_records();
  ASSERT_GT(lost, 0U);
  ASSERT_FALSE(disk_->Bytes(segment));
  ASSERT_TRUE(disk_->Put(segment, *bytes).ok());  // its removal never reached the disk
  disk_->SetFault(
      [](os::CallKind, const std::filesystem::path& path) { return path == kJournal / "ledger" ? EMFILE : 0; });
  ASSERT_TRUE(Start());
  ASSERT_EQ(keeping_->lost_records(), 0U) << "it could not be read";
  Append(150);
  disk_->ClearFaults();
  clock_.Pass(std::chrono::minutes(2));
  Append(150);
  EXPECT_GT(keeping_->lost_records(), lost);
  ExpectHoursAsReported();
}

TEST_F(LostHoursOfKeepingTest, WhatCannotBeReadIsOfAnUnknownHour) {
  ASSERT_TRUE(Start());
  Append(20);
  for (std::uint64_t bit = 0; bit < 64; ++bit) {
    ASSERT_TRUE(disk_->FlipBit(kJournal / store::SegmentName(1), 8 * 20'000 + bit).ok());
  }
  Append(200);
  const auto& hours = keeping_->ledger().lost_hours();
  ASSERT_FALSE(hours.empty());
  EXPECT_FALSE(hours[0].hours);
  EXPECT_EQ(hours[0], LostHours::Unknown(hours[0].inferences));
  EXPECT_LT(hours[0].inferences, 20U);
  EXPECT_EQ(InferencesIn(hours), keeping_->lost_records());
}

TEST_F(LostHoursOfKeepingTest, WhatTheFullMemoryDropsIsRolledUp) {
  options_.journal.most_pending_bytes = 60'000;
  ASSERT_TRUE(Start());
  Append(10);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path&) {
    return kind == os::CallKind::kWriteAt || kind == os::CallKind::kOpen ? ENOSPC : 0;
  });
  Append(100);
  disk_->ClearFaults();
  clock_.Pass(std::chrono::minutes(2));
  Append(1);
  ASSERT_FALSE(keeping_->ledger().losses().empty());
  EXPECT_EQ(keeping_->ledger().losses()[0].reason, LossReason::kNoRoom);
  ExpectHoursAsReported();
}

class LostHoursCrashTest : public LostHoursOfKeepingTest, public testing::WithParamInterface<os::CrashMode> {};

TEST_P(LostHoursCrashTest, EachRecordCountsOnceWhateverCallIsTheLast) {
  bool was_cut = true;
  int evicted = 0;
  int readable = 0;
  for (int cut = 1; was_cut; ++cut) {
    NewDisk();
    disk_->SetAfterFailedSync(os::AfterFailedSync::kReadsNew);
    ASSERT_TRUE(Start());
    Append(100);
    const std::uint64_t before = keeping_->lost_records();
    disk_->CrashAtCall(cut);
    Append(60);
    was_cut = disk_->crashed();
    if (was_cut && keeping_->lost_records() > before) ++evicted;
    disk_->Crash(static_cast<std::uint64_t>(cut), GetParam());
    disk_->Restart();
    ASSERT_TRUE(Start());
    ExpectHoursAsReportedButForTornOnes(fmt::format("after call {}", cut));
    Append(120);
    ExpectHoursAsReportedButForTornOnes(fmt::format("after call {}, and more", cut));
    if (keeping_->ledger().lost_hours()[0].hours) ++readable;
    if (HasFailure()) return;
  }
  EXPECT_GT(evicted, 0);
  EXPECT_GT(readable, 0);
}
INSTANTIATE_TEST_SUITE_P(EachMode, LostHoursCrashTest, testing::ValuesIn(os::kCrashModes));

}  // namespace
}  // namespace inferometer::device
