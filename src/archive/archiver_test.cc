#include "archive/archiver.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "analyze/analysis.h"
#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "analyze/verification.h"
#include "lake/lake_reader.h"
#include "lake/lake_writer.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::archive {
namespace {

using analyze::FileWith;
using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kDay = std::chrono::hours(24);

// A metrics directory with verbs.
class ArchiverTest : public ::testing::Test {
 protected:
  fs::path Put(const std::string& name, const std::vector<std::string>& records) {
    return folder_.Put("m/" + name, FileWith(records));
  }
  Result<ArchiveReport> Try(std::chrono::seconds grace = 7 * kDay, os::FileCalls& files = os::SystemFileCalls()) {
    ArchiveOptions options;
    options.metrics_dir = metrics();
    options.grace = grace;
    return Archive(options, files, clock_);
  }
  ArchiveReport Run(std::chrono::seconds grace = 7 * kDay) {
    auto report = Try(grace);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : ArchiveReport();
  }
  // What the analysis counts, which must be what the walk over all records gives.
  [[nodiscard]] std::size_t Counted() const {
    const auto analysis = analyze::Analyze(metrics(), {});
    EXPECT_TRUE(analysis.ok()) << analysis.status().message();
    std::size_t total = 0;
    for (const analyze::Group& group : analysis->groups) total += group.total_inferences;
    EXPECT_EQ(Walked(), total);
    return total;
  }
  [[nodiscard]] std::size_t Walked() const {
    std::size_t walked = 0;
    EXPECT_TRUE(analyze::ForEachRecord(metrics(), [&](const analyze::RecordOrigin&, const InferenceRecord&) {
                  ++walked;
                  return Ok();
                }).ok());
    return walked;
  }
  // The rows of the lake, as they stand there.
  [[nodiscard]] std::size_t InLake() const {
    std::size_t rows = 0;
    auto reader = lake::LakeReader::Open();
    const auto files = lake::ListPartitions(metrics() / "lake");
    for (const auto& file : *files) {
      EXPECT_TRUE(reader
                      ->ForEach(file.path,
                                [&](const lake::LakeRecord&) {
                                  ++rows;
                                  return Ok();
                                })
                      .ok());
    }
    return rows;
  }
  [[nodiscard]] fs::path metrics() const { return folder_.path() / "m"; }
  static std::vector<std::string> Older(int from, int to) {
    std::vector<std::string> records;
    for (int i = from; i < to; ++i) records.push_back(OlderRecord({i, 100.0 + i}));
    return records;
  }
  static std::vector<std::string> Ours(int from, int to) {
    std::vector<std::string> records;
    for (int i = from; i < to; ++i) records.push_back(OurRecord({i, 100.0 + i}));
    return records;
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
};

TEST_F(ArchiverTest, RecordsCountOnceWhileTheyStandInBoth) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Put("edge-2/inference_metrics_b.json", Older(0, 4));
  const ArchiveReport report = Run();
  EXPECT_EQ(report.files, 2U);
  EXPECT_EQ(report.records, 7U);
  EXPECT_EQ(report.waiting_files, 2U);
  EXPECT_EQ(report.dropped_files, 0U);
  EXPECT_EQ(InLake(), 7U);
  EXPECT_EQ(Counted(), 7U);
}

TEST_F(ArchiverTest, FileGoesWhenItsGraceIsOverAndItsRecordsStay) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  const auto before = analyze::Analyze(metrics(), {});
  Run();
  clock_.Advance(6 * kDay);
  EXPECT_EQ(Run().dropped_files, 0U);
  clock_.Advance(kDay);
  const ArchiveReport report = Run();
  EXPECT_EQ(report.dropped_files, 1U);
  EXPECT_GT(report.dropped_bytes, 0U);
  EXPECT_FALSE(fs::exists(file));
  const auto after = analyze::Analyze(metrics(), {});
  ASSERT_EQ(after->groups.size(), 1U);
  EXPECT_EQ(after->groups[0].key, before->groups[0].key);
  EXPECT_EQ(after->groups[0].Of(analyze::Block::kInferenceTime)->avg,
            before->groups[0].Of(analyze::Block::kInferenceTime)->avg);
  EXPECT_EQ(Counted(), 3U);
}

