#include "exchange/import_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "exchange/line_reader.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::exchange {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kLine =
    R"({"model":"gemma3","created_at":"2025-10-17T23:14:07.414671Z","done":true,"total_duration":174560334,"eval_count":18})";

// Imports into a metrics directory in a temporary folder.
class ImportRecordsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path out() const { return folder_.path() / "metrics"; }

  Status ImportLines(const std::string& lines, os::FileCalls& calls = os::SystemFileCalls()) {
    folder_.Put("lines.jsonl", lines);
    ImportTarget target(out(), calls, clock_);
    const Status done = ImportFile(
        Source("lines.jsonl"), ForeignFormat::kOllama, {"imported", "imported"}, {}, [this] { return stop_; }, target,
        report_);
    added_ = target.added();
    already_there_ = target.already_there();
    return done;
  }

  Status ImportOlder() {
    ImportTarget target(out(), os::SystemFileCalls(), clock_);
    const Status done = ImportDirectory(
        folder_.path() / "old", nullptr, [this] { return stop_; }, target, report_);
    added_ = target.added();
    already_there_ = target.already_there();
    return done;
  }

  // The records that stand in the directory now, and their contexts, by folder.
  std::map<std::string, std::vector<std::pair<InferenceRecord, store::Context>>> Records() {
    std::map<std::string, std::vector<std::pair<InferenceRecord, store::Context>>> records;
    const auto take = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      records[origin.file.folder_name.value_or("")].emplace_back(record, origin.context);
      return Ok();
    };
    EXPECT_TRUE(analyze::ForEachRecord(out(), take, nullptr, analyze::Repeats::kEachTime).ok());
    return records;
  }

  static std::string TextOf(const store::Context& context, const std::string& key) {
    for (const auto& [name, value] : context) {
      if (name == key) return std::get<std::string>(value);
    }
    return "";
  }

  [[nodiscard]] ImportSource Source(const std::string& name) const {
    const std::filesystem::path file = folder_.path() / name;
    return {file, file.string()};
  }

  os::TemporaryFolder folder_;
  base::SystemClock clock_;
  Status stop_;
  ImportReport report_;
  std::uint64_t added_ = 0;
  std::uint64_t already_there_ = 0;
};

TEST_F(ImportRecordsTest, LineBecomesARecordWithItsSource) {
  ASSERT_TRUE(ImportLines(std::string(kLine) + "\n").ok());
  const auto records = Records().at("imported");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_THAT(records[0].first.record_id.value_or(""), ::testing::MatchesRegex("imported/[0-9a-f]{16}/1"));
  EXPECT_EQ(records[0].first.device_id, "imported");
  EXPECT_EQ(TextOf(records[0].second, "imported_from"), "ollama");
  EXPECT_EQ(TextOf(records[0].second, "imported_file"), "lines.jsonl");
  EXPECT_EQ(TextOf(records[0].second, "imported_sha256").size(), 64U);
}

TEST_F(ImportRecordsTest, SameImportAgainAddsNothingAndAGrownFileWhatIsNew) {
  ASSERT_TRUE(ImportLines(std::string(kLine) + "\n").ok());
  EXPECT_EQ(added_, 1U);
  ASSERT_TRUE(ImportLines(std::string(kLine) + "\n").ok());
  EXPECT_EQ(added_, 0U);
  EXPECT_EQ(already_there_, 1U);
  std::string other(kLine);
  other.replace(other.find("18}"), 2, "19");
  ASSERT_TRUE(ImportLines(std::string(kLine) + "\ndata: " + other + "\r\n" + kLine).ok());
  EXPECT_EQ(added_, 1U);
  EXPECT_EQ(already_there_, 2U);
  EXPECT_EQ(Records().at("imported").size(), 2U);
}

