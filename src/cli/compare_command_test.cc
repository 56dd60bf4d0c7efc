#include "cli/compare_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "analyze/sample_files.h"
#include "archive/archiver.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/files.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Runs of one device, each in a folder of its own below METRICS.
class CompareCommandTest : public ::testing::Test {
 protected:
  CompareCommandTest() {
    arguments_.metrics_dir = folder_.path() / "metrics";
    arguments_.arms = {Path("before"), Path("after")};
  }

  [[nodiscard]] std::string Path(const std::string& name) const { return (arguments_.metrics_dir / name).string(); }
  void Put(const std::string& name, const std::string& text) const { folder_.Put("metrics/" + name, text); }

  // 40 records around `level` ms in no order, the first one a warm-up.
  void PutRun(const std::string& name, double level, int threads,
              const std::string& device = "00:0f:00:70:91:0a") const {
    std::vector<std::string> records;
    for (int i = 0; i < 40; ++i) {
      const double time = level * (1 + 0.002 * (i * 17 % 40 - 20));
      const std::string more = fmt::format(R"(,"prompt_tokens":143,"tokens_per_second":{}{})", 20000 / time,
                                           i == 0 ? R"(,"warmup":true)" : "");
      records.push_back(analyze::OurRecord({i, time, 5 * time, device + name, "Smol|LM2"}, more));
      const std::size_t at = records.back().find(device + name);
      records.back().replace(at, (device + name).size(), device);
    }
    std::string file = analyze::FileWith(records);
    file.insert(2, fmt::format("  \"context\": {{\"quantization\":\"Q4_1\",\"threads\":{},\"experiment\":\"{}\"}},\n",
                               threads, name));
    Put(name + "/pi/inference_metrics_1.json", file);
  }

  // Moves what was put so far into the lake; empty: the one in the metrics directory.
  void Archive(const std::filesystem::path& lake) const {
    archive::ArchiveOptions options;
    options.metrics_dir = arguments_.metrics_dir;
    options.lake = lake;
    options.grace = std::chrono::seconds(0);
    const auto report = archive::Archive(options, os::SystemFileCalls(), base::SystemClock());
    ASSERT_TRUE(report.ok()) << report.status().message();
  }

  Answer Run() const {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunCompare(arguments_, out, err);
    answer.out = WithoutPath(Contents(out));
    answer.err = WithoutPath(Contents(err));
    return answer;
  }
  [[nodiscard]] std::string WithoutPath(std::string text) const {
    const std::string path = arguments_.metrics_dir.string();
    for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path)) {
      text.replace(at, path.size(), "METRICS");
    }
    return text;
  }
  // Holds `text` against a file of src/cli/testdata; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
  static void ExpectGolden(const std::string& name, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/cli/testdata" / name;
    if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
    EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << name;
  }

  os::TemporaryFolder folder_;
  CompareArguments arguments_;
};

TEST_F(CompareCommandTest, GoldenFormats) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  const Answer table = Run();
  EXPECT_EQ(table.code, kDone);
  EXPECT_THAT(table.err, IsEmpty());
  ExpectGolden("compare_table.txt", table.out);
  arguments_.format = OutputFormat::kMarkdown;
  ExpectGolden("compare_markdown.md", Run().out);
  arguments_.format = OutputFormat::kJson;
  ExpectGolden("compare_json.json", Run().out);
  arguments_.format = OutputFormat::kCsv;
  ExpectGolden("compare_csv.csv", Run().out);
}

TEST_F(CompareCommandTest, GoldenOfStrata) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  PutRun("before2", 300, 4, "b8:27:eb:bf:9d:51");
  PutRun("after2", 320, 4, "b8:27:eb:bf:9d:51");
  std::filesystem::rename(Path("before2"), Path("before") + "/two");
  std::filesystem::rename(Path("after2"), Path("after") + "/two");
  arguments_.metrics = {"inference_time_ms"};
  ExpectGolden("compare_strata.txt", Run().out);
}

