#include "exchange/query_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analyze/sample_files.h"
#include "archive/archiver.h"
#include "base/clock.h"
#include "base/record_key.h"
#include "exchange/query_text.h"
#include "os/temporary_folder.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/unsaved_entries.h"

namespace inferometer::exchange {
namespace {

using analyze::FileWith;
using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A metrics directory that is asked by SQL.
class QuerySessionTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& text) const { folder_.Put("m/" + name, text); }
  void Archive() const {
    archive::ArchiveOptions options;
    options.metrics_dir = folder_.path() / "m";
    ASSERT_TRUE(archive::Archive(options, os::SystemFileCalls(), base::SystemClock()).ok());
  }
  QuerySession Open(const std::string& sql = "") {
    QuerySource source;
    source.sql = sql;
    source.metrics_dir = folder_.path() / "m";
    source.losses = {{{"pi-07", 0x2a}, {3, 5}, 2, "no room"}};
    auto opened = OpenQuerySession(source);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(*opened);
  }
  template <typename Text>
  static std::string As(QuerySession& opened, const std::string& sql) {
    std::string out;
    Text text(out);
    const Status status = opened.session.Query(
        sql,
        [&](const auto& columns) {
          text.Columns(columns);
          return Ok();
        },
        [&](const auto& row) {
          text.Row(row);
          return Ok();
        });
    EXPECT_TRUE(status.ok()) << status.message();
    if constexpr (requires { text.Finish(); }) text.Finish();
    return out;
  }
  os::TemporaryFolder folder_;
};

TEST_F(QuerySessionTest, RecordsOfFilesAndLakeAreThereOnce) {
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1}), OurRecord({2})}));
  Put("edge-2/inference_metrics_a.json", FileWith({OlderRecord({1}), OlderRecord({1})}));
  Archive();
  Put("edge-1/inference_metrics_b.json", FileWith({OurRecord({2}), OurRecord({3})}));
  QuerySession opened = Open();
  EXPECT_EQ(As<QueryJson>(opened, "SELECT device_name, count(*) AS n FROM records GROUP BY 1 ORDER BY 1"),
            "[\n  {\"device_name\":\"edge-1\",\"n\":3},\n  {\"device_name\":\"edge-2\",\"n\":1}\n]\n");
}

TEST_F(QuerySessionTest, DamagedFileIsNamedAndTheOthersAreThere) {
  Put("edge-1/inference_metrics_a.json", "{");
  Put("edge-1/inference_metrics_b.json", FileWith({OurRecord({2})}));
  Put("edge-1/loading_metrics.json", "[]");
  QuerySession opened = Open();
  EXPECT_THAT(opened.damaged, SizeIs(2));
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT count(*) AS n FROM records"), "n\r\n1\r\n");
}

// More than a column takes of keys that are none of the table's.
std::string WithLongKey(const std::string& record) {
  return "{\"note\":\"" + std::string(20'000, 'x') + "\"," + record.substr(1);
}

TEST_F(QuerySessionTest, RecordThatDoesNotFitIsNamedAndTheOthersAreThere) {
  Put("edge-1/inference_metrics_a.json",
      FileWith({WithLongKey(OurRecord({1})), OurRecord({2}), WithLongKey(OurRecord({3}))}));
  QuerySession opened = Open();
  ASSERT_THAT(opened.damaged, SizeIs(1));
  EXPECT_THAT(opened.damaged[0].error, HasSubstr("2 of its records do not fit into the columns (the first: "));
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT count(*) AS n FROM records"), "n\r\n1\r\n");
}

// Of a device that no folder of a lake can be called after.
TEST_F(QuerySessionTest, RecordThatNoLakeCanHoldIsThereOnce) {
  const std::string record = OurRecord({1, 1, 1, std::string(249, 'x')});
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1}), record}));
  Put("edge-1/inference_metrics_b.json", FileWith({record}));
  QuerySession opened = Open();
  EXPECT_THAT(opened.damaged, SizeIs(0));
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT count(*) AS n FROM records"), "n\r\n2\r\n");
}

