// Files that cannot be made, or are wanted before they are due; on the real disk, with a clock set by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/record_key.h"
#include "hub/collector.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::hub {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class CollectorSavingTest : public testing::Test {
 protected:
  // As a new run of the program; what was not closed is as after a SIGKILL.
  void Start() {
    collector_.reset();
    options_.folder = folder_.path();
    options_.new_store_id = 5;
    options_.journal.stream = ++starts_;
    options_.journal.keep_free_bytes = 0;
    auto opened = Collector::Open(options_, os::SystemFileCalls(), clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    collector_ = std::move(*opened);
  }
  void Take(const std::string& device, std::uint64_t sequence) {
    collector_->Take("iot/metrics/" + device, R"({"timestamp":"2025-10-07T10:30:15.000001Z","device_id":")" + device +
                                                  R"(","model_name":"m","inference_time_ms":1,"status":"ok",)" +
                                                  R"("record_id":")" + base::RecordIdText({device, 7, sequence}) +
                                                  "\"}");
  }
  void TakeDurably(const std::string& device, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t sequence = from; sequence <= to; ++sequence) Take(device, sequence);
    ASSERT_TRUE(collector_->Commit().ok());
  }
  std::uint64_t Upto(const std::string& device) {
    for (const Reply& one : collector_->TakeReplies(9)) {
      if (one.device == device) return one.acknowledgement.acks.at(0).upto;
    }
    return 0;
  }
  void SaveDueIn(seconds time) {
    clock_.Pass(time);
    collector_->SaveDue(seconds(600));
  }
  std::uint64_t unsaved() const { return collector_->Report().unsaved; }
  std::uint64_t files() const { return collector_->Report().files; }
  // Stands where the device's folder would.
  void BlockFolderOf(const std::string& device) { folder_.Put(device, "in the way"); }
  void FreeFolderOf(const std::string& device) { std::filesystem::remove_all(folder_.path() / device); }

  os::TemporaryFolder folder_;
  store::HandClock clock_;
  CollectorOptions options_;
  std::unique_ptr<Collector> collector_;
  std::uint64_t starts_ = 0;
};

TEST_F(CollectorSavingTest, DeviceWhoseFolderIsBlockedKeepsNobodyFromHisFile) {
  Start();
  BlockFolderOf("aaa");
  for (const char* const device : {"aaa", "bbb", "ccc"}) TakeDurably(device, 1, 1000);
  SaveDueIn(seconds(1));
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(unsaved(), 1000U);
  EXPECT_THAT(collector_->save_problem(), HasSubstr("1 devices"));
  EXPECT_THAT(collector_->save_problem(), HasSubstr("Of aaa: "));
  FreeFolderOf("aaa");
  SaveDueIn(seconds(2));
  EXPECT_EQ(files(), 2U) << "before it is tried again";
  SaveDueIn(seconds(10));
  EXPECT_EQ(files(), 3U);
  EXPECT_EQ(collector_->save_problem(), "");
}

TEST_F(CollectorSavingTest, EndLeavesOneBlockedDevicesRecordsInTheJournalAndNoOthers) {
  Start();
  BlockFolderOf("aaa");
  for (const char* const device : {"aaa", "bbb"}) TakeDurably(device, 1, 2500);
  EXPECT_FALSE(collector_->Close().ok());
  EXPECT_EQ(unsaved(), 2500U);
  FreeFolderOf("aaa");
  Start();
  ASSERT_TRUE(collector_->Close().ok());
  EXPECT_EQ(files(), 3U);
}

TEST_F(CollectorSavingTest, FolderThatIsRemovedMeanwhileIsMadeAgain) {
  Start();
  TakeDurably("aaa", 1, 1000);
  SaveDueIn(seconds(1));
  FreeFolderOf("aaa");
  TakeDurably("aaa", 1001, 2000);
  SaveDueIn(seconds(1));
  EXPECT_EQ(unsaved(), 1000U);
  SaveDueIn(seconds(10));
  EXPECT_EQ(unsaved(), 0U);
}

TEST_F(CollectorSavingTest, BlockedDevicesRecordsWaitAtTheDeviceWhenTooManyAreInNoFile) {
  options_.most_unsaved = 4000;
  Start();
  BlockFolderOf("aaa");
  TakeDurably("aaa", 1, 2000);
  SaveDueIn(seconds(1));
  TakeDurably("aaa", 2001, 2001);
  TakeDurably("bbb", 1, 1);
  EXPECT_EQ(Upto("aaa"), 2000U);
  EXPECT_EQ(unsaved(), 2001U);
  EXPECT_EQ(collector_->Report().not_taken, 1U);
  FreeFolderOf("aaa");
  SaveDueIn(seconds(10));
  TakeDurably("aaa", 2001, 2001);
  EXPECT_EQ(Upto("aaa"), 2001U);
}

