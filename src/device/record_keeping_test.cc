#include "device/record_keeping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::device {
namespace {

std::string Line(store::StreamId stream, std::uint64_t sequence) {
  return R"({"timestamp":"2026-11-26T10:00:00.000000Z","device_id":"pi-07","model_name":"m","inference_time_ms":)" +
         std::to_string(sequence) + R"(,"record_id":"pi-07/)" + std::to_string(stream) + "/" +
         std::to_string(sequence) + R"(","status":"ok"})";
}

class RecordKeepingTest : public testing::Test {
 protected:
  // As a new run of the program; what was not closed is as after a SIGKILL.
  void Start() {
    keeping_.reset();
    options_.folder = temporary_.path() / "pi-07";
    options_.device_id = "pi-07";
    options_.journal.stream = ++stream_;
    auto keeping = RecordKeeping::Open(options_, *calls_, clock_);
    ASSERT_TRUE(keeping.ok()) << keeping.status().message();
    keeping_ = std::move(*keeping);
    keeping_->SetContext(R"({"run":)" + std::to_string(stream_) + "}");
    sequence_ = 0;
  }
  // For the next start.
  void ShipWithSmallQuota() {
    options_.is_shipping = true;
    options_.journal.most_bytes = 512 << 10U;
    options_.journal.keep_free_bytes = 0;
  }
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      keeping_->Append(sequence_, Line(stream_, sequence_));
    }
    ASSERT_TRUE(keeping_->Write().ok());
  }
  void Save() {
    clock_.Pass(std::chrono::seconds(1));
    const auto outcome = keeping_->Save();
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
    ASSERT_TRUE(outcome->failures.empty()) << outcome->failures[0].why.message();
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> contents;
    const auto names = os::SystemFileCalls().List(options_.folder);
    for (const std::string& name : names.value()) {
      if (name.starts_with("inference_metrics_")) contents.push_back(*os::ReadFile(options_.folder / name, 1 << 20));
    }
    return contents;
  }
  // How many files hold the record.
  [[nodiscard]] static int CountOf(const std::vector<std::string>& files, store::StreamId stream,
                                   std::uint64_t sequence) {
    return static_cast<int>(std::count_if(files.begin(), files.end(), [&](const std::string& text) {
      return text.find(Line(stream, sequence)) != std::string::npos;
    }));
  }

  os::TemporaryFolder temporary_;
  store::HandClock clock_;
  std::function<int(int)> fault_ = [](int) { return 0; };
  os::FaultyFileCalls faulty_{[this](int nth) { return fault_(nth); }};
  os::FileCalls* calls_ = &faulty_;
  KeepingOptions options_{};
  std::unique_ptr<RecordKeeping> keeping_;
  store::StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(RecordKeepingTest, SaveMakesOneFileOfTheRecordsSinceTheLast) {
  Start();
  Append(3);
  Save();
  Append(2);
  Save();
  const auto files = Files();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_NE(files[0].find("\"total_inferences\":3"), std::string::npos);
  EXPECT_NE(files[1].find("\"total_inferences\":2"), std::string::npos);
  EXPECT_NE(files[1].find(R"("context":{"run":1})"), std::string::npos);
  EXPECT_EQ(keeping_->unsaved(), 0U);
}

TEST_F(RecordKeepingTest, WhatAKilledRunLeftBecomesAFileWithItsOwnContext) {
  Start();
  Append(3);
  Save();
  Append(4);
  Start();
  EXPECT_EQ(keeping_->recovered().unsaved, 4U);
  Append(1);
  Save();
  const auto files = Files();
  ASSERT_EQ(files.size(), 3U);
  EXPECT_NE(files[1].find(R"("context":{"run":1})"), std::string::npos);
  EXPECT_NE(files[2].find(R"("context":{"run":2})"), std::string::npos);
  for (std::uint64_t i = 1; i <= 7; ++i) EXPECT_EQ(CountOf(files, 1, i), 1) << i;
  EXPECT_EQ(CountOf(files, 2, 1), 1);
}

