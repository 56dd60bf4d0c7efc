#include "probe/energy/meter_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void ExpectSample(std::string_view line, std::chrono::nanoseconds stamp, double watts) {
  const auto sample = ParseMeterLine(line);
  ASSERT_TRUE(sample.ok() && sample->has_value()) << line << ": " << sample.status().message();
  EXPECT_EQ((*sample)->stamp, stamp) << line;
  EXPECT_EQ((*sample)->watts, watts) << line;
}

void ExpectRefused(std::string_view line, std::size_t byte) {
  const auto sample = ParseMeterLine(line);
  EXPECT_EQ(sample.status().code(), Code::kInvalidArgument) << line;
  EXPECT_EQ(sample.status().offset_bytes(), byte) << line;
}

TEST(ParseMeterLineTest, TakesEverySeparator) {
  for (const char* line :
       {"1.5,3.25", "1.5;3.25", "1.5\t3.25", "1.5 3.25", "1.5, 3.25", "  1.5 ;\t3.25 ", "1.5,3.25\r"}) {
    ExpectSample(line, milliseconds(1500), 3.25);
  }
}

TEST(ParseMeterLineTest, UnixTimeKeepsItsMicroseconds) {
  const auto sample = ParseMeterLine("1760000000.123456,4");
  ASSERT_TRUE(sample.ok());
  EXPECT_LT(std::chrono::abs((*sample)->stamp - (seconds(1'760'000'000) + std::chrono::microseconds(123'456))),
            std::chrono::microseconds(1));
}

TEST(ParseMeterLineTest, EmptyLinesAndCommentsAreNothing) {
  for (const char* line : {"", "\r", "  ", "# time, watts", " #"}) {
    const auto sample = ParseMeterLine(line);
    ASSERT_TRUE(sample.ok()) << line;
    EXPECT_FALSE(sample->has_value()) << line;
  }
}

TEST(ParseMeterLineTest, RefusesWhatIsNoTimeAndPowerAndNamesTheByte) {
  ExpectRefused("time,watts", 0);
  ExpectRefused("nan,3", 0);
  ExpectRefused("inf,3", 0);
  ExpectRefused("-1,3", 0);
  ExpectRefused("1e300,3", 0);
  ExpectRefused("9e999,3", 0);
  ExpectRefused("1", 1);
  ExpectRefused("1:3", 1);
  ExpectRefused("1,", 2);
  ExpectRefused("1,,3", 2);
  ExpectRefused("1,nan", 2);
  ExpectRefused("1,-inf", 2);
  ExpectRefused("1,-0.5", 2);
  ExpectRefused("1,10001", 2);
  ExpectRefused("1,3W", 3);
  ExpectRefused("1,3,5.1", 3);
  ExpectRefused("1,5;3,2", 3);  // decimal commas
  ExpectRefused(std::string("1,3\0", 4), 3);
  ExpectRefused(std::string(257, ' '), 256);
}

class MeterLinesTest : public testing::Test {
 protected:
  void Feed(std::string_view bytes) {
    lines_.Feed(bytes, [this](std::string_view line) { taken_.emplace_back(line); });
  }
  MeterLines lines_;
  std::vector<std::string> taken_;
};

TEST_F(MeterLinesTest, PiecesMakeNoDifference) {
  for (const char byte : std::string_view("1,2\n\n3,4\r\n5,")) Feed({&byte, 1});
  EXPECT_EQ(taken_, (std::vector<std::string>{"1,2", "", "3,4\r"}));
  Feed("6\n7,8\n");
  EXPECT_EQ(taken_.back(), "7,8");
  EXPECT_EQ(taken_[3], "5,6");
}

TEST_F(MeterLinesTest, AnEndlessLineTakesBoundedMemoryAndIsRefused) {
  for (int i = 0; i < 1000; ++i) Feed("1,2 ");
  EXPECT_TRUE(taken_.empty());
  Feed("\n3,4\n");
  ASSERT_EQ(taken_.size(), 2U);
  EXPECT_EQ(taken_[0].size(), kMostMeterLineBytes + 1);
  EXPECT_FALSE(ParseMeterLine(taken_[0]).ok());
  EXPECT_EQ(taken_[1], "3,4");
}

}  // namespace
}  // namespace inferometer::probe
