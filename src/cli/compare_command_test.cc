#include "cli/compare_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "analyze/sample_files.h"
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