TEST_F(CollectorSavingTest, QuietDevicesRecordDoesNotKeepTheJournalFromItsQuota) {
  options_.journal.segment_bytes = 64 << 10U;
  options_.journal.most_bytes = 512 << 10U;
  Start();
  TakeDurably("quiet", 1, 1);
  for (std::uint64_t i = 0; i < 20; ++i) {
    TakeDurably("busy", i * 1000 + 1, (i + 1) * 1000);
    SaveDueIn(seconds(1));
  }
  EXPECT_LT(collector_->Report().bytes, options_.journal.most_bytes + 4 * options_.journal.segment_bytes);
}

TEST_F(CollectorSavingTest, WhatARoundAcknowledgesARestartKnowsHoweverScatteredItCame) {
  Start();
  for (std::uint64_t sequence = 2; sequence <= 2000; sequence += 2) Take("aaa", sequence);
  TakeDurably("bbb", 1, 1);
  for (std::uint64_t sequence = 2002; sequence <= 2080; sequence += 2) Take("aaa", sequence);
  for (std::uint64_t sequence = 1; sequence <= 2079; sequence += 2) Take("aaa", sequence);
  ASSERT_TRUE(collector_->Commit().ok());
  const std::uint64_t upto = Upto("aaa");
  const std::uint64_t kept = unsaved();
  ASSERT_GT(upto, 0U);
  Start();
  EXPECT_EQ(unsaved(), kept);
  TakeDurably("aaa", 1, 1);
  EXPECT_EQ(Upto("aaa"), upto);
}

TEST_F(CollectorSavingTest, RoundTakesNoMoreOutOfOrderThanCanBeRemembered) {
  Start();
  for (std::uint64_t sequence = 2; sequence <= 8000; sequence += 2) Take("aaa", sequence);
  ASSERT_TRUE(collector_->Commit().ok());
  EXPECT_EQ(unsaved(), 1024U);
  EXPECT_EQ(collector_->Report().not_taken, 4000U - 1024U);
}

TEST_F(CollectorSavingTest, WhatFollowsARecordThatWasNotTakenIsOutOfOrderToo) {
  Start();
  for (std::uint64_t sequence = 2; sequence <= 9000; sequence += 3) {
    Take("aaa", sequence);
    Take("aaa", sequence + 1);
  }
  ASSERT_TRUE(collector_->Commit().ok());
  EXPECT_EQ(unsaved(), 2048U);
}

class CollectorOfFewUnsavedTest : public CollectorSavingTest {
 protected:
  // Device aaa has failed, and half of what may be unsaved is its.
  void SetUp() override {
    options_.most_unsaved = 100;
    Start();
    BlockFolderOf("aaa");
    TakeDurably("aaa", 1, 60);
    TakeDurably("bbb", 1, 60);
    SaveDueIn(seconds(1));
    ASSERT_EQ(unsaved(), 60U);
  }
  void TakePlain() {
    collector_->Take("iot/metrics/aaa", R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"aaa","model_name":"m",)"
                                        R"("inference_time_ms":1,"status":"ok"})");
  }
};

TEST_F(CollectorOfFewUnsavedTest, FailedOneIsTriedAgainHoweverFewRecordsItHas) {
  TakeDurably("aaa", 61, 61);
  EXPECT_EQ(unsaved(), 60U);
  FreeFolderOf("aaa");
  SaveDueIn(seconds(11));
  EXPECT_EQ(unsaved(), 0U);
  TakeDurably("aaa", 61, 61);
  EXPECT_EQ(unsaved(), 1U);
}

TEST_F(CollectorOfFewUnsavedTest, PlainPublishersRecordsAreTakenAsLongAsThereIsMemory) {
  for (int i = 0; i < 500; ++i) {
    TakePlain();
    ASSERT_TRUE(collector_->Commit().ok());
  }
  EXPECT_EQ(unsaved(), 500U) << "5 times as many as may be unsaved";
  EXPECT_EQ(collector_->Report().dropped, 60U);
}

}  // namespace
}  // namespace inferometer::hub
