#include "archive/cleaner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "archive/cleaner_for_tests.h"
#include "os/faulty_files.h"

namespace inferometer::archive {
namespace {

using analyze::SequenceRanges;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// What goes wrong: clocks, disks, files that are not ours, other runs.

TEST_F(CleanerTest, WhatCannotBeReadAsOursStays) {
  folder_.Put("m/edge-1/inference_metrics_damaged.json", "{\"detailed_metrics\": [");
  folder_.Put("m/edge-1/inference_metrics_keys.json", "{\"notes\": 1, " + analyze::FileWith({Record(1, 1)}).substr(1));
  folder_.Put("m/edge-1/notes.json", "{}");
  Put("edge-1/inference_metrics_a.json", {Record(2, 2)});
  Archive();
  fs::remove(metrics() / "edge-1/inference_metrics_a.json");
  fs::copy_file(Day(2), Day(2).parent_path() / "theirs.parquet");
  std::ofstream(Day(2)) << "no parquet";
  const CleanReport report = Run();
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_THAT(report.left, SizeIs(4));
  EXPECT_TRUE(fs::exists(metrics() / "edge-1/notes.json"));
}

TEST_F(CleanerTest, ClockBeforeTheNewestRecordIsNotTrusted) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  const fs::path newest = Put("edge-1/inference_metrics_b.json", {Record(21, 2)});
  options_.retention.older_than = 7 * kDay;
  EXPECT_EQ(Try().status().code(), Code::kFailedPrecondition);
  EXPECT_THAT(Try().status().message(), HasSubstr("inference_metrics_b.json"));
  options_.trusts_clock = true;
  EXPECT_THAT(Run().removed, SizeIs(1));
  EXPECT_TRUE(fs::exists(newest));
}

TEST_F(CleanerTest, ClockBeforeADayOfTheLakeIsNotTrusted) {
  const fs::path file = Put("edge-1/inference_metrics_b.json", {Record(21, 2)});
  Archive();
  fs::remove(file);
  options_.retention.older_than = 7 * kDay;
  EXPECT_THAT(Try().status().message(), HasSubstr("date=2025-10-21"));
}

TEST_F(CleanerTest, ClockBeforeTheBuildOrTwentyYearsAfterItIsNotTrusted) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  options_.retention.older_than = 7 * kDay;
  options_.built = *base::ParseTimestamp("2025-10-21T00:00:00Z");
  EXPECT_THAT(Try().status().message(), HasSubstr("before this program was built"));
  GoTo("2045-11-01T00:00:00Z");
  EXPECT_THAT(Try().status().message(), HasSubstr("20 years"));
  options_.ignores_age = true;
  options_.retention = {std::nullopt, {{"pi-07", 30 * kDay}}};
  EXPECT_FALSE(Try().ok()) << "an age of one device's own needs a clock";
  options_.retention.own.clear();
  EXPECT_THAT(Run(std::nullopt).removed, SizeIs(1)) << "who removes all asks no clock";
}

TEST_F(CleanerTest, LeftoversOfCrashesGoUnlessSomebodyWrites) {
  Put("edge-1/inference_metrics_a.json", {Record(15, 1)});
  Archive();
  folder_.Put("m/edge-1/inference_metrics_b.json.tmp", "half");
  folder_.Put("m/edge-1/mine.tmp", "not ours");
  folder_.Put("m/lake/device=x/date=2025-10-01/.records.parquet.tmp", "half");
  folder_.Put("m/empty/folder/inference_metrics_b.json.tmp", "half");
  {
    const auto lock = os::FileLock::Acquire(metrics() / "edge-1/.lock");
    EXPECT_EQ(Run().leftovers, 2U);
  }
  EXPECT_FALSE(fs::exists(metrics() / "lake/device=x"));
  EXPECT_EQ(Run().leftovers, 1U);
  EXPECT_FALSE(fs::exists(metrics() / "edge-1/inference_metrics_b.json.tmp"));
  EXPECT_TRUE(fs::exists(metrics() / "edge-1/mine.tmp"));
}

