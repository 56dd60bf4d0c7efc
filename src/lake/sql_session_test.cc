#include "lake/sql_session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lake/database.h"
#include "lake/lake_writer.h"
#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

LakeRecord RecordAt(int second, const std::string& device = "pi-07") {
  LakeRecord row;
  row.device_name = "edge-1";
  row.record.timestamp = WallTime(1'764'500'000s) + std::chrono::seconds(second);
  row.record.device_id = device;
  row.record.model_name = "SmolLM2";
  row.record.inference_time_ms = 100.5 + second;
  row.context.emplace_back("threads", std::int64_t{4});
  return row;
}

// Two records in a lake and one beside it, asked by SQL.
class SqlSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = LakeWriter::Open(lake(), os::SystemFileCalls());
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    ASSERT_TRUE(writer->Add(RecordAt(1)).ok());
    ASSERT_TRUE(writer->Add(RecordAt(2, "pi-08")).ok());
    ASSERT_TRUE(writer->Commit().ok());
    Open("");
  }
  // A session for any SQL, or for this only.
  void Open(const std::string& sql) {
    SqlSessionOptions options;
    options.sql = sql;
    const auto files = ListPartitions(lake());
    for (const PartitionFile& file : *files) options.lake_files.push_back(file.path);
    auto opened = SqlSession::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    session_ = std::make_unique<SqlSession>(std::move(*opened));
    ASSERT_TRUE(session_->Add(RecordAt(3)).ok());
    ASSERT_TRUE(session_->Add(LoadRow{WallTime(1'764'500'000s), "pi-07", "edge-1", "it's", 1.25}).ok());
    ASSERT_TRUE(session_->Add(LossRow{"pi-07", "5eed", 1, 9, 9, "no room"}).ok());
    const Status sealed = session_->Seal(output());
    ASSERT_TRUE(sealed.ok()) << sealed.message();
  }
  std::vector<std::string> AskOnly(const std::string& sql) {
    const auto for_all = std::move(session_);
    Open(sql);
    auto rows = Ask(sql);
    session_ = std::make_unique<SqlSession>(std::move(*for_all));
    return rows;
  }
  // "name=value name=value", a text a row; or the failure.
  std::vector<std::string> Ask(const std::string& sql) {
    std::vector<std::string> rows;
    std::vector<QueryColumn> columns;
    const Status status = session_->Query(
        sql,
        [&](const std::vector<QueryColumn>& found) {
          columns = found;
          return Ok();
        },
        [&](const QueryRow& row) {
          std::string text;
          for (std::size_t i = 0; i < row.size(); ++i) {
            text += fmt::format("{}{}={}", i == 0 ? "" : " ", columns[i].name, row[i].value_or("NULL"));
          }
          rows.push_back(text);
          return Ok();
        });
    if (!status.ok()) rows = {"failed: " + status.message()};
    return rows;
  }
  std::string Failure(const std::string& sql) {
    const auto rows = Ask(sql);
    return rows.size() == 1 && rows[0].starts_with("failed") ? rows[0] : "it ran";
  }
  [[nodiscard]] fs::path lake() const { return folder_.path() / "lake"; }
  [[nodiscard]] fs::path output() const { return folder_.path() / "out.parquet"; }
  [[nodiscard]] std::size_t FilesThere() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::recursive_directory_iterator(folder_.path())) ++count;
    return count;
  }

  os::TemporaryFolder folder_;
  std::unique_ptr<SqlSession> session_;
};

TEST_F(SqlSessionTest, RecordsAreThoseOfTheLakeAndThoseBesideIt) {
  EXPECT_THAT(Ask("SELECT device_id, count(*) AS n, sum(inference_time_ms) AS ms, max(threads) AS threads FROM records "
                  "GROUP BY device_id ORDER BY device_id"),
              ElementsAre("device_id=pi-07 n=2 ms=205.0 threads=4", "device_id=pi-08 n=1 ms=102.5 threads=4"));
}

// Every way to read a column gives the same, whether all columns were kept or those that the query seems to read.
TEST_F(SqlSessionTest, SessionForOneQueryAnswersAsOneForAll) {
  for (const char* sql : {
           "SELECT inference_time_ms FROM records ORDER BY 1",
           "SELECT \"Inference_Time_MS\" AS x FROM Records ORDER BY x",
           "SELECT count(*) AS n FROM records",
           "SELECT * FROM records ORDER BY timestamp",
           "FROM records ORDER BY timestamp",
           "TABLE records ORDER BY timestamp",
           "SELECT r.* EXCLUDE (threads) FROM records AS r ORDER BY timestamp",
           "SELECT r FROM records AS r ORDER BY r.timestamp",
           "SELECT records FROM records ORDER BY timestamp",
           "SELECT r['threads'] AS t FROM records AS r",
           "SELECT #5 AS fifth FROM records ORDER BY 1",
           "SELECT max(COLUMNS('.*_ms')) FROM records",
           "SELECT b FROM records AS r(a, b) ORDER BY 1",
           "SELECT threads FROM records NATURAL JOIN (SELECT device_id FROM loads) ORDER BY 1",
           "SELECT threads FROM records JOIN loads USING (device_id) ORDER BY 1",
           "SELECT * FROM (SELECT threads FROM records) PIVOT (count(*) FOR threads IN (4))",
           "WITH w AS (FROM records) SELECT threads FROM w ORDER BY 1",
           "SELECT * FROM devices ORDER BY device_id",
           "SELECT host FROM devices ORDER BY 1",
           "SELECT device_id FROM records UNION ALL BY NAME SELECT device_id, threads FROM records ORDER BY ALL",
           "SELECT threads, inference_time_ms FROM records ORDER BY ALL DESC",
           "SELECT (SELECT max(r.threads) FROM records AS r WHERE r.device_id = l.device_id) AS t FROM loads AS l",
           "SELECT list_transform([threads], x -> x + 1) AS l FROM records ORDER BY 1",
       }) {
    const auto of_all = Ask(sql);
    ASSERT_FALSE(of_all.empty()) << sql;
    EXPECT_THAT(of_all.front(), ::testing::Not(HasSubstr("failed:"))) << sql;
    EXPECT_EQ(AskOnly(sql), of_all) << sql;
  }
}

TEST_F(SqlSessionTest, SessionForOneQueryReadsWhatThatNames) {
  SqlSessionOptions options;
  options.sql = "SELECT threads FROM records WHERE device_id = 'pi-07'";
  const auto session = SqlSession::Open(options);
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(session->Reads("threads"));
  EXPECT_TRUE(session->Reads("device_id"));
  EXPECT_FALSE(session->Reads("host"));
  EXPECT_FALSE(session->Reads("other_fields"));
}

TEST_F(SqlSessionTest, OrderByAllReadsWhatIsSelected) {
  SqlSessionOptions options;
  options.sql = "SELECT threads FROM records GROUP BY ALL ORDER BY ALL DESC";
  EXPECT_FALSE(SqlSession::Open(options).value().Reads("host"));
  options.sql = "SELECT threads FROM (SELECT * FROM records ORDER BY ALL) ORDER BY ALL";
  EXPECT_TRUE(SqlSession::Open(options).value().Reads("host"));
  options.sql = "SELECT list(threads ORDER BY COLUMNS(*)) FROM records";  // by all columns of the table
  EXPECT_TRUE(SqlSession::Open(options).value().Reads("host"));
}

TEST_F(SqlSessionTest, LoadsDevicesAndLossesAreThere) {
  EXPECT_THAT(Ask("FROM loads"), ElementsAre("timestamp=2025-11-30T10:53:20.000000Z device_id=pi-07 device_name=edge-1 "
                                             "model_name=it's load_time_seconds=1.25"));
  EXPECT_THAT(
      Ask("SELECT device_id, device_name, inferences, failed_inferences, last_timestamp FROM devices ORDER BY 1"),
      ElementsAre("device_id=pi-07 device_name=edge-1 inferences=2 failed_inferences=0 "
                  "last_timestamp=2025-11-30T10:53:23.000000Z",
                  "device_id=pi-08 device_name=edge-1 inferences=1 failed_inferences=0 "
                  "last_timestamp=2025-11-30T10:53:22.000000Z"));
  EXPECT_THAT(Ask("FROM losses"),
              ElementsAre("device_id=pi-07 stream=5eed first_sequence=1 last_sequence=9 count=9 reason=no room"));
}

TEST_F(SqlSessionTest, ValuesOfEveryKindHaveATextAndNothingIsNull) {
  EXPECT_THAT(Ask("SELECT 1.50 AS d, 'x' AS t, true AS b, NULL AS n, [1,2] AS l, {'a': 1} AS s, 'nan'::DOUBLE AS f, "
                  "DATE '2026-01-02' AS day, 170141183460469231731687303715884105727 AS h"),
              ElementsAre("d=1.50 t=x b=true n=NULL l=[1,2] s={\"a\":1} f=NULL day=2026-01-02 "
                          "h=170141183460469231731687303715884105727"));
}

TEST_F(SqlSessionTest, ColumnsOfOneNameAreToldApart) {
  EXPECT_THAT(Ask("SELECT 1 AS a, 2 AS a"), ElementsAre("a=1 a_1=2"));
}

TEST_F(SqlSessionTest, OrderOfTheQueryIsTheOrderOfTheRows) {
  EXPECT_THAT(Ask("SELECT inference_time_ms AS ms FROM records ORDER BY 1 DESC -- newest first"),
              ElementsAre("ms=103.5", "ms=102.5", "ms=101.5"));
}

// A figure of more digits than the lake's columns hold, and one that they have no room for.
LakeRecord ExactRecord(double inference_time_ms) {
  LakeRecord row = RecordAt(9, "pi-09");
  row.record.inference_time_ms = inference_time_ms;
  row.record.memory_used_mb = 1.0 / 3;
  return row;
}

TEST_F(SqlSessionTest, RealsAreAsTheRecordsHaveThem) {
  auto writer = LakeWriter::Open(lake(), os::SystemFileCalls());
  ASSERT_TRUE(writer->Add(ExactRecord(0.1 + 0.2)).ok());
  ASSERT_TRUE(writer->Commit().ok());
  const std::string exact =
      "SELECT inference_time_ms AS ms, memory_used_mb AS mb FROM records WHERE device_id = 'pi-09'";
  EXPECT_THAT(AskOnly(exact), ElementsAre("ms=0.30000000000000004 mb=0.3333333333333333"));
  const auto lake_alone = std::move(session_);
  SqlSessionOptions options;
  auto files_alone = SqlSession::Open(options);
  ASSERT_TRUE(files_alone->Add(ExactRecord(0.1 + 0.2)).ok());
  ASSERT_TRUE(files_alone->Add(ExactRecord(1e300)).ok());
  ASSERT_TRUE(files_alone->Seal().ok());
  session_ = std::make_unique<SqlSession>(std::move(*files_alone));
  EXPECT_THAT(Ask(exact + " ORDER BY 1"),
              ElementsAre("ms=0.30000000000000004 mb=0.3333333333333333", "ms=1e+300 mb=0.3333333333333333"));
}

// DuckDB rounds the quantiles of decimals down to their digits.
TEST_F(SqlSessionTest, QuantilesLieBetweenTheDigits) {
  session_ = nullptr;
  auto opened = SqlSession::Open({});
  for (const double ms : {1.001, 1.002}) ASSERT_TRUE(opened->Add(ExactRecord(ms)).ok());
  ASSERT_TRUE(opened->Seal().ok());
  session_ = std::make_unique<SqlSession>(std::move(*opened));
  EXPECT_THAT(Ask("SELECT median(inference_time_ms) AS m, quantile_cont(inference_time_ms, 0.75) AS q FROM records"),
              ElementsAre("m=1.0015 q=1.00175"));
}

TEST_F(SqlSessionTest, WhatOthersWroteBesideALakesColumnsChangesNoFigure) {
  const fs::path file = lake() / "device=pi-07" / "others.parquet";
  auto database = Database::Open({});
  ASSERT_TRUE(database
                  ->Run("COPY (SELECT 'pi-10' AS device_id, 2.25 AS inference_time_ms, unnest(['no JSON', '[]', "
                        "'{\"inference_time_ms\":\"x\"}', NULL]) AS unrounded) TO " +
                        SqlText(file.string()))
                  .ok());
  SqlSessionOptions options;
  options.lake_files.push_back(file);
  auto opened = SqlSession::Open(options);
  ASSERT_TRUE(opened->Seal().ok());
  session_ = std::make_unique<SqlSession>(std::move(*opened));
  EXPECT_THAT(Ask("SELECT count(*) AS n, sum(inference_time_ms) AS ms, max(memory_used_mb) AS mb FROM records"),
              ElementsAre("n=4 ms=9.0 mb=NULL"));
}

TEST_F(SqlSessionTest, ColumnsAreDescribed) {
  const auto described = Ask("DESCRIBE records");
  ASSERT_FALSE(described.empty());
  EXPECT_THAT(described.front(), HasSubstr("column_name=device_name column_type=VARCHAR"));
  EXPECT_EQ(Ask("SELECT * FROM (DESCRIBE SELECT * FROM records)"), described);
  EXPECT_EQ(AskOnly("DESCRIBE records"), described);
}

TEST_F(SqlSessionTest, SelectOfManyShapesIsTaken) {
  for (const char* sql :
       {"WITH a AS (SELECT 1 AS x) SELECT * FROM a JOIN RECORDS r ON true", "VALUES (1)", "SELECT * FROM range(3)",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 3) FROM x", "TABLE devices",
        "SELECT unnest([1, 2])", "SELECT (SELECT count(*) FROM losses)", "SELECT * FROM records r, LATERAL (SELECT 1)",
        "SELECT 1 ; \n", "SELECT * FROM (SELECT 1) UNION ALL SELECT 2", "UNPIVOT (SELECT 1 AS a) ON a"}) {
    EXPECT_EQ(Failure(sql), "it ran") << sql;
  }
}

