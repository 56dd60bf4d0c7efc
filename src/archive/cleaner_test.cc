#include "archive/cleaner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "analyze/cleaned_records.h"
#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "base/record_key.h"
#include "base/timestamp.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::archive {
namespace {

using analyze::SequenceRanges;
using analyze::StreamName;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

constexpr auto kDay = std::chrono::hours(24);
const std::string kId = "00:0f:00:70:91:0a";

// A record of that day of October 2025.
std::string Record(int day, std::uint64_t sequence, const std::string& id = kId) {
  return fmt::format(
      R"({{"timestamp":"2025-10-{:02}T10:30:00.250000Z","device_id":"{}","model_name":"m","inference_time_ms":{},)"
      R"("memory_used_mb":1,"cpu_percent_avg":2,"energy_consumed_mj":3,"compute_device":"cpu","record_id":"{}",)"
      R"("status":"ok"}})",
      day, id, 100 + sequence, base::RecordIdText({id, 1, sequence}));
}

// A metrics directory with verbs; it is the 20th of October 2025, 12:00.
class CleanerTest : public ::testing::Test {
 protected:
  CleanerTest() {
    GoTo("2025-10-20T12:00:00Z");
    options_.built = *base::ParseTimestamp("2025-01-01T00:00:00Z");
  }
  void GoTo(const std::string& time) { clock_.wall = *base::ParseTimestamp(time); }
  fs::path Put(const std::string& name, const std::vector<std::string>& records) {
    return folder_.Put("m/" + name, analyze::FileWith(records));
  }
  Result<CleanReport> Try(os::FileCalls& files = os::SystemFileCalls()) {
    options_.metrics_dir = metrics();
    auto directory = analyze::ListMetrics(metrics());
    EXPECT_TRUE(directory.ok());
    options_.directory = *directory;
    return Clean(options_, files, clock_);
  }
  CleanReport Run(std::optional<std::chrono::seconds> older_than = 7 * kDay) {
    options_.retention.older_than = older_than;
    auto report = Try();
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : CleanReport();
  }
  void Archive() {
    ArchiveOptions options;
    options.metrics_dir = metrics();
    EXPECT_TRUE(archive::Archive(options, os::SystemFileCalls(), clock_).ok());
  }
  [[nodiscard]] std::size_t Records() const {
    std::size_t records = 0;
    EXPECT_TRUE(analyze::ForEachRecord(metrics(), [&](const analyze::RecordOrigin&, const InferenceRecord&) {
                  ++records;
                  return Ok();
                }).ok());
    return records;
  }
  // Of the device's folder "edge-1": what its journal says of stream 1.
  analyze::StreamKnowledge& Journal(analyze::Debt debt) {
    options_.stores = {{.folder = metrics() / "edge-1", .debt = debt}};
    return options_.stores[0].streams[StreamName{kId, 1}];
  }
  [[nodiscard]] SequenceRanges Noted(const fs::path& folder, bool is_unacknowledged = false,
                                     const std::string& device_name = "") const {
    const auto note = analyze::CleanedRecords::Read(folder);
    const auto found = note->ranges().find({device_name, {kId, 1}, is_unacknowledged});
    return found == note->ranges().end() ? SequenceRanges() : found->second;
  }
  [[nodiscard]] fs::path metrics() const { return folder_.path() / "m"; }
  [[nodiscard]] fs::path Day(int day) const {
    return metrics() / fmt::format("lake/device=00%3A0f%3A00%3A70%3A91%3A0a/date=2025-10-{:02}/records.parquet", day);
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  CleanOptions options_;
};

TEST_F(CleanerTest, FileGoesWhenItsNewestRecordIsOldEnough) {
  const fs::path old = Put("edge-1/inference_metrics_a.json", {Record(1, 1), Record(13, 2)});
  const fs::path young = Put("edge-1/inference_metrics_b.json", {Record(1, 3), Record(14, 4)});
  const CleanReport report = Run();
  ASSERT_THAT(report.removed, SizeIs(1));
  EXPECT_EQ(report.removed[0].file, old.string());
  EXPECT_EQ(report.removed[0].records, 2U);
  EXPECT_EQ(report.removed[0].device_id, kId);
  EXPECT_EQ(report.removed[0].device_name, "edge-1");
  EXPECT_GT(report.removed[0].bytes, 0U);
  EXPECT_EQ(report.kept_files, 1U);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_EQ(Noted(metrics() / "edge-1"), (SequenceRanges{{1, 2}}));
}

TEST_F(CleanerTest, SavingTimeInTheNameCountsToo) {
  Put("edge-1/inference_metrics_x_20251014_120001.json", {Record(1, 1)});
  EXPECT_THAT(Run().removed, IsEmpty());
  EXPECT_THAT(Run(6 * kDay - std::chrono::seconds(1)).removed, SizeIs(1));
}

TEST_F(CleanerTest, FileWithoutAnyTimeStays) {
  Put("edge-1/inference_metrics_a.json", {});
  const CleanReport report = Run();
  ASSERT_THAT(report.left, SizeIs(1));
  EXPECT_THAT(report.left[0].reason, HasSubstr("age"));
  options_.ignores_age = true;
  EXPECT_THAT(Run(std::nullopt).removed, SizeIs(1));
}

TEST_F(CleanerTest, DayOfTheLakeGoesWhenItsEndIsOldEnough) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(12, 1), Record(13, 2)});
  Archive();
  fs::remove(file);
  EXPECT_THAT(Run(), testing::Field(&CleanReport::kept_files, 1U));
  EXPECT_FALSE(fs::exists(Day(12).parent_path())) << "nor is its folder left";
  EXPECT_TRUE(fs::exists(Day(13)));
  EXPECT_EQ(Noted(metrics() / "lake", false, "edge-1"), (SequenceRanges{{1, 1}}));
  EXPECT_THAT(Run(6 * kDay).removed, SizeIs(1));
  EXPECT_FALSE(fs::exists(Day(13).parent_path().parent_path()));
  EXPECT_TRUE(fs::exists(metrics() / "lake/.lock"));
}

