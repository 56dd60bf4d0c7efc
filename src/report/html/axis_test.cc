#include "report/html/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::report::html {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> LabelsOf(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

TEST(Axis, TicksAreRoundNumbersAroundTheValues) {
  EXPECT_THAT(LabelsOf(Axis::Linear(0, 847, Zero::kAlways, 6)), ElementsAre("0", "200", "400", "600", "800", "1,000"));
  EXPECT_THAT(LabelsOf(Axis::Linear(61, 78, Zero::kWhenNear, 5)), ElementsAre("60", "65", "70", "75", "80"));
  EXPECT_THAT(LabelsOf(Axis::Linear(0, 0.3, Zero::kAlways, 4)), ElementsAre("0.0", "0.1", "0.2", "0.3"));
}

TEST(Axis, BeginsAtZeroWhenAskedOrWhenZeroIsNear) {
  EXPECT_EQ(Axis::Linear(90, 100, Zero::kAlways, 5).low(), 0);
  EXPECT_EQ(Axis::Linear(40, 100, Zero::kWhenNear, 5).low(), 0);
  EXPECT_GT(Axis::Linear(90, 100, Zero::kWhenNear, 5).low(), 0);
  EXPECT_GT(Axis::Linear(40, 88, Zero::kNever, 5).low(), 0);
}

TEST(Axis, SaysWhatWouldMislead) {
  EXPECT_EQ(Axis::Linear(0, 100, Zero::kWhenNear, 5).Remark(), "");
  EXPECT_EQ(Axis::Linear(90, 100, Zero::kWhenNear, 5).Remark(), "axis from 90");
  EXPECT_EQ(Axis::ForWide(1, 100, Zero::kAlways, 5).Remark(), "log scale");
  EXPECT_EQ(Axis::Exactly(90, 100, 5).Remark(), "");
}

TEST(Axis, NegativeValuesAreOnIt) {
  const Axis axis = Axis::Linear(-23.5, 4, Zero::kAlways, 6);
  EXPECT_LE(axis.low(), -23.5);
  EXPECT_GT(axis.Place(-23.5), 0);
  EXPECT_LT(axis.Place(-23.5), axis.Place(4));
  EXPECT_THAT(LabelsOf(axis), ElementsAre("−30", "−20", "−10", "0", "10"));
}

TEST(Axis, EqualValuesStandInside) {
  for (const double value : {0.0, 1e-320, 5.0, 1e12, 1e15, -40.0}) {
    for (const Axis& axis : {Axis::Linear(value, value, Zero::kWhenNear, 5), Axis::Exactly(value, value, 5),
                             Axis::ForWide(value, value, Zero::kAlways, 5)}) {
      EXPECT_TRUE(std::isfinite(axis.Place(value))) << value;
      EXPECT_LT(axis.low(), axis.high()) << value;
      EXPECT_FALSE(axis.ticks().empty()) << value;
    }
  }
}

TEST(Axis, WideValuesStandOnALogScale) {
  const Axis axis = Axis::ForWide(3, 2'000, Zero::kAlways, 10);
  EXPECT_TRUE(axis.is_log());
  EXPECT_THAT(LabelsOf(axis),
              ElementsAre("2.00", "5.00", "10.0", "20.0", "50.0", "100", "200", "500", "1,000", "2,000"));
  EXPECT_NEAR(axis.Place(200) - axis.Place(20), axis.Place(2000) - axis.Place(200), 1e-12);
  EXPECT_FALSE(Axis::ForWide(0, 2'000, Zero::kAlways, 5).is_log());
  EXPECT_FALSE(Axis::ForWide(-3, 2'000, Zero::kAlways, 5).is_log());
}

TEST(Axis, AnyRangeHasFewTicksAndHoldsItsValues) {
  for (double low = 1e-9; low < 1e15; low *= 7.3) {
    for (double high = low; high <= 1e15; high *= 11.7) {
      for (const Axis& axis : {Axis::Linear(low, high, Zero::kWhenNear, 6), Axis::ForWide(low, high, Zero::kAlways, 6),
                               Axis::Exactly(low, high, 6)}) {
        ASSERT_LE(axis.ticks().size(), 7U) << low << ' ' << high;
        ASSERT_GE(axis.ticks().size(), 1U) << low << ' ' << high;
        ASSERT_LE(axis.low(), low) << low << ' ' << high;
        ASSERT_GE(axis.high(), high * (1 - 1e-9)) << low << ' ' << high;
        ASSERT_TRUE(axis.Place(low) >= 0 && axis.Place(high) <= 1) << low << ' ' << high;
      }
    }
  }
}

TEST(Axis, ValuesBeyondStandAtTheEnds) {
  const Axis axis = Axis::Linear(0, 10, Zero::kAlways, 5);
  EXPECT_EQ(axis.Place(-5), 0);
  EXPECT_EQ(axis.Place(50), 1);
}

}  // namespace
}  // namespace inferometer::report::html
