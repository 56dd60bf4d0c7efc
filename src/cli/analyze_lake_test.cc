// `inferometer analyze --lake`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "analyze/sample_files.h"
#include "archive/archiver.h"
#include "base/clock.h"
#include "cli/analyze_command.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using analyze::FileWith;
using analyze::OurRecord;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two devices, with files that come in the order in which a lake gives their records.
class AnalyzeLakeTest : public ::testing::Test {
 protected:
  AnalyzeLakeTest() {
    arguments_.metrics_dir = folder_.path() / "metrics";
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (int i = 0; i < 8; ++i) first.push_back(OurRecord({i, 800.0 + i, 4000.0 + 10 * i}));
    for (int i = 0; i < 8; ++i) second.push_back(OurRecord({i, 400.5 + i, 1500.25, "b8:27:eb:bf:9d:51", "Tiny|Llama"}));
    folder_.Put("metrics/a/inference_metrics_1.json", FileWith(first));
    folder_.Put("metrics/b/inference_metrics_1.json", FileWith(second));
  }

  // Moves every record there.
  void ArchiveInto(const std::filesystem::path& lake) const {
    archive::ArchiveOptions options;
    options.metrics_dir = arguments_.metrics_dir;
    options.lake = lake;
    options.grace = std::chrono::seconds(0);
    const auto report = archive::Archive(options, os::SystemFileCalls(), base::SystemClock());
    ASSERT_TRUE(report.ok()) << report.status().message();
    ASSERT_EQ(report->dropped_files, 2);
  }

  static Answer Run(const AnalyzeArguments& arguments) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunAnalyze(arguments, os::SystemFileCalls(), out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }

  // What the command says in every way in which it answers.
  [[nodiscard]] std::vector<std::string> EveryAnswer() const {
    std::vector<AnalyzeArguments> ways(6, arguments_);
    ways[1].device = "b";
    ways[2].compare = true;
    ways[3].records = true;
    ways[3].format = OutputFormat::kCsv;
    ways[4].export_csv = "-";
    ways[5].report = "-";
    ways[5].compare = true;
    std::vector<std::string> answers;
    for (const AnalyzeArguments& way : ways) {
      const Answer answer = Run(way);
      EXPECT_EQ(answer.code, kDone) << answer.err;
      answers.push_back(answer.out);
    }
    return answers;
  }

  os::TemporaryFolder folder_;
  AnalyzeArguments arguments_;
};

TEST_F(AnalyzeLakeTest, ALakeElsewhereGivesEveryAnswerThatTheFilesGave) {
  const std::vector<std::string> of_files = EveryAnswer();
  ArchiveInto(folder_.path() / "elsewhere");
  EXPECT_THAT(Run(arguments_).err, HasSubstr("no records in it"));
  arguments_.lake = folder_.path() / "elsewhere";
  const std::vector<std::string> of_lake = EveryAnswer();
  for (std::size_t i = 0; i < of_files.size(); ++i) EXPECT_EQ(of_lake[i], of_files[i]) << "way " << i;
}

TEST_F(AnalyzeLakeTest, ANamedLakeTakesThePlaceOfTheOneInTheDirectory) {
  ArchiveInto("");
  arguments_.lake = folder_.path() / "empty";
  std::filesystem::create_directory(arguments_.lake);
  EXPECT_THAT(Run(arguments_).err, HasSubstr("no records in it"));
}

TEST_F(AnalyzeLakeTest, ANamedLakeThatIsNoFolderIsAnErrorAlsoBesideFiles) {
  for (const std::filesystem::path& lake : {folder_.path() / "missing", folder_.Put("file", "")}) {
    arguments_.lake = lake;
    const Answer answer = Run(arguments_);
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.out, IsEmpty());
    EXPECT_THAT(answer.err, HasSubstr("--lake " + lake.string() + ": no such folder; name the one that"));
  }
}

}  // namespace
}  // namespace inferometer::cli
