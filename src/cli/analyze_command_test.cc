#include "cli/analyze_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "analyze/sample_files.h"
#include "cli/analyze.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using analyze::FileWith;
using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::HasSubstr;

// A metrics directory, and the command run on it. Paths of the directory read METRICS in the answers.
class AnalyzeCommandTest : public ::testing::Test {
 protected:
  AnalyzeCommandTest() { arguments_.metrics_dir = folder_.path() / "metrics"; }

  void Put(const std::string& name, const std::string& text) const { folder_.Put("metrics/" + name, text); }

  // Two devices of ours and one of the older system; a load time, a summary that lies, and a damaged file.
  void PutAFleet() const {
    std::vector<std::string> first;
    std::vector<std::string> second;
    std::vector<std::string> older;
    first.reserve(60);
    second.reserve(4);
    older.reserve(2);
    for (int i = 0; i < 60; ++i) first.push_back(OurRecord({i, 800.0 + i, 4000.0 + 10 * i}));
    for (int i = 0; i < 3; ++i) second.push_back(OurRecord({i, 400.5 + i, 1500.25, "b8:27:eb:bf:9d:51", "Tiny|Llama"}));
    for (int i = 0; i < 2; ++i) older.push_back(OlderRecord({i, 1200.5, 9000, "1c:bf:ce:15:ec:4d", "=cmd"}));
    second.push_back(R"({"timestamp":"2025-10-07T11:30:15Z","device_id":"b8:27:eb:bf:9d:51","model_name":"Tiny|Llama",)"
                     R"("status":"error","error_type":"cancelled"})");
    Put("edge-device-01/inference_metrics_00:0f:00:70:91:0a_20251007_103015.json", FileWith(first));
    Put("edge-device-01/loading_metrics.json",
        R"({"event":"model_loading","device_id":"00:0f:00:70:91:0a","model_name":"SmolLM2","load_time_seconds":1.234})");
    Put("exp/edge-device-03/inference_metrics_b8-27-eb-bf-9d-51_20251007_103015.json", FileWith(second));
    Put("edge-device-02/inference_metrics_1.json",
        FileWith(older, R"({"total_inferences":2,"inference_time_ms":{"avg":1200.0}})"));
    Put("edge-device-02/inference_metrics_2.json", FileWith(older).substr(0, 700));
  }

  Answer Run(os::FileCalls& files = os::SystemFileCalls()) const {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunAnalyze(arguments_, files, out, err);
    answer.out = WithoutPath(Contents(out));
    answer.err = WithoutPath(Contents(err));
    return answer;
  }

  [[nodiscard]] std::string WithoutPath(std::string text) const {
    const std::string path = arguments_.metrics_dir.string();
    for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path))
      text.replace(at, path.size(), "METRICS");
    return text;
  }

  // Holds `text` against a file of src/cli/testdata; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
  static void ExpectGolden(const std::string& name, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/cli/testdata" / name;
    if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
    EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << name;
  }

  os::TemporaryFolder folder_;
  AnalyzeArguments arguments_;
};

TEST_F(AnalyzeCommandTest, GoldenTable) {
  PutAFleet();
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);  // for the damaged file
  ExpectGolden("analyze_table.txt", answer.out);
  ExpectGolden("analyze_errors.txt", answer.err);
}

TEST_F(AnalyzeCommandTest, GoldenMarkdown) {
  PutAFleet();
  arguments_.format = OutputFormat::kMarkdown;
  arguments_.costs = {0.3, 50};
  ExpectGolden("analyze_markdown.md", Run().out);
}

TEST_F(AnalyzeCommandTest, GoldenJson) {
  PutAFleet();
  arguments_.format = OutputFormat::kJson;
  arguments_.costs = {0.3, 50};
  ExpectGolden("analyze_json.json", Run().out);
}

TEST_F(AnalyzeCommandTest, GoldenCsv) {
  PutAFleet();
  arguments_.format = OutputFormat::kCsv;
  ExpectGolden("analyze_csv.csv", Run().out);
}

TEST_F(AnalyzeCommandTest, GoldenRecords) {
  PutAFleet();
  arguments_.format = OutputFormat::kCsv;
  arguments_.records = true;
  arguments_.device = "edge-device-03";
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  ExpectGolden("analyze_records.csv", answer.out);
}

TEST_F(AnalyzeCommandTest, GoldenComparison) {
  PutAFleet();
  arguments_.compare = true;
  ExpectGolden("analyze_compare.txt", Run().out);
  arguments_.format = OutputFormat::kJson;
  ExpectGolden("analyze_compare.json", Run().out);
  arguments_.format = OutputFormat::kCsv;
  ExpectGolden("analyze_compare.csv", Run().out);
}

