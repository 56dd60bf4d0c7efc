#include "report/html/time_scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const WallTime kBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 8h;

std::vector<std::string> LabelsOf(const TimeScale& scale) {
  std::vector<std::string> labels;
  for (const TimeTick& tick : scale.Ticks()) labels.push_back(tick.label);
  return labels;
}

TEST(TimeScale, IsLinearWithoutLongGaps) {
  const TimeScale scale({{kBegin, kBegin + 10min}, {kBegin + 11min, kBegin + 40min}}, 600);
  EXPECT_TRUE(scale.folds().empty());
  EXPECT_NEAR(scale.Place(kBegin + 20min), (scale.Place(kBegin) + scale.Place(kBegin + 40min)) / 2, 1e-9);
  EXPECT_THAT(LabelsOf(scale), ElementsAre("11-20 08:00", "08:10", "08:20", "08:30", "08:40"));
}

TEST(TimeScale, LongGapsAreFoldedAndKeepTheirLength) {
  const TimeScale scale({{kBegin, kBegin + 30min}, {kBegin + 50h, kBegin + 50h + 30min}}, 600);
  ASSERT_EQ(scale.folds().size(), 1U);
  EXPECT_EQ(scale.folds()[0].lasting, 49h + 30min);
  EXPECT_EQ(scale.folds()[0].right - scale.folds()[0].left, TimeScale::kFoldWidth);
  EXPECT_LT(scale.Place(kBegin + 30min), scale.folds()[0].left);
  EXPECT_GT(scale.Place(kBegin + 50h), scale.folds()[0].right);
  const double in_gap = scale.Place(kBegin + 20h);
  EXPECT_TRUE(in_gap > scale.folds()[0].left && in_gap < scale.folds()[0].right);
  EXPECT_LE(scale.Place(kBegin + 50h + 30min), 600);
  EXPECT_THAT(LabelsOf(scale), ::testing::Contains("11-22 10:00"));
}

TEST(TimeScale, GapIsMeasuredAgainstWhatIsLeft) {
  const TimeScale scale({{kBegin, kBegin + 30min}, {kBegin + 20h, kBegin + 21h}, {kBegin + 200h, kBegin + 201h}}, 600);
  EXPECT_EQ(scale.folds().size(), 2U);
}

TEST(TimeScale, OverlappingStretchesAreNoGap) {
  const TimeScale scale({{kBegin, kBegin + 50h}, {kBegin + 1h, kBegin + 2h}, {kBegin + 49h, kBegin + 51h}}, 600);
  EXPECT_TRUE(scale.folds().empty());
}

TEST(TimeScale, OneMomentStandsInTheMiddle) {
  const TimeScale scale({{kBegin, kBegin}}, 600);
  EXPECT_NEAR(scale.Place(kBegin), 300, 1);
  EXPECT_FALSE(scale.Ticks().empty());
}

TEST(TimeScale, SingleMomentsFarApartAreAllPlaced) {
  std::vector<Stretch> stretches;
  for (int i = 0; i < 40; ++i) stretches.push_back({kBegin + i * i * 24h, kBegin + i * i * 24h});
  const TimeScale scale(stretches, 600);
  EXPECT_LE(scale.folds().size(), TimeScale::kMostFolds);
  double before = -1;
  for (const Stretch& stretch : stretches) {
    const double x = scale.Place(stretch.first);
    EXPECT_TRUE(x > before && x <= 600) << x;
    before = x;
  }
}

TEST(TimeScale, LabelsDoNotRunIntoEachOther) {
  for (auto length = 1s; length < 100'000h; length *= 3) {
    const std::vector<TimeTick> ticks =
        TimeScale({{kBegin, kBegin + length}, {kBegin + length * 4, kBegin + length * 5}}, 300).Ticks();
    ASSERT_FALSE(ticks.empty());
    for (std::size_t i = 1; i < ticks.size(); ++i) {
      EXPECT_GT(ticks[i].x - ticks[i - 1].x, 30) << length.count() << ' ' << ticks[i].label;
    }
  }
}

}  // namespace
}  // namespace inferometer::report::html
