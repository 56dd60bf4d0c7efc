#include "exchange/csv.h"

#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::exchange {
namespace {

std::string TextCell(std::string_view text) {
  std::string out;
  CsvWriter(out).Text(text);
  return out;
}

std::string NumberCell(std::optional<double> value) {
  std::string out;
  CsvWriter(out).Number(value);
  return out;
}

TEST(Csv, LinesEndInCrlfAndCellsInCommas) {
  std::string out;
  CsvWriter line(out);
  line.Text("a").Number(1.5).Empty().MaybeText(std::nullopt).MaybeText("b").EndLine();
  line.Number(std::nullopt).Text("c").EndLine();
  EXPECT_EQ(out, "a,1.5,,,b\r\n,c\r\n");
}

TEST(Csv, WhatWouldBreakALineIsQuoted) {
  EXPECT_EQ(TextCell("a,b"), "\"a,b\"");
  EXPECT_EQ(TextCell("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(TextCell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(TextCell("a\rb"), "\"a\rb\"");
  EXPECT_EQ(TextCell("a b;c"), "a b;c");
  EXPECT_EQ(TextCell(""), "");
}

TEST(Csv, FormulasInTextsAreDisarmed) {
  EXPECT_EQ(TextCell("=1+1"), "'=1+1");
  EXPECT_EQ(TextCell("+1"), "'+1");
  EXPECT_EQ(TextCell("-1"), "'-1");
  EXPECT_EQ(TextCell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(TextCell("\tx"), "'\tx");
  EXPECT_EQ(TextCell("\rx"), "\"'\rx\"");
  EXPECT_EQ(TextCell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
  EXPECT_EQ(TextCell("a=1"), "a=1");
}

TEST(Csv, NumbersAreNotTouchedAndWhatIsNoneIsEmpty) {
  EXPECT_EQ(NumberCell(-1.5), "-1.5");
  EXPECT_EQ(NumberCell(0.1), "0.1");
  EXPECT_EQ(NumberCell(1e300), "1e+300");
  EXPECT_EQ(NumberCell(std::nan("")), "");
  EXPECT_EQ(NumberCell(INFINITY), "");
}

}  // namespace
}  // namespace inferometer::exchange
