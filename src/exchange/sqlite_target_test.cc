#include "exchange/sqlite_target.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "analyze/sample_files.h"
#include "os/temporary_folder.h"
#include "record/json_read.h"

namespace inferometer::exchange {
namespace {

// A database in a temporary folder, and exports into it.
class SqliteTargetTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "records.sqlite"; }

  Result<std::unique_ptr<DatabaseTarget>> Open() { return OpenSqliteTarget(file()); }

  std::uint64_t Export(const std::vector<std::string>& records, const store::Context& context = {{"host", "a"}}) {
    auto target = Open();
    EXPECT_TRUE(target.ok()) << target.status().message();
    if (!target.ok()) return 0;
    for (const std::string& json : records) {
      EXPECT_TRUE((*target)->Put({found_, context, {}, {}}, record::ParseRecord(json).value()).ok());
    }
    EXPECT_TRUE((*target)->Finish().ok());
    added_ = (*target)->added_columns();
    return (*target)->changed_records();
  }

  void PutLosses(const std::vector<analyze::ReportedLoss>& losses) {
    auto target = Open();
    ASSERT_TRUE(target.ok()) << target.status().message();
    ASSERT_TRUE((*target)->PutLosses(losses).ok());
    ASSERT_TRUE((*target)->Finish().ok());
  }

  // The rows of a query, cells separated by '|' and rows by line ends.
  std::string Ask(const std::string& sql) {
    std::string text;
    const auto add_row = [](void* out, int columns, char** cells, char**) {
      auto& rows = *static_cast<std::string*>(out);
      for (int i = 0; i < columns; ++i)
        rows += std::string(i == 0 ? "" : "|") + (cells[i] != nullptr ? cells[i] : "NULL");
      rows += '\n';
      return 0;
    };
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), add_row, &text, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
    return text;
  }

  os::TemporaryFolder folder_;
  analyze::FoundFile found_{"edge/inference_metrics_1.json", "edge"};
  std::vector<std::string> added_;
};

