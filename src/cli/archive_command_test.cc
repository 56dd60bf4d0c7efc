#include "cli/archive_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analyze/sample_files.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::cli {
namespace {

using analyze::FileWith;
using analyze::OurRecord;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class ArchiveCommandTest : public ::testing::Test {
 protected:
  Answer Run(std::chrono::seconds grace, bool as_json = false, bool dry_run = false) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    ArchiveArguments arguments;
    arguments.options.metrics_dir = folder_.path() / "m";
    arguments.options.grace = grace;
    arguments.options.dry_run = dry_run;
    arguments.as_json = as_json;
    Answer answer;
    answer.code = RunArchive(arguments, os::SystemFileCalls(), clock_, out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }
  void Put(const std::string& name, const std::string& text) const { folder_.Put("m/" + name, text); }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
};

TEST_F(ArchiveCommandTest, SaysWhatCameIntoTheLakeAndWhatStays) {
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1}), OurRecord({2})}));
  const Answer answer = Run(std::chrono::hours(1));
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.out, MatchesRegex("2 records of 1 file into the lake: 1 partition written, 0\\.[0-9] MB in all\n"
                                       "1 file stays beside its records in the lake until its grace is over "
                                       "\\(--grace\\)\n"));
  EXPECT_THAT(answer.err, IsEmpty());
}

TEST_F(ArchiveCommandTest, JsonHasEveryFigure) {
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1})}));
  Put("edge-1/inference_metrics_b.json", "{");
  const Answer answer = Run(std::chrono::seconds(0), true);
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(
      answer.out,
      MatchesRegex("\\{\"schema_version\":1,\"files\":1,\"records\":1,\"records_known\":0,\"journals\":0,\"journal_"
                   "records\":0,\"partitions\":1,"
                   "\"lake_bytes\":[0-9]+,\"dropped_files\":1,\"dropped_bytes\":[0-9]+,\"waiting_files\":0,"
                   "\"left\":\\[\n  \\{\"file\":\".*inference_metrics_b.json\",\"reason\":\".*\"\\}\n\\]\\}\n"));
  EXPECT_THAT(answer.err, HasSubstr("inference_metrics_b.json stays: "));
}

TEST_F(ArchiveCommandTest, DryRunSaysWhatItWouldDo) {
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1})}));
  EXPECT_EQ(Run(std::chrono::hours(1), false, true).out, "would bring 1 record of 1 file into the lake\n");
}

TEST_F(ArchiveCommandTest, MissingFolderIsNamed) {
  const Answer answer = Run(std::chrono::hours(1));
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("no such folder"));
}

}  // namespace
}  // namespace inferometer::cli