TEST_F(CleanerTest, RefusesWhileAnotherRunHasTheLakeOrTheDirectory) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Archive();
  options_.retention.older_than = 7 * kDay;
  {
    const auto lock = os::FileLock::Acquire(metrics() / "lake/.lock");
    EXPECT_EQ(Try().status().code(), Code::kFailedPrecondition);
  }
  const auto lock = os::FileLock::Acquire(metrics() / ".clean.lock");
  EXPECT_EQ(Try().status().code(), Code::kFailedPrecondition);
}

TEST_F(CleanerTest, StopsBetweenTwoFiles) {
  for (std::uint64_t i = 1; i <= 5; ++i) Put(fmt::format("edge-1/inference_metrics_{}.json", i), {Record(1, i)});
  std::stop_source stop;
  options_.stop = stop.get_token();
  options_.retention.older_than = 7 * kDay;
  os::FaultyFileCalls files([&](int nth) {
    if (nth == 8) stop.request_stop();  // after the note's six calls, with the second file
    return 0;
  });
  const auto report = Try(files);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->was_stopped);
  EXPECT_THAT(report->removed, SizeIs(2));
  EXPECT_EQ(Records(), 3U);
}

TEST_F(CleanerTest, FolderThatCannotBeWrittenKeepsItsFilesAndNoOthers) {
  std::size_t seen = 0;
  options_.retention.older_than = 7 * kDay;
  for (int failing = 1; failing < 100; ++failing) {
    fs::remove_all(metrics());
    Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
    Put("edge-2/inference_metrics_b.json", {Record(2, 2)});
    os::FaultyFileCalls files([&](int nth) { return nth == failing ? EACCES : 0; });
    const auto report = Try(files);
    if (!report.ok() || report->left.empty()) continue;
    ++seen;
    ASSERT_THAT(report->left, SizeIs(1)) << failing;
    EXPECT_THAT(report->removed, SizeIs(1)) << failing;
    EXPECT_TRUE(fs::exists(report->left[0].file)) << failing;
  }
  EXPECT_GE(seen, 4U) << "calls that write the note of each, and that remove each";
}

TEST_F(CleanerTest, FullDiskGetsBackWhatCrashesLeftBeforeAnythingIsNoted) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  const fs::path half = folder_.Put("m/edge-1/inference_metrics_c.json.tmp", "half");
  options_.retention.older_than = 7 * kDay;
  os::FaultyFileCalls files([&](int) { return fs::exists(half) ? 0 : ENOSPC; });
  const auto report = Try(files);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->leftovers, 1U);
  EXPECT_FALSE(fs::exists(half));
}

// Every call fails once: what was to stay is there, and the next run does the rest.
TEST_F(CleanerTest, AnyFailingCallLosesNothingThatWasToStay) {
  const auto begin = [&] {
    fs::remove_all(metrics());
    Put("edge-1/inference_metrics_a.json", {Record(1, 1), Record(2, 2)});
    Put("edge-1/inference_metrics_b.json", {Record(15, 3)});
    Archive();
    folder_.Put("m/edge-1/inference_metrics_c.json.tmp", "half");
  };
  begin();
  options_.retention.older_than = 7 * kDay;
  os::FaultyFileCalls counting([](int) { return 0; });
  ASSERT_TRUE(Try(counting).ok());
  ASSERT_GT(counting.calls(), 15);
  for (int failing = 1; failing <= counting.calls(); ++failing) {
    begin();
    os::FaultyFileCalls files([&](int nth) { return nth == failing ? EIO : 0; });
    Try(files).status().IgnoreBecause("what it left is looked at");
    EXPECT_GE(Records(), 1U) << failing;
    EXPECT_TRUE(fs::exists(Day(15))) << failing;
    Run();
    EXPECT_EQ(Records(), 1U) << failing;
    EXPECT_TRUE(fs::exists(metrics() / "edge-1/inference_metrics_b.json")) << failing;
    EXPECT_EQ(Noted(metrics() / "edge-1"), (SequenceRanges{{1, 2}})) << failing;
  }
}

}  // namespace
}  // namespace inferometer::archive
