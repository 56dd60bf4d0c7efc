#include "cli/clean_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analyze/sample_files.h"
#include "base/timestamp.h"
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
using ::testing::StartsWith;

// Two old files of one device, on 20 October 2025.
class CleanCommandTest : public ::testing::Test {
 protected:
  CleanCommandTest() {
    clock_.wall = *base::ParseTimestamp("2025-10-20T12:00:00Z");
    arguments_.metrics_dir = folder_.path() / "m";
    arguments_.built = *base::ParseTimestamp("2025-01-01T00:00:00Z");
    arguments_.retention.older_than = std::chrono::hours(24);
    folder_.Put("m/edge-1/inference_metrics_a.json", FileWith({OurRecord({1}), OurRecord({2})}));
    folder_.Put("m/edge-1/inference_metrics_b.json", FileWith({OurRecord({3})}));
  }
  Answer Run() {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunClean(arguments_, os::SystemFileCalls(), clock_, std::stop_token(), out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }
  // The exit code, and what is said; -1: it may begin.
  Answer Refused() const {
    std::FILE* in = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RefuseClean(arguments_, in, err).value_or(-1);
    answer.err = Contents(err);
    std::fclose(in);
    return answer;
  }
  [[nodiscard]] bool IsThere(const std::string& name) const {
    return std::filesystem::exists(arguments_.metrics_dir / name);
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  CleanArguments arguments_;
};

TEST_F(CleanCommandTest, TableHasARowADeviceAndTheSum) {
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.err, IsEmpty());
  EXPECT_THAT(answer.out,
              MatchesRegex("device +device id +files +days of lake +records +unacknowledged +MB freed *\n[- ]+\n"
                           "edge-1 +00:0f:00:70:91:0a +2 +0 +3 +0 +0\\.0 *\n"
                           "\nremoved 2 files and 0 days of the lake, 3 records: 0\\.0 MB freed; 0 files "
                           "stay\n"));
  EXPECT_FALSE(IsThere("edge-1/inference_metrics_a.json"));
}

TEST_F(CleanCommandTest, DryRunTellsTheSameAndChangesNothing) {
  arguments_.dry_run = true;
  EXPECT_THAT(Run().out, HasSubstr("would remove 2 files and 0 days of the lake, 3 records"));
  EXPECT_TRUE(IsThere("edge-1/inference_metrics_a.json"));
}

TEST_F(CleanCommandTest, CsvAndMarkdownHaveTheSameRows) {
  arguments_.dry_run = true;
  arguments_.format = CleanFormat::kCsv;
  EXPECT_THAT(Run().out, MatchesRegex("device_name,device_id,files,lake_days,records,unacknowledged,bytes\r\n"
                                      "edge-1,00:0f:00:70:91:0a,2,0,3,0,[0-9]+\r\n"));
  arguments_.format = CleanFormat::kMarkdown;
  EXPECT_THAT(Run().out, StartsWith("| device"));
}

TEST_F(CleanCommandTest, JsonNamesEveryFileAndWhatStays) {
  folder_.Put("m/edge-1/inference_metrics_c.json", "{");
  arguments_.format = CleanFormat::kJson;
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(
      answer.out,
      MatchesRegex("\\{\"schema_version\":1,\"dry_run\":false,\"files\":2,\"lake_days\":0,\"records\":3,"
                   "\"unacknowledged\":0,\"bytes\":[0-9]+,\"leftovers\":0,\"kept_files\":0,\"stopped\":false,"
                   "\"devices\":\\[\n  \\{\"device_name\":\"edge-1\",\"device_id\":\"00:0f:00:70:91:0a\","
                   "\"files\":2,\"lake_days\":0,\"records\":3,\"unacknowledged\":0,\"bytes\":[0-9]+\\}\n\\],"
                   "\"removed\":\\[\n  \\{\"file\":\".*inference_metrics_a.json\",\"device_name\":\"edge-1\","
                   "\"device_id\":\"00:0f:00:70:91:0a\",\"newest\":\"2025-10-07T10:30:02.250000Z\","
                   "\"records\":2,\"unacknowledged\":0,\"bytes\":[0-9]+\\},\n  \\{.*\\}\n\\],"
                   "\"left\":\\[\n  \\{\"file\":\".*inference_metrics_c.json\",\"reason\":\".*\"\\}\n\\]\\}\n"));
  EXPECT_THAT(answer.err, HasSubstr("inference_metrics_c.json stays: "));
}

TEST_F(CleanCommandTest, JournalThatTellsNothingKeepsWhatMayBeItsRecords) {
  std::string record = OurRecord({1});
  record.replace(record.find("/5eed/"), 6, "/000000000000002a/");
  folder_.Put("m/edge-1/inference_metrics_a.json", FileWith({record}));
  folder_.Put("m/edge-1/journal/0000000001.journal", std::string(5000, 'x'));
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("inference_metrics_a.json stays: 1 of its 1 records no hub has acknowledged"));
  EXPECT_TRUE(IsThere("edge-1/inference_metrics_a.json"));
  EXPECT_FALSE(IsThere("edge-1/inference_metrics_b.json")) << "of which no record has a number";
  arguments_.force = true;
  EXPECT_THAT(Run().err, HasSubstr("1 records went before a hub had acknowledged them"));
}

TEST_F(CleanCommandTest, JournalOfAHubAboveIsAsked) {
  folder_.Put("m/journal/0000000001.journal", std::string(5000, 'x'));
  arguments_.metrics_dir = folder_.path() / "m/edge-1/";
  std::string record = OurRecord({1});
  record.replace(record.find("/5eed/"), 6, "/000000000000002a/");
  folder_.Put("m/edge-1/inference_metrics_a.json", FileWith({record}));
  EXPECT_THAT(Run().err, HasSubstr("inference_metrics_a.json stays: "));
}

TEST_F(CleanCommandTest, WithoutAnAgeItIsWrongUsage) {
  arguments_.retention.older_than.reset();
  EXPECT_EQ(Refused().code, kWrongUsage);
  arguments_.retention.own = {{"pi-07", std::chrono::seconds(1)}};
  EXPECT_EQ(Refused().code, -1);
  arguments_.all = true;
  arguments_.retention.older_than = std::chrono::seconds(1);
  EXPECT_EQ(Refused().code, kWrongUsage);
}

TEST_F(CleanCommandTest, AllIsRefusedWhereNobodyCanBeAsked) {
  arguments_.retention.older_than.reset();
  arguments_.all = true;
  EXPECT_EQ(Refused().code, kFailed);
  EXPECT_THAT(Refused().err, HasSubstr("--yes"));
  arguments_.yes = true;
  EXPECT_EQ(Refused().code, -1);
  arguments_.yes = false;
  arguments_.dry_run = true;
  EXPECT_EQ(Refused().code, -1);
}

TEST_F(CleanCommandTest, ClockThatStandsWrongIsNamed) {
  clock_.wall = *base::ParseTimestamp("2024-01-01T00:00:00Z");
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("--trust-clock"));
  EXPECT_TRUE(IsThere("edge-1/inference_metrics_a.json"));
}

TEST_F(CleanCommandTest, MissingFolderIsNamed) {
  arguments_.metrics_dir = folder_.path() / "nowhere";
  EXPECT_THAT(Run().err, HasSubstr("no such folder"));
}

}  // namespace
}  // namespace inferometer::cli