TEST_F(CompareCommandTest, FieldsChooseRecordsOfOneDirectory) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  arguments_.arms = {"experiment=before", "experiment=after,threads=4"};
  arguments_.format = OutputFormat::kCsv;
  arguments_.metrics = {"inference_time_ms"};
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.out, HasSubstr("inference_time_ms,39,39,1.08"));
  EXPECT_THAT(answer.out, HasSubstr(",higher,"));
}

TEST_F(CompareCommandTest, ARefusalNamesWhatDiffersAndTheNextStep) {
  PutRun("before", 100, 4);
  PutRun("after", 60, 8);
  const Answer refused = Run();
  EXPECT_EQ(refused.code, kDone);
  EXPECT_THAT(refused.out, HasSubstr("not comparable"));
  EXPECT_THAT(refused.out,
              HasSubstr("threads is 4 in A and 8 in B; if that is what you compare, add --across threads"));
  arguments_.across = {"threads"};
  EXPECT_THAT(Run().out, HasSubstr("faster"));
}

TEST_F(CompareCommandTest, AgainstABaselineWorseIsExitCodeOne) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  arguments_.is_baseline = true;
  const Answer worse = Run();
  EXPECT_EQ(worse.code, kFailed);
  EXPECT_THAT(worse.err, HasSubstr("inferometer compare: inference_time_ms is higher than the baseline: 1.08"));
  EXPECT_THAT(worse.err, HasSubstr("tokens_per_second is lower"));
  EXPECT_THAT(worse.out, HasSubstr("slower"));
  arguments_.margin_percent = 10;
  EXPECT_EQ(Run().code, kDone);
  arguments_.margin_percent = 2;
  arguments_.arms = {Path("after"), Path("before")};
  EXPECT_EQ(Run().code, kDone);
}

TEST_F(CompareCommandTest, ABaselineThatNothingCanBeComparedWithIsExitCodeOne) {
  PutRun("before", 100, 4);
  PutRun("after", 100, 8);
  arguments_.is_baseline = true;
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("nothing could be compared with the baseline"));
}

TEST_F(CompareCommandTest, ABaselineThatFewValuesWereHeldAgainstIsExitCodeOne) {
  PutRun("before", 100, 4);
  Put("after/inference_metrics_1.json",
      analyze::FileWith({analyze::OurRecord({1, 500, 500, "00:0f:00:70:91:0a", "Smol|LM2"}, "")}));
  arguments_.is_baseline = true;
  arguments_.across = {"threads", "quantization", "prompt_tokens"};
  const Answer answer = Run();
  EXPECT_THAT(answer.out, HasSubstr("39 and 1 values; a verdict needs 5 of each"));
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("nothing could be compared with the baseline"));
}

TEST_F(CompareCommandTest, RecordsInTheLakeGiveTheAnswerThatTheyGaveInFiles) {
  PutRun("before", 100, 4);
  PutRun("after", 104, 4);
  arguments_.arms = {"experiment=before", "experiment=after"};
  const std::string of_files = Run().out;
  Archive("");
  ASSERT_FALSE(std::filesystem::exists(Path("before/pi/inference_metrics_1.json")));
  EXPECT_EQ(Run().out, of_files);
  std::filesystem::rename(Path("lake"), Path("..") + "/elsewhere");
  EXPECT_EQ(Run().code, kFailed);
  arguments_.lake = Path("..") + "/elsewhere";
  EXPECT_EQ(Run().out, of_files);
  PutRun("before", 100, 4);
  PutRun("after", 104, 4);
  arguments_.lake = Path("lake");  // which went elsewhere
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_THAT(Run().err, HasSubstr("--lake METRICS/lake: no such folder"));
}