TEST_F(ArchiverTest, WithoutGraceFilesGoAtOnce) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  EXPECT_EQ(Run(0s).dropped_files, 1U);
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(Counted(), 3U);
}

TEST_F(ArchiverTest, SecondRunFindsNothingToDo) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Run();
  const ArchiveReport report = Run();
  EXPECT_EQ(report.files, 0U);
  EXPECT_EQ(report.records, 0U);
  EXPECT_EQ(report.partitions, 0U);
}

TEST_F(ArchiverTest, CumulativeFileBringsOnlyWhatIsNew) {
  Put("edge-1/inference_metrics_a.json", Older(0, 3));
  Run(0s);
  Put("edge-1/inference_metrics_b.json", Older(0, 5));
  EXPECT_EQ(Counted(), 5U);
  const ArchiveReport report = Run();
  EXPECT_EQ(report.records, 2U);
  EXPECT_EQ(report.records_known, 3U);
  EXPECT_EQ(InLake(), 5U);
  EXPECT_EQ(Counted(), 5U);
}

TEST_F(ArchiverTest, RecordThatStandsTwiceInAFileIsOneInTheLake) {
  Put("edge-1/inference_metrics_a.json", {OurRecord({1}), OurRecord({1}), OlderRecord({1}), OlderRecord({1})});
  EXPECT_EQ(Run().records, 2U);
  EXPECT_EQ(Counted(), 2U);
}

TEST_F(ArchiverTest, FileThatWasWrittenAgainIsTakenAgain) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Run();
  Put("edge-1/inference_metrics_a.json", Ours(0, 4));
  const ArchiveReport report = Run();
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.records, 1U);
  EXPECT_EQ(Counted(), 4U);
}

TEST_F(ArchiverTest, FilesOfOneDayOfOneDeviceComeTogether) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Run();
  Put("edge-1/inference_metrics_b.json", Ours(3, 5));
  Run(0s);
  EXPECT_EQ(lake::ListPartitions(metrics() / "lake")->size(), 1U);
  EXPECT_EQ(InLake(), 5U);
}

TEST_F(ArchiverTest, WhatTheTableDoesNotKnowIsKept) {
  Put("edge-1/inference_metrics_a.json", {OlderRecord({1, 1427.9161230000001}), OurRecord({2}, R"(,"x":[1,2])")});
  Run(0s);
  std::multiset<std::string> others;
  double exact = 0;
  EXPECT_TRUE(
      analyze::ForEachRecord(metrics(), [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
        others.insert(analyze::OtherFieldsOf(origin).value());
        if (!record.record_id) exact = *record.inference_time_ms;
        return Ok();
      }).ok());
  EXPECT_EQ(exact, 1427.9161230000001);
  EXPECT_TRUE(others.contains(R"({"x":[1,2]})"));
  EXPECT_THAT(*others.begin(), HasSubstr("\"prompt_length\":200"));
}

TEST_F(ArchiverTest, VerificationFindsNothingWrongBeforeAndAfterTheFilesGo) {
  Put("edge-1/inference_metrics_a.json", Ours(1, 4));
  for (const auto grace : {std::chrono::seconds(kDay), 0s}) {
    Run(grace);
    analyze::Verification verification;
    const std::vector<analyze::StoreKnowledge> stores = {{.folder = metrics() / "edge-1"}};
    ASSERT_TRUE(analyze::VerifyFiles(metrics(), {}, stores, nullptr, verification).ok());
    EXPECT_EQ(verification.findings_count(), 0U) << verification.findings[0].text;
  }
}

// What the lake cannot hold stays.

TEST_F(ArchiverTest, DamagedFileStaysAndIsNamedAndTheOthersGo) {
  const fs::path bad = folder_.Put("m/edge-1/inference_metrics_a.json", "{\"detailed_metrics\": [{]}");
  Put("edge-1/inference_metrics_b.json", Ours(0, 2));
  const ArchiveReport report = Run(0s);
  ASSERT_EQ(report.left.size(), 1U);
  EXPECT_EQ(report.left[0].file, bad.string());
  EXPECT_THAT(report.left[0].reason, HasSubstr("byte"));
  EXPECT_EQ(report.dropped_files, 1U);
  EXPECT_TRUE(fs::exists(bad));
}