TEST_F(ImportRecordsTest, BadLineIsNamedAndTheRestImported) {
  const std::string too_long(kLongestLineBytes + 1, 'x');
  ASSERT_TRUE(
      ImportLines("nonsense\n" + std::string(kLine) + "\n\ndata: [DONE]\n{\"done\":false}\n" + too_long + "\n").ok());
  EXPECT_EQ(added_, 1U);
  EXPECT_EQ(report_.problems_count, 2U);
  EXPECT_EQ(report_.without_inference, 1U);
  EXPECT_THAT(report_.problems, ElementsAre(HasSubstr("lines.jsonl: line 1, byte 0: not a JSON object"),
                                            HasSubstr("lines.jsonl: line 6, longer than")));
}

TEST_F(ImportRecordsTest, ProblemsAreNamedUpToABound) {
  std::string lines;
  for (std::size_t i = 0; i < kMostProblems + 5; ++i) lines += "x\n";
  ASSERT_TRUE(ImportLines(lines).ok());
  EXPECT_EQ(report_.problems.size(), kMostProblems);
  EXPECT_EQ(report_.problems_count, kMostProblems + 5);
}

TEST_F(ImportRecordsTest, FilesHoldAThousandRecords) {
  std::string lines;
  for (int i = 0; i < 1001; ++i) {
    lines +=
        R"({"created_at":"2025-10-17T23:14:07Z","done":true,"total_duration":)" + std::to_string(1'000'000 + i) + "}\n";
  }
  ASSERT_TRUE(ImportLines(lines).ok());
  EXPECT_EQ(added_, 1001U);
  EXPECT_TRUE(report_.lacked_model);
  const auto directory = analyze::ListMetrics(out());
  EXPECT_EQ(directory->metrics.size(), 2U);
}

TEST_F(ImportRecordsTest, StopEndsItAndTheSameAgainCompletesIt) {
  stop_ = Status(Code::kCancelled, "stopped");
  EXPECT_EQ(ImportLines(std::string(kLine) + "\n").code(), Code::kCancelled);
  stop_ = Ok();
  ASSERT_TRUE(ImportLines(std::string(kLine) + "\n").ok());
  EXPECT_EQ(Records().at("imported").size(), 1U);
}

TEST_F(ImportRecordsTest, AnyFailingCallLosesAndDoublesNothingOnceItIsRepeated) {
  int calls_of_an_import = 0;
  {
    os::FaultyFileCalls counting([&](int nth) { return calls_of_an_import = nth, 0; });
    ASSERT_TRUE(ImportLines(std::string(kLine) + "\n", counting).ok());
  }
  for (int failing = 1; failing <= calls_of_an_import; ++failing) {
    std::filesystem::remove_all(out());
    os::FaultyFileCalls faulty([&](int nth) { return nth == failing ? ENOSPC : 0; });
    ImportLines(std::string(kLine) + "\n", faulty).IgnoreBecause("it may fail");
    ASSERT_TRUE(ImportLines(std::string(kLine) + "\n").ok());
    EXPECT_EQ(Records().at("imported").size(), 1U) << failing;
  }
}

TEST_F(ImportRecordsTest, DeviceThatRunsThereIsAnError) {
  const auto lock = store::LockFolder(out() / "imported");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(ImportLines(std::string(kLine) + "\n").code(), Code::kFailedPrecondition);
}