TEST_F(AnalyzeCommandTest, GroupsAreComparedByAnyField) {
  for (const int threads : {2, 4}) {
    std::vector<std::string> records;
    records.reserve(30);
    for (int i = 0; i < 30; ++i) {
      const double time = 200.0 / threads + 0.1 * (i * 7 % 30);
      records.push_back(OurRecord({i + 30 * (threads / 4), time, 5 * time}));
    }
    std::string file = FileWith(records);
    file.insert(2, fmt::format("  \"context\": {{\"threads\":{}}},\n", threads));
    Put(fmt::format("pi/inference_metrics_{}.json", threads), file);
  }
  arguments_.compare = true;
  arguments_.by = {"threads"};
  const Answer table = Run();
  EXPECT_EQ(table.code, kDone);
  EXPECT_THAT(table.out, HasSubstr("inference_time_ms: each against 2\n"));
  EXPECT_THAT(table.out, HasSubstr("faster"));
  EXPECT_THAT(table.out, HasSubstr("differs as compared: threads (2 and 4)"));
  arguments_.by = {"thread"};
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_THAT(Run().err, HasSubstr("--by: no record and no run here has a field \"thread\""));
  arguments_.by = {"threads"};
  arguments_.format = OutputFormat::kJson;
  const std::string json = Run().out;
  EXPECT_THAT(json, HasSubstr(R"("by":[
  "threads"
],"groups":[
  "2",
  "4"
])"));
  EXPECT_THAT(json, HasSubstr(R"("verdict":"lower")"));
  EXPECT_THAT(json, HasSubstr(R"("group":"4"})"));
  arguments_.compare = false;
  EXPECT_EQ(Run().code, kWrongUsage);
  EXPECT_THAT(Run().err, HasSubstr("--by makes the groups of --compare"));
}

TEST_F(AnalyzeCommandTest, AnyNumberOfThreadsGivesTheSameBytes) {
  std::vector<std::string> cumulative;
  for (int file = 0; file < 40; ++file) {
    for (int i = 0; i < 20; ++i) {
      cumulative.push_back(
          OlderRecord({(file * 20 + i) % 60, 100.1 * i + file, 33.3 * i, fmt::format("a{}", file % 7)}));
    }
    Put(fmt::format("d{}/inference_metrics_{}.json", file % 5, file), FileWith(cumulative));
    Put(fmt::format("d{}/inference_metrics_bad_{}.json", file % 5, file), "{");
  }
  arguments_.format = OutputFormat::kJson;
  std::string first;
  for (const unsigned threads : {1U, 2U, 8U}) {
    arguments_.threads = threads;
    const Answer answer = Run();
    if (first.empty()) first = answer.out + answer.err;
    EXPECT_EQ(answer.out + answer.err, first) << threads;
  }
  EXPECT_THAT(first, HasSubstr("\"files_read\":40"));
}

TEST_F(AnalyzeCommandTest, GoodDirectoryGivesZeroAndSaysNothingElse) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone);
  EXPECT_EQ(answer.err, "");
}

TEST_F(AnalyzeCommandTest, DisagreementIsNamedAndTheCodeStaysZero) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}, R"({"total_inferences":2})"));
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone);
  EXPECT_EQ(
      answer.err,
      "inferometer analyze: METRICS/d/inference_metrics_a.json: the summary says total_inferences is 2, the records "
      "say 1; the records count\n");
}

TEST_F(AnalyzeCommandTest, DeviceIsFoundByNameAndById) {
  PutAFleet();
  arguments_.format = OutputFormat::kCsv;
  arguments_.device = "edge-device-01";
  const std::string by_name = Run().out;
  arguments_.device = "00:0F:00:70:91:0A";
  EXPECT_EQ(Run().out, by_name);
  EXPECT_EQ(std::count(by_name.begin(), by_name.end(), '\n'), 2);
}

TEST_F(AnalyzeCommandTest, ExportIsWrittenAndTheTableStillShown) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  arguments_.export_csv = folder_.path() / "out.csv";
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.out, HasSubstr("Inference time (ms)"));
  const std::string csv = os::ReadFile(arguments_.export_csv, 100'000).value();
  arguments_.export_csv = "-";
  EXPECT_EQ(Run().out, csv);
  arguments_.records = true;
  EXPECT_THAT(Run().out, HasSubstr("timestamp,device_id,"));
}

TEST_F(AnalyzeCommandTest, TextsOfFilesCannotDriveTheTerminal) {
  Put("d\x1b[2J/inference_metrics_\x1b[31m.json", FileWith({OurRecord({1, 1, 1, "a1", R"(\u001b[2J)"})}));
  Put("d/inference_metrics_\x1b[31m.json", "\x1b");
  const Answer answer = Run();
  EXPECT_EQ((answer.out + answer.err).find('\x1b'), std::string::npos) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("\\x1b[2J"));
}

// Tests of all the error paths follow.