TEST_F(ArchiverTest, FileWithAKeyThatNobodyKnowsStays) {
  folder_.Put("m/edge-1/inference_metrics_a.json", "{\"notes\": \"mine\", " + FileWith(Ours(0, 2)).substr(1));
  const ArchiveReport report = Run(0s);
  ASSERT_EQ(report.left.size(), 1U);
  EXPECT_THAT(report.left[0].reason, HasSubstr("notes"));
  EXPECT_EQ(Counted(), 2U);
}

// What no column holds, in what the lake otherwise keeps. The name of the key is in the reason.
TEST_F(ArchiverTest, FileStaysForWhatNoRecordOfItSays) {
  const std::string long_text(1'025, 'x');
  std::string many;
  for (int i = 0; i < 65; ++i) many += "\"k" + std::to_string(i) + "\":1" + (i < 64 ? "," : "");
  for (const auto& [head, key] : std::vector<std::pair<std::string, std::string>>{
           {R"("context":{"gpus":["a"]})", "context.gpus"},
           {R"("context":{"deep":{"a":1}})", "context.deep"},
           {"\"context\":{\"text\":\"" + long_text + "\"}", "context.text"},
           {"\"context\":{" + many + "}", "context.k64"},
           {R"("context":{"big":18446744073709551615})", "context.big"},
           {R"("summary":{"operator":"Ann"})", "summary.operator"},
           {R"("summary":{"device_id":"other"})", "summary.device_id"},
           {R"("summary":{"model_name":"other"})", "summary.model_name"}}) {
    folder_.Put("m/edge-1/inference_metrics_a.json", "{" + head + "," + FileWith(Ours(0, 2)).substr(1));
    const ArchiveReport report = Run(0s);
    ASSERT_EQ(report.left.size(), 1U) << head;
    EXPECT_THAT(report.left[0].reason, HasSubstr(key));
  }
}

TEST_F(ArchiverTest, FileGoesWithASummaryAndAContextThatTheLakeHas) {
  folder_.Put("m/edge-1/inference_metrics_a.json",
              R"({"context":{"host":"lab","none":null},"summary":{"device_id":"00:0f:00:70:91:0a","model_name":"",)"
              R"("total_inferences":2,"failed_inferences":0,"energy_consumption_mj":{"min":500}},)" +
                  FileWith(Ours(0, 2)).substr(1));
  const ArchiveReport report = Run(0s);
  EXPECT_TRUE(report.left.empty()) << report.left[0].reason;
  EXPECT_EQ(report.dropped_files, 1U);
}

TEST_F(ArchiverTest, FileWhoseSummaryContradictsItsRecordsStays) {
  folder_.Put("m/edge-1/inference_metrics_a.json", FileWith(Ours(0, 2), R"({"total_inferences":3})"));
  const ArchiveReport report = Run(0s);
  ASSERT_EQ(report.left.size(), 1U);
  EXPECT_THAT(report.left[0].reason, HasSubstr("summary"));
}

TEST_F(ArchiverTest, FileWithAValueBeyondItsColumnStaysWhole) {
  Put("edge-1/inference_metrics_a.json", {OurRecord({1}), OurRecord({2, 1e15})});
  const ArchiveReport report = Run(0s);
  ASSERT_EQ(report.left.size(), 1U);
  EXPECT_THAT(report.left[0].reason, HasSubstr("inference_time_ms"));
  EXPECT_EQ(InLake(), 0U);
  EXPECT_EQ(Counted(), 2U);
}

TEST_F(ArchiverTest, FileIsNotDroppedOnTheWordOfTheNoteAlone) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Run();
  const auto partitions = lake::ListPartitions(metrics() / "lake");
  for (const auto& partition : *partitions) fs::remove(partition.path);
  const ArchiveReport report = Run(0s);
  EXPECT_EQ(report.dropped_files, 0U);
  ASSERT_EQ(report.left.size(), 1U);
  EXPECT_TRUE(fs::exists(file));
  EXPECT_EQ(Run(0s).dropped_files, 1U);
  EXPECT_EQ(Counted(), 3U);
}