TEST_F(SqliteTargetTest, RecordStandsInItsTypesAndWhatWasNotMeasuredIsNull) {
  EXPECT_EQ(Export({analyze::OurRecord({1, 100.5}, R"(,"flags":["swap","st\"eal"],"throttled":true)")}), 1U);
  EXPECT_EQ(
      Ask("SELECT record_key, device_name, timestamp, inference_time_ms, typeof(inference_time_ms), "
          "typeof(generated_tokens), flags, throttled, swap_mb FROM records"),
      "00:0f:00:70:91:0a/5eed/1|edge|2025-10-07T10:30:01.250000Z|100.5|real|integer|[\"swap\",\"st\\\"eal\"]|1|NULL\n");
  EXPECT_EQ(Ask("SELECT context FROM records JOIN contexts USING (context_key)"), "{\"host\":\"a\"}\n");
}

TEST_F(SqliteTargetTest, SecondExportChangesNothing) {
  const std::vector<std::string> records = {analyze::OurRecord({1}), analyze::OlderRecord({2})};
  EXPECT_EQ(Export(records), 2U);
  EXPECT_EQ(Export(records), 0U);
  EXPECT_EQ(Ask("SELECT count(*) FROM records"), "2\n");
  EXPECT_EQ(Ask("SELECT count(*) FROM contexts"), "1\n");
}

TEST_F(SqliteTargetTest, RecordThatIsAnotherNowReplacesTheOneBefore) {
  Export({analyze::OurRecord({1, 100}), analyze::OurRecord({2, 100})});
  EXPECT_EQ(Export({analyze::OurRecord({1, 200}), analyze::OurRecord({2, 100})}), 1U);
  EXPECT_EQ(Ask("SELECT inference_time_ms FROM records ORDER BY record_key"), "200.0\n100.0\n");
}

TEST_F(SqliteTargetTest, MoreThanOneBatchIsStored) {
  std::vector<std::string> records;
  for (int i = 0; i <= static_cast<int>(kRecordsPerBatch); ++i) {
    records.push_back(analyze::OurRecord({i % 60, 100.0 + i, 500, "pi-" + std::to_string(i)}));
  }
  EXPECT_EQ(Export(records), kRecordsPerBatch + 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM records"), "20001\n");
}

TEST_F(SqliteTargetTest, BatchThatWasNotFinishedIsNotThere) {
  {
    auto target = Open();
    ASSERT_TRUE((*target)->Put({found_, {}, {}, {}}, record::ParseRecord(analyze::OurRecord({1})).value()).ok());
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM records"), "0\n");
}

TEST_F(SqliteTargetTest, TableOfAnOlderProgramGetsTheNewColumns) {
  Export({analyze::OurRecord({1})});
  Ask("ALTER TABLE records DROP COLUMN swap_mb");
  EXPECT_EQ(Export({analyze::OurRecord({1}, R"(,"swap_mb":7)")}), 1U);
  EXPECT_EQ(added_, std::vector<std::string>{"records.swap_mb"});
  EXPECT_EQ(Ask("SELECT swap_mb FROM records"), "7.0\n");
}

TEST_F(SqliteTargetTest, LossesAreStoredOnceAndStayUntilAWiderOneHoldsThem) {
  const analyze::ReportedLoss first{{"pi-07", 0x5ed}, {3, 5}, 3, "evicted"};
  const analyze::ReportedLoss second{{"pi-07", 0x5ed}, {9, 9}, 1, "damaged"};
  const analyze::ReportedLoss other{{"pi-08", 1}, {1, 2}, 2, "evicted"};
  PutLosses({first, second, other});
  PutLosses({first, second, other});
  const std::string all = "SELECT * FROM losses ORDER BY loss_key";
  EXPECT_EQ(Ask(all),
            "pi-07/00000000000005ed/3|pi-07|00000000000005ed|3|5|3|evicted\n"
            "pi-07/00000000000005ed/9|pi-07|00000000000005ed|9|9|1|damaged\n"
            "pi-08/0000000000000001/1|pi-08|0000000000000001|1|2|2|evicted\n");
  PutLosses({{{"pi-07", 0x5ed}, {3, 9}, 4, "evicted"}});  // the ledger has made one of two
  EXPECT_EQ(Ask(all),
            "pi-07/00000000000005ed/3|pi-07|00000000000005ed|3|9|4|evicted\n"
            "pi-08/0000000000000001/1|pi-08|0000000000000001|1|2|2|evicted\n");
  PutLosses({{{"pi-07", 0x5ed}, {20, 21}, 2, "evicted"}});  // the older reports had to go from the ledger
  EXPECT_EQ(Ask("SELECT sum(count) FROM losses"), "8\n");
}

TEST_F(SqliteTargetTest, DevicesAreWhatTheirNewestRecordsSay) {
  Export({analyze::OurRecord({1, 100})}, {{"host", "old"}, {"kernel", "6.1"}, {"cpus_online", std::int64_t{4}}});
  Export({analyze::OurRecord({2, 100})}, {{"host", "new"}, {"cpus_online", "four"}});
  Export({R"({"timestamp":"2025-10-07T10:30:03Z","device_id":"00:0f:00:70:91:0a","model_name":"m","status":"error"})"});
  EXPECT_EQ(Ask("SELECT device_id, device_name, inferences, failed_inferences, host, kernel, cpus_online FROM devices"),
            "00:0f:00:70:91:0a|edge|3|1|a|6.1|4\n");
}

TEST_F(SqliteTargetTest, DevicesOfSomebodyElseAreNamed) {
  Ask("CREATE TABLE devices (id INTEGER PRIMARY KEY)");
  const auto target = Open();
  EXPECT_EQ(target.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(target.status().message().find("\"devices\""), std::string::npos) << target.status().message();
  EXPECT_EQ(Ask("SELECT count(*) FROM sqlite_master"), "1\n");
}

TEST_F(SqliteTargetTest, ColumnsOfTheUserStay) {
  Export({analyze::OurRecord({1})});
  Ask("ALTER TABLE records ADD COLUMN note TEXT; UPDATE records SET note = 'mine'");
  Export({analyze::OurRecord({1, 200})});
  EXPECT_EQ(Ask("SELECT note, inference_time_ms FROM records"), "mine|200.0\n");
}

TEST_F(SqliteTargetTest, TableOfSomebodyElseIsNamedAndUntouched) {
  Ask("CREATE TABLE records (id INTEGER PRIMARY KEY, title TEXT)");
  const auto target = Open();
  EXPECT_EQ(target.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(target.status().message().find("records.sqlite: the table \"records\" is there and is none of ours"),
            std::string::npos)
      << target.status().message();
  EXPECT_EQ(Ask("SELECT count(*) FROM pragma_table_info('records')"), "2\n");
}

TEST_F(SqliteTargetTest, FileThatIsNoDatabaseIsNamed) {
  folder_.Put("records.sqlite", std::string(5000, 'x'));
  const auto target = Open();
  EXPECT_EQ(target.status().code(), Code::kDataLoss);
  EXPECT_NE(target.status().message().find("records.sqlite: file is not a database"), std::string::npos)
      << target.status().message();
}

TEST_F(SqliteTargetTest, FolderThatIsNotThereIsNamed) {
  const auto target = OpenSqliteTarget(folder_.path() / "nowhere" / "a.sqlite");
  EXPECT_FALSE(target.ok());
  EXPECT_NE(target.status().message().find("nowhere/a.sqlite: unable to open database file"), std::string::npos)
      << target.status().message();
}

TEST_F(SqliteTargetTest, LoadsAreRememberedEachOnce) {
  for (int run = 0; run < 2; ++run) {
    auto target = Open();
    ASSERT_TRUE((*target)->PutLoad({found_, {{"model_name", "SmolLM2"}, {"load_time_seconds", 1.5}}, {}, {}}).ok());
    ASSERT_TRUE((*target)->PutLoad({found_, {{"model_name", "SmolLM2"}, {"load_time_seconds", 2.5}}, {}, {}}).ok());
    ASSERT_TRUE((*target)->Finish().ok());
  }
  EXPECT_EQ(Ask("SELECT device_name, model_name, load_time_seconds FROM loads ORDER BY 3"),
            "edge|SmolLM2|1.5\nedge|SmolLM2|2.5\n");
}

}  // namespace
}  // namespace inferometer::exchange
