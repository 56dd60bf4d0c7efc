#include "report/html/number_text.h"

#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

TEST(Fixed, ThousandsAreApart) {
  EXPECT_EQ(Fixed(0, 0), "0");
  EXPECT_EQ(Fixed(999.94, 1), "999.9");
  EXPECT_EQ(Fixed(1000, 0), "1,000");
  EXPECT_EQ(Fixed(1234567.891, 2), "1,234,567.89");
}

TEST(Fixed, NegativeHasAMinusUnlessNothingIsLeftOfIt) {
  EXPECT_EQ(Fixed(-20.5, 1), "−20.5");
  EXPECT_EQ(Fixed(-1234, 0), "−1,234");
  EXPECT_EQ(Fixed(-0.01, 1), "0.0");
}

TEST(Fixed, HugeIsWrittenWithItsPower) { EXPECT_EQ(Fixed(1.5e15, 1), "1.5e+15"); }

TEST(Figure, HasAboutThreeDigits) {
  EXPECT_EQ(Figure(0), "0");
  EXPECT_EQ(Figure(1427.916), "1,428");
  EXPECT_EQ(Figure(72.913), "72.9");
  EXPECT_EQ(Figure(5.25), "5.25");
  EXPECT_EQ(Figure(0.0312), "0.0312");
  EXPECT_EQ(Figure(-5.25), "−5.25");
  EXPECT_EQ(Figure(1e-30), "0.000000000");
}

TEST(Counted, OneAndMany) {
  EXPECT_EQ(Counted(1, "file", "files"), "1 file");
  EXPECT_EQ(Counted(2000, "file", "files"), "2,000 files");
  EXPECT_EQ(CountOf(1000), "n\u00a0=\u00a01,000");
}

TEST(Lasting, TwoLargestUnits) {
  using namespace std::chrono_literals;
  EXPECT_EQ(Lasting(1500ms), "1.50 s");
  EXPECT_EQ(Lasting(61s), "1 min");
  EXPECT_EQ(Lasting(2h), "2 h");
  EXPECT_EQ(Lasting(2h + 5min), "2 h 5 min");
  EXPECT_EQ(Lasting(50h), "2 d 2 h");
  EXPECT_EQ(Lasting(48h), "2 d");
  EXPECT_EQ(Lasting(24h * 1000 + 5h), "1,000 d");
}

}  // namespace
}  // namespace inferometer::report::html
