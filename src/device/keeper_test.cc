// A keeper whose disk can be held up: what it does while that takes nothing.
#include "device/keeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::device {
namespace {

class KeeperTest : public testing::Test {
 protected:
  void Start(KeeperOptions options) {
    KeepingOptions keeping{.folder = folder_.path() / "d", .device_id = "test-device"};
    keeping.journal.stream = 1;
    auto opened = RecordKeeping::Open(std::move(keeping), files_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    KeeperEvents events{.on_saved = [this](const store::SavedFile& saved) { saved_ += saved.summary.total_inferences; },
                        .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }};
    keeper_ = std::make_unique<Keeper>(options, std::move(*opened), nullptr, clock_, std::move(events));
  }
  std::string KeepOne() {
    InferenceRecord record;
    record.timestamp = WallTime(std::chrono::microseconds(1));
    record.device_id = "test-device";
    record.model_name = "m";
    record.inference_time_ms = 1.5;
    record.status = kStatusOk;
    return keeper_->Keep(std::move(record)).record_id.value_or("none");
  }
  // From now on the disk answers nothing; returns when the keeper's thread waits for it.
  void HoldUpDisk() {
    is_held_up_ = true;
    KeepOne();
    while (!is_waiting_) std::this_thread::yield();
  }
  int Fault() {
    for (; is_held_up_; std::this_thread::yield()) is_waiting_ = true;
    return disk_full_ ? ENOSPC : 0;
  }

  os::TemporaryFolder folder_;
  base::SystemClock clock_;
  std::atomic<bool> is_held_up_ = false;
  std::atomic<bool> is_waiting_ = false;
  std::atomic<bool> disk_full_ = false;
  os::FaultyFileCalls files_{[this](int) { return Fault(); }};
  std::int64_t saved_ = 0;             // by the keeper's thread; looked at after Finish
  std::vector<std::string> problems_;  // likewise
  std::unique_ptr<Keeper> keeper_;     // last: its thread ends before all else
};

TEST_F(KeeperTest, RecordsAreNumberedFromOneAndEachStandsInAFile) {
  Start({});
  EXPECT_EQ(KeepOne(), "test-device/0000000000000001/1");
  EXPECT_EQ(KeepOne(), "test-device/0000000000000001/2");
  keeper_->Finish();
  EXPECT_EQ(saved_, 2);
  EXPECT_EQ(keeper_->stats().durable_upto, 2U);
  EXPECT_EQ(keeper_->stats().lost_records, 0U);
}

TEST_F(KeeperTest, WhatFindsNoRoomWhileTheDiskIsHeldUpIsReportedLostAndTheRestIsKept) {
  Start({.most_queued = 2});
  HoldUpDisk();
  for (int i = 0; i < 5; ++i) KeepOne();  // two of them wait
  is_held_up_ = false;
  keeper_->Finish();
  EXPECT_EQ(keeper_->stats().lost_records, 3U);
  EXPECT_EQ(saved_, 3);
  const auto ledger = store::Ledger::Inspect(os::SystemFileCalls(), folder_.path() / "d" / "journal" / "ledger");
  ASSERT_TRUE(ledger.ok());
  ASSERT_EQ(ledger->lost_hours().size(), 1U);
  EXPECT_EQ(ledger->lost_hours()[0].inferences, 3U);
  EXPECT_EQ(ledger->lost_hours()[0].inference_time_us, 4'500U);
}

TEST_F(KeeperTest, KeepDoesNotWaitForADiskThatAnswersNothing) {
  Start({});
  HoldUpDisk();
  for (int i = 0; i < 100; ++i) KeepOne();  // would never return
  is_held_up_ = false;
  keeper_->Finish();
  EXPECT_EQ(saved_, 101);
}

TEST_F(KeeperTest, LastRoundTriesADiskAgainThatWasFullAMomentAgo) {
  Start({});
  disk_full_ = true;
  KeepOne();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(keeper_->Flush(std::chrono::seconds(20)));
  EXPECT_EQ(keeper_->stats().unsaved, 1U);
  disk_full_ = false;
  keeper_->Finish();
  EXPECT_EQ(saved_, 1);
  EXPECT_EQ(keeper_->stats().unsaved, 0U);
  EXPECT_EQ(problems_.size(), 2U) << "that it is kept in memory and that it cannot be saved, each once";
}

TEST_F(KeeperTest, NothingIsKeptAfterTheEndAndThatIsSaid) {
  Start({});
  KeepOne();
  keeper_->Finish();
  KeepOne();
  EXPECT_EQ(saved_, 1);
}

}  // namespace
}  // namespace inferometer::device