TEST_F(RecordKeepingTest, AnyCallOfASaveMayBeTheLastAndEachRecordStandsInOneFile) {
  int failing = 1;
  const auto dies_at = [&](int nth) {
    std::filesystem::remove_all(options_.folder);
    Start();
    Append(3);
    EXPECT_TRUE(keeping_->Sync().ok());
    const int before = faulty_.calls();
    // From the n-th call on nothing works any more, as if the process were dead.
    fault_ = [=](int call) { return call >= before + nth ? EIO : 0; };
    (void)keeping_->Save();
    const bool fired = faulty_.calls() >= before + nth;
    fault_ = [](int) { return 0; };
    const auto dead = stream_;
    Start();
    Append(1);
    Save();
    const auto files = Files();
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(CountOf(files, dead, i), 1) << "call " << nth;
    EXPECT_EQ(CountOf(files, stream_, 1), 1) << "call " << nth;
    return fired;
  };
  Start();
  while (dies_at(failing)) ++failing;
  EXPECT_GT(failing, 8);
}

TEST_F(RecordKeepingTest, LagCountsWhatNoHubHasAcrossRuns) {
  options_.is_shipping = true;
  Start();
  Append(5);
  ASSERT_TRUE(keeping_->Sync().ok());
  keeping_->NoteAcknowledged(1, 2);
  ASSERT_TRUE(keeping_->Sync().ok());
  EXPECT_EQ(keeping_->lag(), 3U);
  Start();
  Append(2);
  ASSERT_TRUE(keeping_->Sync().ok());
  EXPECT_EQ(keeping_->lag(), 5U);
  keeping_->StartOver(77);
  EXPECT_EQ(keeping_->lag(), 7U);
}

TEST_F(RecordKeepingTest, LossThatTheHubKnowsStaysInTheLedgerAcrossRunsUntilTheHubIsAnother) {
  options_.is_shipping = true;
  Start();
  keeping_->NoteLost(1, 5, 6, store::LossReason::kRejected);
  const std::uint64_t changes = keeping_->loss_changes();
  keeping_->LossesAreKnown(1);
  EXPECT_EQ(keeping_->loss_changes(), changes + 1);
  keeping_->LossesAreKnown(1);
  EXPECT_EQ(keeping_->loss_changes(), changes + 1) << "it was known";
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  ASSERT_EQ(keeping_->ledger().losses().size(), 1U);
  EXPECT_TRUE(keeping_->ledger().losses()[0].is_known);
  keeping_->StartOver(77);
  EXPECT_FALSE(keeping_->ledger().losses()[0].is_known);
}

TEST_F(RecordKeepingTest, QuotaTakesWhatTheHubHasAndNamesWhatItDoesNot) {
  ShipWithSmallQuota();
  Start();
  for (int i = 0; i < 30; ++i) {
    Append(100);
    Save();
  }
  keeping_->NoteAcknowledged(1, 10);
  ASSERT_TRUE(keeping_->Sync().ok());
  ASSERT_FALSE(keeping_->ledger().losses().empty());
  const store::Loss lost = keeping_->ledger().losses().front();
  EXPECT_EQ(lost.stream, 1U);
  EXPECT_EQ(lost.from, 1U);
  EXPECT_EQ(lost.reason, store::LossReason::kEvicted);
  EXPECT_EQ(keeping_->lost_records(), lost.count);
  Start();
  EXPECT_EQ(keeping_->ledger().losses().front(), lost) << "the report is durable before the records go";
}

TEST_F(RecordKeepingTest, RecordsThatTheHubHasAndNoFileAreCountedWhenTheyGo) {
  ShipWithSmallQuota();
  Start();
  for (int i = 0; i < 30; ++i) {
    Append(100);
    ASSERT_TRUE(keeping_->Sync().ok());
    keeping_->NoteAcknowledged(1, sequence_);
  }
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_GT(keeping_->only_at_hub(), 0U);
  EXPECT_EQ(keeping_->only_at_hub() + keeping_->unsaved(), 3000U);
}

