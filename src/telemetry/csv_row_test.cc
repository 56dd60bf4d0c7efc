#include "telemetry/csv_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Split(std::string_view row) {
  std::vector<std::string> fields = {"left", "from", "the", "row", "before"};
  const Status status = SplitRow(row, fields);
  EXPECT_TRUE(status.ok()) << status.message();
  return fields;
}

std::string TroubleOf(std::string_view row) {
  std::vector<std::string> fields;
  return SplitRow(row, fields).message();
}

TEST(CsvRow, FieldsAreSplitAtCommas) {
  EXPECT_THAT(Split("a,b c,,d\n"), ElementsAre("a", "b c", "", "d"));
  EXPECT_THAT(Split("a,b\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(Split("a,"), ElementsAre("a", ""));
  EXPECT_THAT(Split(""), ElementsAre(""));
}

TEST(CsvRow, QuotesProtectCommasLineEndsAndDoubledQuotes) {
  EXPECT_THAT(Split("\"a,b\",\"c\nd\",\"e\"\"f\",\"\",\"\"\"\"\n"), ElementsAre("a,b", "c\nd", "e\"f", "", "\""));
}

TEST(CsvRow, WrongQuotesAreNamed) {
  EXPECT_THAT(TroubleOf("\"a,b\n"), HasSubstr("not closed"));
  EXPECT_THAT(TroubleOf("\"a\"b,c"), HasSubstr("between a closing quote and the next comma"));
  EXPECT_THAT(TroubleOf("a\"b,c"), HasSubstr("inside a field that is not quoted"));
}

TEST(CsvRow, EndsAtTheFirstLineEndOutsideQuotes) {
  EXPECT_EQ(RowLength("ab\ncd\n"), 3U);
  EXPECT_EQ(RowLength("\"a\nb\",c\nd"), 8U);
  EXPECT_EQ(RowLength("\"a\"\"\nb\",c\nd"), 10U);
  EXPECT_EQ(RowLength("\"\"\nx"), 3U);
  EXPECT_EQ(RowLength("a\"b\nc"), 4U) << "a quote inside a plain field protects nothing";
  EXPECT_EQ(RowLength("a,b"), std::nullopt);
  EXPECT_EQ(RowLength("\"a\nb\n"), std::nullopt);
}

}  // namespace
}  // namespace inferometer::telemetry