TEST_F(SqlSessionTest, NothingButTheRecordsCanBeReached) {
  const std::string file = (*ListPartitions(lake()))[0].path.string();
  const std::size_t files = FilesThere();
  for (const std::string& sql : std::vector<std::string>{
           std::string("SELECT * FROM read_text('/etc/passwd')"),
           std::string("SELECT * FROM read_csv('/etc/passwd')"),
           std::string("FROM '/etc/passwd'"),
           std::string("SELECT * FROM \"/etc/passwd\""),
           std::string("WITH \"/etc/hostname\" AS (SELECT 1) SELECT * FROM read_blob('/etc/hostname')"),
           std::string("SELECT * FROM glob('/*')"),
           "SELECT * FROM read_parquet('" + file + "')",
           "SELECT * FROM '" + file + "'",
           std::string("SELECT * FROM file_records"),
           std::string("SELECT * FROM main.records"),
           std::string("SELECT * FROM information_schema.tables"),
           std::string("SELECT * FROM duckdb_settings()"),
           std::string("SELECT * FROM query('SELECT 1')"),
           std::string("SELECT * FROM query_table('records')"),
           std::string("SELECT * FROM checkpoint()"),
           std::string("SELECT * FROM enable_logging(storage := 'file', storage_path := '/tmp/x')"),
           std::string("SELECT write_log('x')"),
           std::string("SELECT * FROM pragma_version()"),
           std::string("SELECT (SELECT count(*) FROM read_text('/etc/passwd'))"),
           std::string("SELECT * FROM records WHERE EXISTS (FROM read_text('/etc/passwd'))"),
           std::string("SELECT * FROM 'https://example.org/x.parquet'")}) {
    EXPECT_THAT(Failure(sql), HasSubstr("a query is one SELECT over the records")) << sql;
  }
  EXPECT_EQ(FilesThere(), files);
}