// Whatever the ledger's file does meanwhile: what is given up at last was named at the first attempt.
TEST_F(RecordKeepingTest, LostRecordsAreNotCountedAsThoseThatTheHubHas) {
  ShipWithSmallQuota();
  for (int period = 5; period < 40; period += 2) {
    fault_ = [](int) { return 0; };
    Start();
    fault_ = [period](int nth) { return nth % period == 0 ? EIO : 0; };
    for (int i = 0; i < 2000; ++i, ++sequence_) {
      keeping_->Append(sequence_ + 1, Line(stream_, sequence_ + 1));
      if (i % 100 != 0) continue;
      clock_.Pass(std::chrono::seconds(10));
      keeping_->Sync().IgnoreBecause("it fails now and then");
    }
    EXPECT_EQ(keeping_->only_at_hub(), 0U) << period;
  }
  EXPECT_GT(keeping_->lost_records(), 0U);
}

TEST_F(RecordKeepingTest, SaveThatGivesUpWhatItWasToSaveMakesNoFile) {
  options_.journal.keep_free_bytes = 0;
  Start();
  Append(10'000);
  ASSERT_TRUE(keeping_->Sync().ok());
  options_.journal.most_bytes = 512 << 10U;
  Start();
  EXPECT_EQ(keeping_->unsaved(), 10'000U);
  const auto outcome = keeping_->Save();
  ASSERT_TRUE(outcome.ok()) << outcome.status().message();
  EXPECT_EQ(keeping_->lost_records(), 10'000U);
  EXPECT_EQ(keeping_->unsaved(), 0U);
  EXPECT_TRUE(Files().empty());
}

TEST_F(RecordKeepingTest, WithoutAHubSavedRecordsGoWithoutAReport) {
  options_.journal.most_bytes = 512 << 10U;
  options_.journal.keep_free_bytes = 0;
  Start();
  for (int i = 0; i < 30; ++i) {
    Append(100);
    Save();
  }
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_LT(keeping_->journal().bytes(), 600U << 10U);
}

TEST_F(RecordKeepingTest, WithoutABrokerWhatAHubIsOwedIsReportedToItAndNotCalledLostHere) {
  ShipWithSmallQuota();
  Start();
  keeping_->StartOver(77);
  Append(5);
  Save();
  keeping_->NoteAcknowledged(1, 2);
  ASSERT_TRUE(keeping_->Sync().ok());
  options_.is_shipping = false;
  Start();
  for (int i = 0; i < 30; ++i) {
    Append(100);
    Save();
  }
  const store::Loss lost = keeping_->ledger().losses().at(0);
  EXPECT_EQ(lost.stream, 1U);
  EXPECT_EQ(lost.from, 3U);
  EXPECT_EQ(lost.to, 5U);
  EXPECT_GT(keeping_->lost_records(), 3U) << "this run's, too";
  EXPECT_EQ(keeping_->only_in_files(), keeping_->lost_records());
  Start();
  EXPECT_EQ(keeping_->ledger().losses().at(0), lost) << "the report is durable before the records go";
}

TEST_F(RecordKeepingTest, WhileTheDiskFailsRecordsWaitAndAreSavedLater) {
  Start();
  Append(2);
  fault_ = [](int) { return ENOSPC; };
  ++sequence_;
  keeping_->Append(sequence_, Line(stream_, sequence_));
  EXPECT_FALSE(keeping_->Write().ok());
  const auto failed = keeping_->Save();
  EXPECT_TRUE(!failed.ok() || !failed->failures.empty());
  fault_ = [](int) { return 0; };
  clock_.Pass(std::chrono::minutes(2));
  EXPECT_TRUE(keeping_->IsSyncDue());
  Save();
  EXPECT_EQ(CountOf(Files(), 1, 3), 1);
  EXPECT_EQ(keeping_->lost_records(), 0U);
}

}  // namespace
}  // namespace inferometer::device
