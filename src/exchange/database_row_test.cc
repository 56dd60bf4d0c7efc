#include "exchange/database_row.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "exchange/database_table.h"

namespace inferometer::exchange {
namespace {

// Writes cells down, one a line, as "type value".
struct WrittenCells {
  std::vector<std::string> cells;
  void Null() { cells.emplace_back("null"); }
  void Text(std::string_view text) { cells.push_back(fmt::format("text {}", text)); }
  void Real(double value) { cells.push_back(fmt::format("real {}", value)); }
  void Integer(std::int64_t value) { cells.push_back(fmt::format("integer {}", value)); }
  void Boolean(bool value) { cells.push_back(fmt::format("boolean {}", value)); }
  void Time(WallTime time) { cells.push_back("time " + base::FormatRfc3339(time)); }
  void TextList(const std::vector<std::string>& list) { cells.push_back(fmt::format("list {}", fmt::join(list, "|"))); }
  void Json(std::string_view json) { cells.push_back(fmt::format("json {}", json)); }
};

std::string CellOf(const WrittenCells& row, const Table& table, std::string_view column) {
  EXPECT_EQ(row.cells.size(), table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == column) return row.cells.at(i);
  }
  return "no such column";
}

TEST(DatabaseRow, HasEveryFieldInItsColumnAndNullForWhatWasNotMeasured) {
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::seconds(1));
  record.model_name = "SmolLM2";
  record.inference_time_ms = 1.5;
  record.generated_tokens = 3;
  record.throttled = false;
  record.flags = {"swap", "steal"};
  WrittenCells row;
  PutRecordRow({"key", "edge", std::nullopt}, record, row);
  const Table& table = RecordsTable();
  EXPECT_EQ(CellOf(row, table, "record_key"), "text key");
  EXPECT_EQ(CellOf(row, table, "device_name"), "text edge");
  EXPECT_EQ(CellOf(row, table, "context_key"), "null");
  EXPECT_EQ(CellOf(row, table, "timestamp"), "time 1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(CellOf(row, table, "model_name"), "text SmolLM2");
  EXPECT_EQ(CellOf(row, table, "inference_time_ms"), "real 1.5");
  EXPECT_EQ(CellOf(row, table, "generated_tokens"), "integer 3");
  EXPECT_EQ(CellOf(row, table, "throttled"), "boolean false");
  EXPECT_EQ(CellOf(row, table, "flags"), "list swap|steal");
  EXPECT_EQ(CellOf(row, table, "throttle_reasons"), "null");
  EXPECT_EQ(CellOf(row, table, "energy_consumed_mj"), "null");
}

TEST(DatabaseRow, ContextStandsUnderAKeyOfItsContent) {
  const store::Context context = {{"host", "a"}, {"threads", std::int64_t{4}}};
  const auto row = MakeContextRow(context);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->json, R"({"host":"a","threads":4})");
  EXPECT_EQ(row->key.size(), 32U);
  EXPECT_EQ(MakeContextRow(context)->key, row->key);
  EXPECT_EQ(MakeContextRow({context[1], context[0]})->key, row->key);
  EXPECT_NE(MakeContextRow({{"host", "b"}})->key, row->key);
  EXPECT_FALSE(MakeContextRow({}).has_value());
}

TEST(DatabaseRow, LatestContextTellsANewOneFromTheOneBefore) {
  LatestContext latest;
  EXPECT_FALSE(latest.Update({}));
  EXPECT_EQ(latest.key(), std::nullopt);
  EXPECT_TRUE(latest.Update({{"host", "a"}}));
  const auto key = latest.key();
  EXPECT_TRUE(key.has_value());
  EXPECT_FALSE(latest.Update({{"host", "a"}}));
  EXPECT_EQ(latest.key(), key);
  EXPECT_FALSE(latest.Update({}));
  EXPECT_EQ(latest.key(), std::nullopt);
}

TEST(DatabaseRow, LoadHasItsColumnsAndAllThatItsFileSays) {
  WrittenCells row;
  PutLoadRow(MakeLoadRow("edge", {{"timestamp", "2025-10-07T10:30:15Z"},
                                  {"device_id", "pi-07"},
                                  {"model_name", "SmolLM2"},
                                  {"load_time_seconds", std::int64_t{2}},
                                  {"memory_increase_mb", 1.5}}),
             row);
  const Table& table = LoadsTable();
  EXPECT_EQ(CellOf(row, table, "device_name"), "text edge");
  EXPECT_EQ(CellOf(row, table, "timestamp"), "time 2025-10-07T10:30:15.000000Z");
  EXPECT_EQ(CellOf(row, table, "device_id"), "text pi-07");
  EXPECT_EQ(CellOf(row, table, "load_time_seconds"), "real 2");
  EXPECT_NE(CellOf(row, table, "load").find("\"memory_increase_mb\":1.5"), std::string::npos);
}

TEST(DatabaseRow, LoadWithoutWhatItShouldSayHasNulls) {
  WrittenCells row;
  PutLoadRow(MakeLoadRow(std::nullopt, {{"timestamp", "yesterday"}, {"device_id", true}, {"load_time_seconds", "2"}}),
             row);
  for (const char* column : {"device_name", "timestamp", "device_id", "model_name", "load_time_seconds"}) {
    EXPECT_EQ(CellOf(row, LoadsTable(), column), "null") << column;
  }
}

TEST(StorableText, IsUtf8WithoutNul) {
  EXPECT_EQ(StorableText("grün"), "grün");
  EXPECT_EQ(StorableText(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(StorableText("a\xff"), "a\xEF\xBF\xBD");
}

TEST(DatabaseRow, ContextOfABadFileIsStillJsonForEveryDatabase) {
  const auto row = MakeContextRow({{std::string("k\0", 2), std::string("v\0", 2)}});
  EXPECT_EQ(row->json.find("u0000"), std::string::npos) << row->json;
}

}  // namespace
}  // namespace inferometer::exchange
