#include "cli/export_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "analyze/sample_files.h"
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

// A metrics directory, and the command run on it. What goes into PostgreSQL is tested with a real one, in
// tests/end_to_end/test_export.py.
class ExportCommandTest : public ::testing::Test {
 protected:
  ExportCommandTest() { arguments_.metrics_dir = folder_.path() / "metrics"; }

  void PutADirectory() const {
    folder_.Put("metrics/edge-1/inference_metrics_1.json",
                FileWith({OurRecord({1}, R"(,"flags":["swap","steal"],"throttled":false)"), OurRecord({2, 0.5})}));
    folder_.Put("metrics/edge-2/inference_metrics_1.json", FileWith({OlderRecord({1, 1200.5, 9000, "pi-07", "=cmd"})}));
    folder_.Put("metrics/edge-2/inference_metrics_2.json", FileWith({OlderRecord({1})}).substr(0, 200));
  }

  Answer Run(const std::string& to, os::FileCalls& files = os::SystemFileCalls()) {
    arguments_.to = to;
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunExport(arguments_, files, stop_.get_token(), out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }

  [[nodiscard]] std::filesystem::path File(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::string TextOf(const std::string& name) const {
    return os::ReadFile(File(name), 1'000'000).value();
  }

  // Holds `text` against a file of src/cli/testdata; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
  static void ExpectGolden(const std::string& name, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/cli/testdata" / name;
    if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
    EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << name;
  }

  os::TemporaryFolder folder_;
  ExportArguments arguments_;
  std::stop_source stop_;
};

TEST_F(ExportCommandTest, GoldenCsv) {
  PutADirectory();
  const Answer answer = Run(File("out.csv").string());
  EXPECT_EQ(answer.code, kFailed);  // for the damaged file
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.err, HasSubstr("edge-2/inference_metrics_2.json: byte"));
  EXPECT_THAT(answer.err, HasSubstr("3 records to "));
  ExpectGolden("export.csv", TextOf("out.csv"));
}

TEST_F(ExportCommandTest, GoldenJsonLines) {
  PutADirectory();
  arguments_.format = exchange::TargetKind::kJsonLines;
  const Answer answer = Run("-");
  EXPECT_THAT(answer.err, ::testing::Not(HasSubstr("records to")));
  ExpectGolden("export.jsonl", answer.out);
}

TEST_F(ExportCommandTest, DatabaseGetsWhatIsNewOnly) {
  PutADirectory();
  arguments_.device = "edge-1";
  EXPECT_THAT(Run(File("out.sqlite").string()).err,
              HasSubstr("2 records to " + File("out.sqlite").string() + ", 2 of them new or changed"));
  EXPECT_THAT(Run(File("out.sqlite").string()).err, HasSubstr(", 0 of them new or changed"));
}

TEST_F(ExportCommandTest, TableThatIsNotOursIsNamed) {
  PutADirectory();
  folder_.Put("out.sqlite", "no database");
  EXPECT_EQ(Run(File("out.sqlite").string()).code, kFailed);
}

TEST_F(ExportCommandTest, WrongTargetIsWrongUsage) {
  PutADirectory();
  for (const char* to : {"out.txt", "-", "", "mysql://h/d", "postgresql://u:a@b@h/d"})
    EXPECT_EQ(Run(to).code, kWrongUsage) << to;
}

TEST_F(ExportCommandTest, UnknownDeviceIsAnErrorAndLeavesNoFile) {
  PutADirectory();
  arguments_.device = "nobody";
  const Answer answer = Run(File("out.csv").string());
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err,
              HasSubstr("no device \"nobody\" there; the devices are: edge-1 (00:0f:00:70:91:0a), edge-2 (pi-07)"));
  EXPECT_FALSE(std::filesystem::exists(File("out.csv")));
}

TEST_F(ExportCommandTest, NothingThereIsAnErrorWithTheNextStep) {
  EXPECT_THAT(Run(File("out.csv").string()).err, HasSubstr("no such folder; name the folder with --metrics-dir"));
  folder_.Put("metrics/readme", "x");
  EXPECT_THAT(Run(File("out.csv").string()).err, HasSubstr("no records in it"));
  EXPECT_FALSE(std::filesystem::exists(File("out.csv")));
}

TEST_F(ExportCommandTest, StopLeavesNoFile) {
  PutADirectory();
  stop_.request_stop();
  const Answer answer = Run(File("out.csv").string());
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("stopped; nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(File("out.csv")));
  EXPECT_FALSE(std::filesystem::exists(File("out.csv.tmp")));
  EXPECT_THAT(Run(File("out.sqlite").string()).err, HasSubstr("the same command goes on"));
}

TEST_F(ExportCommandTest, AnyFailingCallIsSaidAndLeavesNoHalfFile) {
  PutADirectory();
  std::filesystem::remove(folder_.path() / "metrics/edge-2/inference_metrics_2.json");
  int calls = 0;
  os::FaultyFileCalls counting([&](int nth) { return calls = nth, 0; });
  ASSERT_EQ(Run(File("out.csv").string(), counting).code, kDone);
  for (int failing = 1; failing < calls; ++failing) {
    std::filesystem::remove(File("out.csv"));
    os::FaultyFileCalls faulty([&](int nth) { return nth == failing ? ENOSPC : 0; });
    EXPECT_EQ(Run(File("out.csv").string(), faulty).code, kFailed) << failing;
    EXPECT_FALSE(std::filesystem::exists(File("out.csv"))) << failing;
  }
}

TEST_F(ExportCommandTest, FullStandardOutputIsAnError) {
  PutADirectory();
  arguments_.to = "-";
  arguments_.format = exchange::TargetKind::kCsv;
  std::FILE* full = std::fopen("/dev/full", "w");
  std::FILE* err = std::tmpfile();
  EXPECT_EQ(RunExport(arguments_, os::SystemFileCalls(), stop_.get_token(), full, err), kFailed);
  EXPECT_THAT(Contents(err), HasSubstr("standard output could not be written"));
  std::fclose(full);
}

}  // namespace
}  // namespace inferometer::cli
TEST_F(ExportCommandTest, ParquetIsReadAsALakeAndHoldsTheRecordsAsTheyAre) {
  PutADirectory();
  const std::string partition = "other/lake/device=x/date=2025-10-07/";
  folder_.Put(partition + "_", "");
  const std::string file = File(partition + "x.parquet").string();
  EXPECT_THAT(Run(file).err, HasSubstr("3 records to " + file));
  EXPECT_FALSE(std::filesystem::exists(file + ".tmp"));
  arguments_.format = exchange::TargetKind::kJsonLines;
  const std::string lines = Run("-").out;
  arguments_.metrics_dir = File("other");
  EXPECT_EQ(Run("-").out, lines);
}

TEST_F(ExportCommandTest, RecordThatParquetCannotHoldIsNamedAndNothingIsWritten) {
  folder_.Put("metrics/edge-1/inference_metrics_1.json", FileWith({OurRecord({1, 1e15})}));
  folder_.Put("out.parquet", "old");
  const Answer answer = Run(File("out.parquet").string());
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("edge-1/inference_metrics_1.json: a record cannot stand in Parquet: "
                                    "inference_time_ms: "));
  EXPECT_THAT(answer.err, HasSubstr("csv or jsonl"));
  EXPECT_EQ(TextOf("out.parquet"), "old");
}

  EXPECT_THAT(Run(File("out.parquet").string()).err, HasSubstr("stopped; nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(File("out.parquet.tmp")));