TEST_F(ArchiverTest, WithoutTheNoteFilesAreLookedThroughAgain) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Run();
  fs::remove(metrics() / "lake" / ".archived");
  const ArchiveReport report = Run();
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.records_known, 3U);
  EXPECT_EQ(report.waiting_files, 1U);
}

TEST_F(ArchiverTest, NoteThatIsDamagedCountsAsFarAsItCanBeRead) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  Put("edge-1/inference_metrics_b.json", Ours(3, 5));
  Run();
  const fs::path note = metrics() / "lake" / ".archived";
  const std::string text = *os::ReadFile(note, 1 << 20);
  std::ofstream(note) << "garbage\n{\"file\":1}\n" << text.substr(0, text.find('\n') + 5);
  EXPECT_EQ(Run().files, 1U);
}

TEST_F(ArchiverTest, DryRunTellsAndChangesNothing) {
  const fs::path file = Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  ArchiveOptions options;
  options.metrics_dir = metrics();
  options.dry_run = true;
  const auto report = Archive(options, os::SystemFileCalls(), clock_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->records, 3U);
  EXPECT_FALSE(fs::exists(metrics() / "lake"));
  EXPECT_TRUE(fs::exists(file));
}

TEST_F(ArchiverTest, SecondRunAtTheSameTimeIsRefused) {
  Put("edge-1/inference_metrics_a.json", Ours(0, 3));
  const auto other = lake::LakeWriter::Open(metrics() / "lake", os::SystemFileCalls());
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(Try().status().code(), Code::kFailedPrecondition);
}

TEST_F(ArchiverTest, MissingFolderIsNotFound) {
  EXPECT_EQ(Try().status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(metrics()));
}

// Every call fails once: the next run puts all right.
TEST_F(ArchiverTest, FileThatCannotBeRemovedStaysAndIsNamedAndTheOthersGo) {
  std::size_t seen = 0;
  for (int failing = 1; failing < 100; ++failing) {
    fs::remove_all(metrics());
    Put("edge-1/inference_metrics_a.json", Ours(0, 2));
    Put("edge-2/inference_metrics_b.json", {OlderRecord({1, 101, 5, "b1"})});
    os::FaultyFileCalls files([&](int nth) { return nth == failing ? EACCES : 0; });
    const auto report = Try(0s, files);
    if (!report.ok() || report->left.empty()) continue;
    ++seen;
    EXPECT_THAT(report->left[0].reason, HasSubstr("Permission denied")) << failing;
    EXPECT_EQ(report->dropped_files, 1U) << failing;
    EXPECT_TRUE(fs::exists(report->left[0].file)) << failing;
  }
  EXPECT_EQ(seen, 2U) << "the call that removes each of them";
}

TEST_F(ArchiverTest, AnyFailingCallLosesNothingAndDoublesNothing) {
  const auto begin = [&] {
    fs::remove_all(metrics());
    Put("edge-1/inference_metrics_a.json", Ours(0, 2));
    Put("edge-2/inference_metrics_b.json", {OlderRecord({1, 101, 5, "b1"}), OlderRecord({2, 102, 5, "b1"})});
  };
  begin();
  os::FaultyFileCalls counting([](int) { return 0; });
  ASSERT_TRUE(Try(0s, counting).ok());
  ASSERT_GT(counting.calls(), 10);
  for (int failing = 1; failing <= counting.calls(); ++failing) {
    begin();
    os::FaultyFileCalls files([&](int nth) { return nth == failing ? EIO : 0; });
    Try(0s, files).status().IgnoreBecause("what it left is looked at");
    EXPECT_EQ(Walked(), 4U) << failing;
    Run(0s);
    EXPECT_EQ(InLake(), 4U) << failing;
  }
}

}  // namespace
}  // namespace inferometer::archive
