#include "cli/query_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analyze/sample_files.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using analyze::FileWith;
using analyze::OurRecord;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// A metrics directory on the real disk, and the command run on it.
class QueryCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.Put("m/edge-1/inference_metrics_a.json", FileWith({OurRecord({1, 100.5}), OurRecord({2, 200.25})}));
  }
  Answer Run(const std::string& sql, QueryFormat format = QueryFormat::kTable, const std::string& out_file = "",
             const std::string& input = "") {
    std::FILE* in = std::tmpfile();
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    std::fwrite(input.data(), 1, input.size(), in);
    std::rewind(in);
    QueryArguments arguments;
    arguments.sql = sql;
    arguments.metrics_dir = folder_.path() / "m";
    arguments.format = format;
    if (!out_file.empty()) arguments.out = folder_.path() / out_file;
    Answer answer;
    answer.code = RunQuery(arguments, os::SystemFileCalls(), in, out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    std::fclose(in);
    return answer;
  }
  static constexpr const char* kSql =
      "SELECT device_name, inference_time_ms AS ms, flags FROM records ORDER BY timestamp";
  os::TemporaryFolder folder_;
};

// Golden answers, one a format.

TEST_F(QueryCommandTest, TableIsForPeople) {
  const Answer answer = Run(kSql);
  EXPECT_EQ(answer.code, kDone);
  EXPECT_EQ(answer.out,
            "device_name      ms  flags\n"
            "-----------  ------  -----\n"
            "edge-1        100.5  -\n"
            "edge-1       200.25  -\n");
  EXPECT_THAT(answer.err, IsEmpty());
}

TEST_F(QueryCommandTest, MarkdownIsATable) {
  EXPECT_EQ(Run("SELECT 'a|b' AS x", QueryFormat::kMarkdown).out, "| x    |\n| ---- |\n| a\\|b |\n");
}

TEST_F(QueryCommandTest, JsonIsAnArrayOfRows) {
  EXPECT_EQ(Run(kSql, QueryFormat::kJson).out,
            "[\n  {\"device_name\":\"edge-1\",\"ms\":100.5,\"flags\":null},\n"
            "  {\"device_name\":\"edge-1\",\"ms\":200.25,\"flags\":null}\n]\n");
}

TEST_F(QueryCommandTest, CsvHasAHeader) {
  EXPECT_EQ(Run(kSql, QueryFormat::kCsv).out, "device_name,ms,flags\r\nedge-1,100.5,\r\nedge-1,200.25,\r\n");
}

TEST_F(QueryCommandTest, FileIsWrittenWholeAndNothingIsPrinted) {
  const Answer answer = Run(kSql, QueryFormat::kCsv, "out.csv");
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.out, IsEmpty());
  EXPECT_THAT(*os::ReadFile(folder_.path() / "out.csv", 1000), StartsWith("device_name"));
}

TEST_F(QueryCommandTest, ParquetGoesIntoAFile) {
  EXPECT_EQ(Run(kSql, QueryFormat::kParquet, "out.parquet").code, kDone);
  EXPECT_THAT(*os::ReadFile(folder_.path() / "out.parquet", 100'000), StartsWith("PAR1"));
  EXPECT_FALSE(fs::exists(folder_.path() / "out.parquet.tmp"));
}

TEST_F(QueryCommandTest, WhatACrashLeftOfAParquetFileIsWrittenOver) {
  folder_.Put("out.parquet.tmp", "left");
  const Answer answer = Run(kSql, QueryFormat::kParquet, "out.parquet");
  EXPECT_EQ(answer.code, kDone) << answer.err;
  EXPECT_FALSE(fs::exists(folder_.path() / "out.parquet.tmp"));
}

TEST_F(QueryCommandTest, SqlComesFromStandardInputForADash) {
  EXPECT_EQ(Run("-", QueryFormat::kCsv, "", "SELECT 42 AS x;\n").out, "x\r\n42\r\n");
}

// What goes wrong.

TEST_F(QueryCommandTest, ParquetWithoutAFileIsWrongUsage) {
  EXPECT_EQ(Run(kSql, QueryFormat::kParquet).code, kWrongUsage);
}

TEST_F(QueryCommandTest, WhatIsNoSelectIsRefusedAndLeavesNoFile) {
  for (const auto format : {QueryFormat::kCsv, QueryFormat::kParquet}) {
    const Answer answer = Run("COPY records TO 'x'", format, "out");
    EXPECT_EQ(answer.code, kFailed);
    EXPECT_THAT(answer.err, HasSubstr("one SELECT"));
    EXPECT_FALSE(fs::exists(folder_.path() / "out"));
    EXPECT_FALSE(fs::exists(folder_.path() / "out.tmp"));
  }
}

TEST_F(QueryCommandTest, LinkUnderTheTemporaryNameIsNotFollowed) {
  folder_.Put("precious", "precious");
  fs::create_symlink(folder_.path() / "precious", folder_.path() / "out.parquet.tmp");
  EXPECT_EQ(Run(kSql, QueryFormat::kParquet, "out.parquet").code, kFailed);
  EXPECT_EQ(*os::ReadFile(folder_.path() / "precious", 100), "precious");
}

// DuckDB's own lines, of which the last points at a place in the SQL.
TEST_F(QueryCommandTest, WrongSqlIsPointedAt) {
  const Answer answer = Run("SELECT nothing FROM records");
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, StartsWith("inferometer query: Binder Error: Referenced column \"nothing\" not found"));
  EXPECT_THAT(answer.err, EndsWith("\n  LINE 1: SELECT nothing FROM records\n"
                                   "                 ^\n"));
}

TEST_F(QueryCommandTest, LineBreaksOfANameStayInItsLine) {
  folder_.Put("m/edge-1/inference_metrics_\n.json", "{");
  EXPECT_THAT(Run("SELECT 1").err, HasSubstr("inference_metrics_\\x0a.json"));
}

TEST_F(QueryCommandTest, DamagedFileIsNamedAndTheRestIsAnswered) {
  folder_.Put("m/edge-1/inference_metrics_b.json", "{");
  const Answer answer = Run("SELECT count(*) AS n FROM records", QueryFormat::kCsv);
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_EQ(answer.out, "n\r\n2\r\n");
  EXPECT_THAT(answer.err, HasSubstr("inference_metrics_b.json"));
}

TEST_F(QueryCommandTest, FileThatCannotBeWrittenIsNamed) {
  const Answer answer = Run(kSql, QueryFormat::kCsv, "no/such/folder/out.csv");
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("no/such/folder"));
}

TEST_F(QueryCommandTest, LongTableSaysThatItIsCut) {
  const Answer answer = Run("SELECT * FROM range(10001)");
  EXPECT_EQ(answer.code, kDone);
  EXPECT_THAT(answer.err, HasSubstr("first 10000 rows"));
}

}  // namespace
}  // namespace inferometer::cli
