#include "lake/field_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lake/database.h"
#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::vector<std::string_view> kColumns = {"device_id", "inference_time_ms", "generated_tokens"};

// Files as other programs or earlier releases write them, with verbs.
class FieldScanTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path Write(const std::string& name, const std::string& select) const {
    auto database = Database::Open({});
    EXPECT_TRUE(database.ok()) << database.status().message();
    const fs::path file = folder_.path() / name;
    const Status written = database->Run("COPY (" + select + ") TO " + SqlText(file.string()) + " (FORMAT parquet)");
    EXPECT_TRUE(written.ok()) << written.message();
    return file;
  }
  // One text a row: "id time tokens", with - for what is not there.
  static std::vector<std::string> Rows(FieldScan& scan) {
    std::vector<std::string> rows;
    while (true) {
      const auto chunk = scan.Next();
      EXPECT_TRUE(chunk.ok()) << chunk.status().message();
      if (!chunk.ok() || !*chunk) return rows;
      const auto columns = (*chunk)->columns;
      for (std::size_t row = 0; row < (*chunk)->rows; ++row) {
        rows.push_back((columns[0].Has(row) ? std::string(columns[0].Text(row)) : "-") + " " +
                       (columns[1].Has(row) ? std::to_string(columns[1].Real(row)) : "-") + " " +
                       (columns[2].Has(row) ? std::to_string(columns[2].Integer(row)) : "-"));
      }
    }
  }
  os::TemporaryFolder folder_;
};

TEST_F(FieldScanTest, AColumnThatAFileLacksHasNoValues) {
  const fs::path whole = Write(
      "a.parquet", "SELECT 'a device with a long name' AS device_id, 1.5 AS inference_time_ms, 7 AS generated_tokens");
  const fs::path less = Write("b.parquet", "SELECT 'b' AS device_id, 2.25::DECIMAL(18, 3) AS inference_time_ms");
  auto scan = FieldScan::Open(kColumns);
  ASSERT_TRUE(scan.ok()) << scan.status().message();
  scan->Start({&less, 1});
  EXPECT_THAT(Rows(*scan), ElementsAre("b 2.250000 -"));
  const std::vector<fs::path> both = {whole, less};
  scan->Start(both);
  EXPECT_THAT(Rows(*scan), ElementsAre("a device with a long name 1.500000 7", "b 2.250000 -"));
}

TEST_F(FieldScanTest, OneScanReadsOnWhereAFormerOneFailed) {
  const fs::path good = Write("a.parquet", "SELECT 'a' AS device_id, 1 AS inference_time_ms, 7 AS generated_tokens");
  const fs::path bad = folder_.Put("b.parquet", "PAR1 and nothing more");
  auto scan = FieldScan::Open(kColumns);
  scan->Start({&bad, 1});
  const auto failed = scan->Next();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), Code::kDataLoss);
  EXPECT_THAT(failed.status().message(), HasSubstr("b.parquet"));
  scan->Start({&good, 1});
  EXPECT_THAT(Rows(*scan), ElementsAre("a 1.000000 7"));
}

TEST_F(FieldScanTest, RunsOfRowsTellWhatTheyHave) {
  const fs::path file = Write(
      "a.parquet",
      "SELECT CASE WHEN i < 70 THEN 'x' ELSE 'a text of some length' END AS device_id, CASE WHEN i < 100 THEN i END AS "
      "inference_time_ms, 1 AS generated_tokens FROM range(200) AS t(i)");
  auto scan = FieldScan::Open(kColumns);
  scan->Start({&file, 1});
  const auto chunk = scan->Next();
  ASSERT_TRUE(chunk.ok() && chunk->has_value());
  const auto columns = (*chunk)->columns;
  EXPECT_EQ(columns[0].EndOfSameText(0, 200), 70U);
  EXPECT_EQ(columns[0].EndOfSameText(70, 200), 200U);
  EXPECT_TRUE(columns[1].HasAll(3, 100));
  EXPECT_FALSE(columns[1].HasAll(3, 101));
  EXPECT_TRUE(columns[1].HasNone(100, 200));
  EXPECT_FALSE(columns[1].HasNone(99, 200));
  EXPECT_TRUE(columns[2].HasAll(0, 200));
  EXPECT_FALSE(columns[2].HasNone(0, 200));
  std::vector<double> numbers(3);
  columns[1].Reals(97, 100, numbers.data());
  EXPECT_THAT(numbers, ElementsAre(97, 98, 99));
  columns[2].Integers(97, 100, numbers.data());
  EXPECT_THAT(numbers, ElementsAre(1, 1, 1));
}

TEST_F(FieldScanTest, LongTextsAreTheSameByWhatTheySayWhereverTheyStand) {
  const fs::path file = Write(
      "a.parquet",
      "SELECT 'the same beginning ' || CASE WHEN i < 3 THEN 'one' ELSE 'two' END || CASE WHEN i > 3 THEN NULL ELSE '' "
      "END AS device_id, i AS inference_time_ms, i AS generated_tokens FROM range(6) AS t(i)");
  auto scan = FieldScan::Open(kColumns);
  scan->Start({&file, 1});
  const auto chunk = scan->Next();
  ASSERT_TRUE(chunk.ok() && chunk->has_value());
  const ColumnView& texts = (*chunk)->columns[0];
  EXPECT_EQ(texts.EndOfSameText(0, 6), 3U);
  EXPECT_EQ(texts.EndOfSameText(3, 6), 4U);
  EXPECT_EQ(texts.EndOfSameText(4, 6), 6U);  // none there
}

}  // namespace
}  // namespace inferometer::lake