TEST_F(CleanerTest, DayOfTheLakeStaysWhileAFileThatStaysHoldsRecordsOfIt) {
  Put("edge-1/inference_metrics_a.json", {Record(12, 1), Record(15, 2)});
  Archive();
  EXPECT_THAT(Run().removed, IsEmpty());
  GoTo("2025-10-23T12:00:00Z");
  EXPECT_THAT(Run().removed, SizeIs(3)) << "the file and both days";
  EXPECT_EQ(Records(), 0U);
}

TEST_F(CleanerTest, DevicesOwnAgeHolds) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  const fs::path other = Put("edge-2/inference_metrics_b.json", {Record(1, 2, "pi-07")});
  options_.retention.own = {{"pi-07", Retention::kForever}};
  EXPECT_THAT(Run().removed, SizeIs(1));
  EXPECT_TRUE(fs::exists(other));
  options_.ignores_age = true;
  EXPECT_THAT(Run(std::nullopt).removed, IsEmpty()) << "--all leaves what --keep names";
}

// It may be a misspelt one that was to stay.
TEST_F(CleanerTest, NothingGoesWhileAnAgeIsOfNobody) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  options_.retention.own = {{"edge-1", 0 * kDay}, {"egde-1", Retention::kForever}};
  options_.ignores_age = true;
  const auto report = Try();
  EXPECT_THAT(report.status().message(), HasSubstr("--keep egde-1"));
  EXPECT_TRUE(fs::exists(file));
  options_.dry_run = true;
  EXPECT_THAT(Run(std::nullopt).unknown_devices, ElementsAre("egde-1"));
}

