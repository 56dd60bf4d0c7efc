#include "archive/cleaner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "archive/cleaner_for_tests.h"

namespace inferometer::archive {
namespace {

using analyze::SequenceRanges;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

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

TEST_F(CleanerTest, NoteOfTheArchiveForgetsWhatWent) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", {Record(1, 1)});
  Put("edge-1/inference_metrics_b.json", {Record(15, 2)});
  Archive();
  Run();
  const auto note = os::ReadFile(metrics() / "lake/.archived", 1 << 20);
  EXPECT_THAT(*note, testing::Not(HasSubstr("inference_metrics_a")));
  EXPECT_THAT(*note, HasSubstr("inference_metrics_b"));
}

}  // namespace
}  // namespace inferometer::archive