TEST_F(CompareCommandTest, OneSideMayBeInTheLakeAndTheOtherInFiles) {
  PutRun("before", 100, 4);
  Archive("");
  PutRun("after", 108, 4);
  arguments_.arms = {"experiment=before", "experiment=after"};
  EXPECT_THAT(Run().out, HasSubstr("slower"));
  arguments_.arms = {"experiment=before", Path("after")};
  arguments_.lake = Path("lake");
  const Answer refused = Run();
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_THAT(refused.err, HasSubstr("hold the same records"));
}

TEST_F(CompareCommandTest, ALakeOfTwoFoldersIsWrongUsage) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  arguments_.lake = Path("lake");
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kWrongUsage);
  EXPECT_THAT(answer.err, HasSubstr("--lake goes with field=value"));
}

TEST_F(CompareCommandTest, AMisspeltFieldIsNamed) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  arguments_.across = {"thread"};
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_THAT(Run().err, HasSubstr("no record and no run here has a field \"thread\""));
  arguments_.across = {"experiment", "gpu_layers", "prompt_id"};
  EXPECT_EQ(Run().code, kDone);
  arguments_.arms = {"experimnt=before", "experiment=after"};
  EXPECT_THAT(Run().err, HasSubstr("A: no record in METRICS has experimnt=before, nor a field \"experimnt\" at all"));
}

TEST_F(CompareCommandTest, WithoutRecordsItSaysOnWhichSide) {
  PutRun("before", 100, 4);
  Put("after/readme.txt", "");
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_THAT(Run().err, HasSubstr("B: no records in METRICS/after"));
  arguments_.arms = {"experiment=nothing", "experiment=before"};
  EXPECT_THAT(Run().err, HasSubstr("A: no record in METRICS has experiment=nothing"));
  EXPECT_THAT(Run().out, IsEmpty());
}

TEST_F(CompareCommandTest, AFolderThatIsNotThereFails) {
  PutRun("before", 100, 4);
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("METRICS/after"));
}

TEST_F(CompareCommandTest, ARecordOnBothSidesIsRefused) {
  PutRun("before", 100, 4);
  arguments_.arms = {"threads=4", "experiment=before"};
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("a record belongs to A (threads=4) and to B (experiment=before)"));
}

TEST_F(CompareCommandTest, FoldersOfWhichOneLiesInTheOtherAreRefused) {
  PutRun("before", 100, 4);
  for (const std::string& other : {Path("before/pi"), Path("before/../before"), Path("")}) {
    arguments_.arms = {Path("before"), other};
    const Answer answer = Run();
    EXPECT_EQ(answer.code, kFailed) << other;
    EXPECT_THAT(answer.err, HasSubstr("hold the same records")) << other;
  }
}

TEST_F(CompareCommandTest, WrongArgumentsAreWrongUsage) {
  arguments_.arms = {"threads=4,", Path("after")};
  EXPECT_EQ(Run().code, kWrongUsage);
  EXPECT_THAT(Run().err, HasSubstr("is not field=value"));
  arguments_.arms = {Path("before"), Path("after")};
  arguments_.metrics = {"speed"};
  EXPECT_EQ(Run().code, kWrongUsage);
  EXPECT_THAT(Run().err, HasSubstr("\"speed\" is none of inference_time_ms, time_to_first_token_ms"));
}

TEST_F(CompareCommandTest, ADamagedFileIsNamedAndMakesTheExitCodeOne) {
  PutRun("before", 100, 4);
  PutRun("after", 108, 4);
  Put("after/pi/inference_metrics_2.json", "{");
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("METRICS/after/pi/inference_metrics_2.json"));
  EXPECT_THAT(answer.out, HasSubstr("slower"));
}

TEST_F(CompareCommandTest, TheSeedIsPrintedAndGivesTheSameBytes) {
  PutRun("before", 100, 4);
  PutRun("after", 103, 4);
  arguments_.seed = 42;
  const std::string first = Run().out;
  EXPECT_THAT(first, HasSubstr("seed 42"));
  EXPECT_EQ(Run().out, first);
}

}  // namespace
}  // namespace inferometer::cli