TEST_F(QuerySessionTest, WhatACrashLeftInAJournalIsThere) {
  Put("pi/inference_metrics_a.json", FileWith({OurRecord({1})}));
  store::HandClock clock;
  store::OwnerForTests owner;
  owner.checkpoint = store::Encode(store::DeviceCheckpoint{0, R"({"host":"lab"})"});
  auto journal = store::Journal::Open({.folder = folder_.path() / "m/pi/journal", .owner = "pi-07", .stream = 1},
                                      os::SystemFileCalls(), clock, owner);
  ASSERT_TRUE(journal.ok()) << journal.status().message();
  const std::string record = R"({"timestamp":"2025-10-07T10:31:00Z","device_id":"pi-07","model_name":"Tiny",)"
                             R"("inference_time_ms":7,"record_id":")" +
                             base::RecordIdText({"pi-07", 1, 1}) + "\"}";
  (*journal)->Append(store::EntryType::kRecord, 1, record);
  ASSERT_TRUE((*journal)->Close().ok());
  QuerySession opened = Open();
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT host, inference_time_ms AS ms FROM records WHERE host IS NOT NULL"),
            "host,ms\r\nlab,7.0\r\n");
}

TEST_F(QuerySessionTest, FigureThatALakeHasNoRoomForIsAnsweredOfAFile) {
  Put("edge-1/inference_metrics_a.json", FileWith({OurRecord({1, 1e15}), OurRecord({2, 0.1 + 0.2})}));
  QuerySession opened = Open();
  EXPECT_THAT(opened.damaged, SizeIs(0));
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT inference_time_ms AS ms FROM records ORDER BY 1"),
            "ms\r\n0.30000000000000004\r\n1000000000000000.0\r\n");
}

TEST_F(QuerySessionTest, WhatTheOnlyQueryReadsIsThereWithContextAndOtherKeys) {
  Put("edge-1/inference_metrics_a.json",
      R"({"context":{"host":"lab","mine":1},"detailed_metrics":[)" + OlderRecord({1}) + "]}");
  const std::string sql = "SELECT host, other_context, other_fields IS NULL AS o, inference_time_ms AS ms FROM records";
  QuerySession any = Open();
  QuerySession only = Open(sql);
  EXPECT_EQ(As<QueryCsv>(only, sql), As<QueryCsv>(any, sql));
  EXPECT_THAT(As<QueryCsv>(only, sql), HasSubstr("lab,"));
}

TEST_F(QuerySessionTest, LoadsAndLossesAreThere) {
  Put("edge-1/loading_metrics.json",
      R"({"event":"model_loading","timestamp":"2025-10-07T10:30:15Z","device_id":"a","model_name":"m","load_time_seconds":1.5})");
  QuerySession opened = Open();
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT device_name, load_time_seconds FROM loads"),
            "device_name,load_time_seconds\r\nedge-1,1.5\r\n");
  EXPECT_EQ(As<QueryCsv>(opened, "SELECT * FROM losses"),
            "device_id,stream,first_sequence,last_sequence,count,reason\r\npi-07,000000000000002a,3,5,2,no room\r\n");
}

TEST_F(QuerySessionTest, TextForProgramsIsWholeWhateverTheValues) {
  Put("x/inference_metrics_a.json", FileWith({OurRecord({1})}));
  QuerySession opened = Open();
  const std::string sql = "SELECT '=1+1' AS \"a,b\", '\"x\"\n' AS t, NULL AS n, -1.50 AS d, [1] AS l, true AS b";
  EXPECT_EQ(As<QueryJson>(opened, sql),
            "[\n  {\"a,b\":\"=1+1\",\"t\":\"\\\"x\\\"\\n\",\"n\":null,\"d\":-1.50,\"l\":[1],\"b\":true}\n]\n");
  EXPECT_EQ(As<QueryCsv>(opened, sql), "\"a,b\",t,n,d,l,b\r\n'=1+1,\"\"\"x\"\"\n\",,-1.50,[1],true\r\n");
  EXPECT_EQ(As<QueryJson>(opened, "SELECT 1 WHERE false"), "[]\n");
}

TEST_F(QuerySessionTest, MissingFolderIsNotFound) {
  QuerySource source;
  source.metrics_dir = folder_.path() / "no";
  EXPECT_EQ(OpenQuerySession(source).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::exchange