TEST_F(SqlSessionTest, OnlyOneSelectIsTaken) {
  const std::size_t files = FilesThere();
  for (const char* sql : {"SELECT 1; SELECT 2",
                          "COPY records TO 'x.csv'",
                          "COPY (SELECT 1) TO '/tmp/x'",
                          "ATTACH '/tmp/x.db'",
                          "INSTALL httpfs",
                          "LOAD httpfs",
                          "SET threads = 1",
                          "PRAGMA database_list",
                          "CREATE TABLE x AS SELECT 1",
                          "INSERT INTO loads VALUES (NULL)",
                          "DELETE FROM loads",
                          "DROP VIEW records",
                          "EXPORT DATABASE 'x'",
                          "CALL pragma_version()",
                          "EXPLAIN SELECT 1",
                          "SHOW TABLES",
                          "SHOW ALL TABLES",
                          "SHOW TABLES FROM main",
                          "SHOW VARIABLES",
                          "DESCRIBE",
                          "DESCRIBE '/etc/passwd'",
                          "DESCRIBE file_records",
                          "DESCRIBE SELECT * FROM read_text('/etc/passwd')",
                          "SUMMARIZE records",
                          "SUMMARIZE SELECT * FROM records",
                          "SELECT q50 FROM (SUMMARIZE records)",
                          "SELECT * FROM (SHOW DATABASES)",
                          "SELECT 1; COPY (SELECT 1) TO '/tmp/x'",
                          "CHECKPOINT",
                          "VACUUM"}) {
    EXPECT_THAT(Failure(sql), HasSubstr("a query is one SELECT over the records")) << sql;
  }
  EXPECT_EQ(FilesThere(), files);
}