TEST_F(AnalyzeCommandTest, MissingOrEmptyDirectoryNamesTheNextStep) {
  for (const bool records : {false, true}) {
    arguments_.records = records;
    arguments_.format = records ? OutputFormat::kCsv : OutputFormat::kJson;
    arguments_.metrics_dir = folder_.path() / "missing";
    Answer answer = Run();
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err, HasSubstr("no such folder; record something first"));
    arguments_.metrics_dir = folder_.path();
    answer = Run();
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err, HasSubstr("no records in it; record something first"));
    arguments_.metrics_dir = folder_.Put("file", "");
    answer = Run();
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err, HasSubstr("not a folder"));
    EXPECT_EQ(answer.out.find("0f:00"), std::string::npos);
  }
}

TEST_F(AnalyzeCommandTest, UnknownDeviceListsThoseThereAre) {
  PutAFleet();
  for (const bool records : {false, true}) {
    arguments_.records = records;
    arguments_.format = OutputFormat::kCsv;
    arguments_.device = "nobody";
    const Answer answer = Run();
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err,
                HasSubstr("no device \"nobody\" there; the devices are: edge-device-01 (00:0f:00:70:91:0a), "
                          "edge-device-02 (1c:bf:ce:15:ec:4d), edge-device-03 (b8:27:eb:bf:9d:51)"));
  }
}

TEST_F(AnalyzeCommandTest, OnlyDamageIsStillAnAnswerForPrograms) {
  Put("d/inference_metrics_a.json", "{");
  arguments_.format = OutputFormat::kJson;
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.out, HasSubstr("\"groups\":[],\"files_read\":0,\"damaged\":[\n  {\"file\":\"METRICS/d/"));
}

TEST_F(AnalyzeCommandTest, OptionsThatDoNotGoTogether) {
  arguments_.records = true;
  EXPECT_EQ(Run().code, kWrongUsage);
  arguments_.format = OutputFormat::kCsv;
  arguments_.compare = true;
  EXPECT_EQ(Run().code, kWrongUsage);
}

TEST_F(AnalyzeCommandTest, ExportThatCannotBeWrittenFailsBeforeTheWork) {
  arguments_.export_csv = "/nowhere/at/all.csv";
  Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("/nowhere/at/all.csv"));
  arguments_.records = true;
  EXPECT_EQ(Run().code, kFailed);
}

TEST_F(AnalyzeCommandTest, FullDiskLeavesTheOldExport) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  arguments_.export_csv = folder_.Put("out.csv", "old");
  for (const bool records : {false, true}) {
    arguments_.records = records;
    os::FaultyFileCalls full([](int nth) { return nth >= 2 ? ENOSPC : 0; });
    const Answer answer = Run(full);
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err, HasSubstr("No space left"));
    EXPECT_EQ(os::ReadFile(arguments_.export_csv, 100).value(), "old");
  }
}

TEST_F(AnalyzeCommandTest, StandardOutputThatTakesNothingIsAFailure) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  std::FILE* full = std::fopen("/dev/full", "w");
  std::FILE* err = std::tmpfile();
  EXPECT_EQ(RunAnalyze(arguments_, os::SystemFileCalls(), full, err), kFailed);
  EXPECT_THAT(Contents(err), HasSubstr("standard output could not be written"));
  std::fclose(full);
}

// The options themselves.

int ParseAndRun(std::vector<std::string> words) {
  CLI::App app;
  const auto run = SetUpAnalyze(app);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  return run();
}

TEST_F(AnalyzeCommandTest, OptionsArriveWhereTheyBelong) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  const std::string csv = folder_.path() / "out.csv";
  const std::filesystem::path lake = folder_.path() / "lake elsewhere";
  std::filesystem::create_directory(lake);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(ParseAndRun({"--metrics-dir", arguments_.metrics_dir, "--device", "d", "--export-csv", csv, "--format",
                         "JSON", "--price-per-kwh", "0.3", "--battery-wh", "50", "--compare", "--lake", lake}),
            kDone);
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("\"rankings\""));
  EXPECT_THAT(out, HasSubstr("\"cost_per_1000_tokens\""));
  EXPECT_THAT(out, HasSubstr("\"inferences_per_charge\""));
  EXPECT_TRUE(std::filesystem::exists(csv));
  EXPECT_EQ(ParseAndRun({"--metrics-dir", arguments_.metrics_dir, "--lake", lake / "missing"}), kFailed);
}

TEST(AnalyzeOptions, WrongValuesAreRefused) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--format", "xml"},
                                                {"--price-per-kwh", "0"},
                                                {"--price-per-kwh", "x"},
                                                {"--battery-wh", "-1"},
                                                {"--battery-wh", "inf"},
                                                {"--battery-wh", "nan"},
                                                {"--nonsense"},
                                                {"extra"}}) {
    EXPECT_THROW(ParseAndRun(words), CLI::ParseError) << words[0];
  }
}

}  // namespace
}  // namespace inferometer::cli
