#include "cli/export_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "analyze/sample_files.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/ledger.h"
#include "store/record_files.h"

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

  void PutLosses(const std::string& folder, const std::string& device) const {
    store::HandClock clock;
    store::OwnerForTests owner;
    const std::filesystem::path path = File(folder);
    std::filesystem::create_directories(path);
    auto journal = store::Journal::Open({.folder = path, .owner = device, .stream = 1, .keep_free_bytes = 0},
                                        os::SystemFileCalls(), clock, owner);
    ASSERT_TRUE(journal.ok());
    (*journal)->Append(store::EntryType::kRecord, 1, OurRecord({1}));
    const std::string saved = store::EncodePlans({{device, "inference_metrics_a.json", 1, 1}});
    (*journal)->Append(store::EntryType::kSaved, 0, saved);
    ASSERT_TRUE((*journal)->Sync().ok());
    auto ledger = store::Ledger::Open(os::SystemFileCalls(), path / "ledger");
    ledger.state().AddLoss(1, 3, 5, store::LossReason::kEvicted);
    ledger.state().AddLoss(1, 7, 7, store::LossReason::kRejected);
    ASSERT_TRUE(ledger.Write().ok());
  }
  // The rows of the table, without the key.
  static std::vector<std::string> Losses(const std::string& database) {
    sqlite3* opened = nullptr;
    std::vector<std::string> rows;
    EXPECT_EQ(sqlite3_open(database.c_str(), &opened), SQLITE_OK);
    const auto add = [](void* out, int, char** cells, char**) {
      static_cast<std::vector<std::string>*>(out)->emplace_back(cells[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(opened,
                           "SELECT device_id || '|' || stream || '|' || first_sequence || '|' || last_sequence || '|' "
                           "|| count || '|' || reason "
                           "FROM losses ORDER BY first_sequence",
                           add, &rows, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(opened);
    sqlite3_close(opened);
    return rows;
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

TEST_F(ExportCommandTest, WhatALedgerReportsLostIsInTheDatabaseToo) {
  PutADirectory();
  PutLosses("metrics/edge-1/journal", "00:0f:00:70:91:0a");
  const std::string database = File("out.sqlite").string();
  for (int i = 0; i < 2; ++i) Run(database);
  const std::vector<std::string> both = {"00:0f:00:70:91:0a|0000000000000001|3|5|3|evicted",
                                         "00:0f:00:70:91:0a|0000000000000001|7|7|1|rejected"};
  EXPECT_EQ(Losses(database), both);
  arguments_.device = "edge-2";
  Run(File("other.sqlite").string());
  EXPECT_EQ(Losses(File("other.sqlite").string()), std::vector<std::string>());
  arguments_.device = "edge-1";
  Run(File("other.sqlite").string());
  EXPECT_EQ(Losses(File("other.sqlite").string()), both);
}

TEST_F(ExportCommandTest, LossesOfADeviceWithoutAnyRecordAreStoredToo) {
  PutLosses("metrics/edge-1/journal", "00:0f:00:70:91:0a");
  EXPECT_EQ(Run(File("out.sqlite").string()).code, kDone);
  EXPECT_EQ(Losses(File("out.sqlite").string()).size(), 2U);
  EXPECT_THAT(Run(File("out.csv").string()).err, HasSubstr("no records in it"));
  EXPECT_FALSE(std::filesystem::exists(File("out.csv")));
}

TEST_F(ExportCommandTest, DamagedLedgerIsSaid) {
  PutADirectory();
  PutLosses("metrics/edge-1/journal", "00:0f:00:70:91:0a");
  folder_.Put("metrics/edge-1/journal/ledger", "damaged");
  std::filesystem::remove(File("metrics/edge-2/inference_metrics_2.json"));
  const Answer answer = Run(File("out.sqlite").string());
  EXPECT_THAT(
      answer.err,
      HasSubstr("inferometer export: " + File("metrics/edge-1/journal/ledger").string() +
                ": neither of its two "
                "slots is good; which records are lost, and which the hub has, cannot be told; its losses may not "
                "all be told"));
  EXPECT_EQ(answer.code, kFailed);
}

TEST_F(ExportCommandTest, TableThatIsNotOursIsNamed) {
  PutADirectory();
  folder_.Put("out.sqlite", "no database");
  EXPECT_EQ(Run(File("out.sqlite").string()).code, kFailed);
}

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
  EXPECT_THAT(Run(File("out.parquet").string()).err, HasSubstr("stopped; nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(File("out.parquet.tmp")));
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