TEST_F(ImportRecordsTest, OlderDirectoryIsImportedEachRecordOnce) {
  folder_.Put("old/edge-1/inference_metrics_1.json",
              analyze::FileWith({analyze::OlderRecord({1}), analyze::OlderRecord({2})}));
  folder_.Put("old/edge-1/inference_metrics_2.json",
              analyze::FileWith(
                  {analyze::OlderRecord({1}), analyze::OlderRecord({2}), analyze::OlderRecord({3, 100.0001234})}));
  folder_.Put("old/edge-2/inference_metrics_1.json", analyze::FileWith({analyze::OurRecord({1})}));
  folder_.Put("old/edge-1/loading_metrics.json",
              R"({"device_id":"00:0f:00:70:91:0a","model_name":"SmolLM2","load_time_seconds":1.5})");
  for (int run = 0; run < 2; ++run) {
    ASSERT_TRUE(ImportOlder().ok());
    EXPECT_EQ(report_.problems_count, 0U);
    EXPECT_EQ(added_, run == 0 ? 4U : 0U);
  }
  auto records = Records();
  ASSERT_EQ(records.at("edge-1").size(), 3U);
  EXPECT_EQ(records.at("edge-1")[0].first.record_id, std::nullopt);
  EXPECT_EQ(records.at("edge-1")[2].first.inference_time_ms, 100);
  EXPECT_EQ(TextOf(records.at("edge-1")[0].second, "imported_file"), "inference_metrics_1.json");
  EXPECT_EQ(TextOf(records.at("edge-1")[2].second, "imported_file"), "inference_metrics_2.json");
  EXPECT_EQ(records.at("edge-2")[0].first.record_id, "00:0f:00:70:91:0a/5eed/1");
  EXPECT_TRUE(std::filesystem::exists(out() / "edge-1" / "loading_metrics.json"));
}

TEST_F(ImportRecordsTest, OlderDirectorysDamageAndHostileNamesAreNamed) {
  folder_.Put("old/edge-1/inference_metrics_1.json", analyze::FileWith({analyze::OlderRecord({1})}).substr(0, 300));
  folder_.Put("old/edge 2\n/inference_metrics_1.json", analyze::FileWith({analyze::OlderRecord({1})}));
  folder_.Put("old/edge-3/inference_metrics_1.json", analyze::FileWith({analyze::OlderRecord({1, 1, 1, "../../x"})}));
  folder_.Put("old/edge-3/loading_metrics.json", R"({"device_id":"../y"})");
  folder_.Put("old/edge-4/loading_metrics.json", "[");
  ASSERT_TRUE(ImportOlder().ok());
  EXPECT_EQ(added_, 1U);
  EXPECT_THAT(report_.problems,
              ::testing::UnorderedElementsAre(HasSubstr("edge-1/inference_metrics_1.json: byte"),
                                              HasSubstr("edge-3/inference_metrics_1.json: field \"device_id\""),
                                              HasSubstr("edge-3/loading_metrics.json: field \"device_id\""),
                                              HasSubstr("edge-4/loading_metrics.json: byte")));
  EXPECT_EQ(Records().count("edge_2_"), 1U);
}

TEST_F(ImportRecordsTest, RecordThatNoFileOfOursMayHoldIsNamed) {
  std::string flags = ",\"flags\":[";
  for (int i = 0; i < 64; ++i) flags += (i == 0 ? "\"" : ",\"") + std::string(1024, 'x') + "\"";
  folder_.Put("old/edge-1/inference_metrics_1.json",
              analyze::FileWith({analyze::OurRecord({1}, flags + "]"), analyze::OurRecord({2})}));
  ASSERT_TRUE(ImportOlder().ok());
  EXPECT_EQ(added_, 1U);
  EXPECT_THAT(report_.problems, ElementsAre(HasSubstr("inference_metrics_1.json: a record longer than 65536 bytes")));
}

TEST_F(ImportRecordsTest, FormatOfAFileIsThatOfItsFirstLine) {
  folder_.Put("a", std::string("\n\ndata: ") + kLine);
  EXPECT_EQ(GuessFileFormat(Source("a")).value(), ForeignFormat::kOllama);
  folder_.Put("b", "x\n");
  EXPECT_THAT(GuessFileFormat(Source("b")).status().message(),
              HasSubstr("line 1 does not tell which program wrote it; name it with --format"));
  folder_.Put("c", "\n");
  EXPECT_THAT(GuessFileFormat(Source("c")).status().message(), HasSubstr("nothing in it"));
  EXPECT_THAT(GuessFileFormat(Source("d")).status().message(), HasSubstr("d"));
}

}  // namespace
}  // namespace inferometer::exchange