TEST_F(SqlSessionTest, WrongSqlIsRefusedInDuckDbsWords) {
  EXPECT_THAT(Failure("SELEC 1"), HasSubstr("syntax error"));
  EXPECT_THAT(Failure("SELECT nothing FROM records"), HasSubstr("nothing"));
  EXPECT_THAT(Failure(""), HasSubstr("failed"));
  EXPECT_THAT(Failure("SELECT $1"), HasSubstr("failed"));
  EXPECT_THAT(Failure("SELECT 1) AS q; COPY (SELECT 1) TO '/tmp/x"), HasSubstr("failed"));
  EXPECT_THAT(Failure("SELECT 'fast'::INTEGER"), HasSubstr("fast"));
}

TEST_F(SqlSessionTest, DeepNestingIsRefused) {
  std::string sql = "1";
  for (int i = 0; i < 3000; ++i) sql = "(SELECT " + sql + ")";
  EXPECT_THAT(Failure("SELECT " + sql), HasSubstr("failed"));
}

TEST_F(SqlSessionTest, FailureOfTheReceiverEndsTheQuery) {
  int calls = 0;
  const Status status = session_->Query(
      "FROM records", [](const std::vector<QueryColumn>&) { return Ok(); },
      [&](const QueryRow&) {
        ++calls;
        return Status(Code::kResourceExhausted, "full");
      });
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(calls, 1);
}

TEST_F(SqlSessionTest, ParquetHoldsTheAnswer) {
  const Status status = session_->QueryToParquet("SELECT device_id, inference_time_ms FROM records", output());
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_GT(fs::file_size(output()), 0U);
  EXPECT_FALSE(session_->QueryToParquet("SELECT 1", folder_.path() / "elsewhere.parquet").ok());
}

}  // namespace
}  // namespace inferometer::lake