TEST_F(CleanerTest, FolderNamesDevicesOfTheLakeToo) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Archive();
  fs::remove(file);
  options_.retention.own = {{"edge-1", Retention::kForever}};
  const CleanReport report = Run();
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_THAT(report.unknown_devices, IsEmpty());
  EXPECT_EQ(Records(), 1U);
}

TEST_F(CleanerTest, WhatAHubHasNotAcknowledgedStays) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1), Record(1, 2)});
  auto& known = Journal(analyze::Debt::kHub);
  known.in_journal = known.filed = {{1, 2}};
  known.handled = 1;
  const CleanReport report = Run();
  EXPECT_THAT(report.removed, IsEmpty());
  ASSERT_THAT(report.left, SizeIs(1));
  EXPECT_THAT(report.left[0].reason, HasSubstr("1 of its 2 records no hub has acknowledged"));
  known.lost = {{2, 2}};
  options_.dry_run = true;
  EXPECT_THAT(Run().removed, SizeIs(1)) << "what is reported lost is owed to nobody";
  known.lost = {};
  options_.dry_run = false;
  options_.force = true;
  const CleanReport forced = Run();
  ASSERT_THAT(forced.removed, SizeIs(1));
  EXPECT_EQ(forced.removed[0].unacknowledged, 1U);
  EXPECT_EQ(Noted(metrics() / "edge-1", true), (SequenceRanges{{2, 2}}));
  EXPECT_EQ(Noted(metrics() / "edge-1"), (SequenceRanges{{1, 1}}));
}

TEST_F(CleanerTest, WhatAHubHasNotAcknowledgedStaysInTheLakeToo) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1), Record(1, 2)});
  Archive();
  fs::remove(file);
  auto& known = Journal(analyze::Debt::kHub);
  known.in_journal = known.filed = {{1, 2}};
  EXPECT_THAT(Run().left, SizeIs(1));
  EXPECT_EQ(Records(), 2U);
  known.handled = 2;
  EXPECT_THAT(Run().removed, SizeIs(1));
}

TEST_F(CleanerTest, WhereNobodyKnowsWhoHasWhatItStays) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Journal(analyze::Debt::kUnknown);
  EXPECT_THAT(Run().left, SizeIs(1));
  Journal(analyze::Debt::kNobody);
  EXPECT_THAT(Run().removed, SizeIs(1));
}

TEST_F(CleanerTest, FileThatTheJournalHasNoNoteOfStays) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1), Record(1, 2)});
  Journal(analyze::Debt::kNobody).in_journal = {{2, 2}};
  const CleanReport report = Run();
  ASSERT_THAT(report.left, SizeIs(1));
  EXPECT_THAT(report.left[0].reason, HasSubstr("no note"));
}

TEST_F(CleanerTest, FilesOfAHubAreOwedToNobody) {
  Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  auto& known = Journal(analyze::Debt::kHub);
  known.in_journal = known.filed = {{1, 1}};
  options_.stores[0].is_hub = true;
  EXPECT_THAT(Run().removed, SizeIs(1));
}

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

TEST_F(CleanerTest, DryRunTellsAndChangesNothing) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Archive();
  options_.dry_run = true;
  const CleanReport report = Run();
  ASSERT_THAT(report.removed, SizeIs(2));
  EXPECT_GT(report.removed[1].bytes, 0U);
  EXPECT_TRUE(fs::exists(file));
  EXPECT_TRUE(fs::exists(Day(1)));
  EXPECT_FALSE(fs::exists(metrics() / ".clean.lock"));
  EXPECT_FALSE(fs::exists(metrics() / "edge-1/.cleaned"));
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

TEST_F(CleanerTest, NoteOfTheArchiveForgetsWhatWent) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Put("edge-1/inference_metrics_b.json", {Record(15, 2)});
  Archive();
  Run();
  const auto note = os::ReadFile(metrics() / "lake/.archived", 1 << 20);
  EXPECT_THAT(*note, testing::Not(HasSubstr("inference_metrics_a")));
  EXPECT_THAT(*note, HasSubstr("inference_metrics_b"));
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
