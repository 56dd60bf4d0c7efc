#include "analyze/compare/ratio_bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/compare/simulated_runs.h"

namespace inferometer::analyze {
namespace {

constexpr double kLevel = 0.05;

double WidthOf(const Interval& interval) { return interval.high - interval.low; }

// Two arms of simulated values, of which blocks or sessions can be made.
class RatioBootstrapTest : public ::testing::Test {
 protected:
  RatioBootstrapTest() { Draw(60, {}); }

  void Draw(std::size_t count, const Noise& noise) {
    SimulatedRuns runs(3);
    arms_.a = runs.Arm(count, 100, noise);
    arms_.b = runs.Arm(count, 110, noise);
  }
  // Makes runs of `size` values blocks; those of both arms carry the same names.
  void CutIntoBlocks(std::size_t size) {
    for (auto* arm : {&arms_.a, &arms_.b}) {
      for (std::size_t i = 0; i < arm->size(); ++i) (*arm)[i].block = static_cast<std::int32_t>(i / size);
    }
  }
  // What a block has in common: the machine's heat, say.
  void MoveBlocksTogether(double spread) {
    SimulatedRuns runs(5);
    std::vector<double> factors;
    for (std::size_t i = 0; i < arms_.a.size(); ++i) factors.push_back(std::exp(spread * runs.Normal()));
    for (auto* arm : {&arms_.a, &arms_.b}) {
      for (Observation& one : *arm) one.value *= factors[static_cast<std::size_t>(one.block)];
    }
  }
  [[nodiscard]] Interval Bootstrap(std::size_t block_length = 1, std::uint64_t seed = 1) const {
    return IntervalOf(BootstrapRatio(ChooseUnits(arms_), block_length, seed), kLevel);
  }

  TwoArms arms_;
};

TEST_F(RatioBootstrapTest, TheSameSeedGivesTheSameTails) {
  const Interval first = Bootstrap(1, 7);
  const Interval again = Bootstrap(1, 7);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_NE(Bootstrap(1, 8).low, first.low);
}

TEST_F(RatioBootstrapTest, DrawingMedianRanksIsDrawingTheValues) {
  for (const std::size_t count : {std::size_t{59}, std::size_t{60}}) {
    Draw(count, {});
    const Interval ranks = Bootstrap();
    CutIntoBlocks(1);
    for (Observation& one : arms_.b) one.block += 1000;  // so that blocks are not paired
    const Interval values = Bootstrap();
    EXPECT_NEAR(ranks.low, values.low, 0.004) << count;
    EXPECT_NEAR(ranks.high, values.high, 0.004) << count;
  }
}

TEST_F(RatioBootstrapTest, WhatBlocksHaveInCommonFallsOutWherePaired) {
  CutIntoBlocks(1);
  MoveBlocksTogether(0.3);
  const double paired = WidthOf(Bootstrap());
  for (Observation& one : arms_.b) one.block += 1000;
  EXPECT_LT(paired, 0.6 * WidthOf(Bootstrap()));
}

TEST_F(RatioBootstrapTest, ValuesOfASessionThatGoTogetherMakeTheIntervalWider) {
  CutIntoBlocks(6);
  MoveBlocksTogether(0.1);
  for (Observation& one : arms_.b) one.block += 1000;
  const double by_blocks = WidthOf(Bootstrap());
  for (auto* arm : {&arms_.a, &arms_.b}) {
    for (Observation& one : *arm) one.block = -1;
  }
  EXPECT_GT(by_blocks, 1.3 * WidthOf(Bootstrap()));
}

TEST_F(RatioBootstrapTest, MovingBlocksMakeTheIntervalOfADependentSeriesWider) {
  Draw(200, {.outliers = 0, .autocorrelation = 0.6});
  EXPECT_GT(WidthOf(Bootstrap(12)), 1.3 * WidthOf(Bootstrap(1)));
}

TEST_F(RatioBootstrapTest, ManyValuesGiveTheLimit) {
  Draw(kMostExact, {});
  const Interval exact = Bootstrap();
  for (auto* arm : {&arms_.a, &arms_.b}) arm->push_back(arm->front());
  const Interval limit = Bootstrap();
  EXPECT_NEAR(limit.low, exact.low, 0.0005);
  EXPECT_NEAR(limit.high, exact.high, 0.0005);
}

TEST_F(RatioBootstrapTest, ManyValuesInPairedBlocksGiveTheLimit) {
  Draw(kMostExact, {});
  CutIntoBlocks(50);
  MoveBlocksTogether(0.3);
  const Interval exact = Bootstrap();
  for (auto* arm : {&arms_.a, &arms_.b}) arm->push_back(arm->front());
  const Interval limit = Bootstrap();
  EXPECT_NEAR(WidthOf(limit) / WidthOf(exact), 1, 0.1);
}

TEST_F(RatioBootstrapTest, ManyStrataGiveTheIntervalOfAFewAsWide) {
  Draw(30, {});
  const Resampling cut = ChooseUnits(arms_);
  const auto width_of = [&](std::size_t count) {
    const std::vector<ResampledStratum> strata(count, {&cut, 1, 1 / static_cast<double>(count)});
    const Interval interval = IntervalOf(BootstrapRatios(strata, 1), kLevel);
    return std::log(interval.high / interval.low) * std::sqrt(static_cast<double>(count));
  };
  const double alone = std::log(Bootstrap().high / Bootstrap().low);
  EXPECT_NEAR(width_of(kMostStrataInFull) / alone, 1, 0.1);
  EXPECT_NEAR(width_of(10 * kMostStrataInFull) / alone, 1, 0.1);
}

TEST_F(RatioBootstrapTest, AStricterLevelGivesAWiderInterval) {
  const RatioTails tails = BootstrapRatio(ChooseUnits(arms_), 1, 1);
  EXPECT_GT(WidthOf(IntervalOf(tails, 0.001)), WidthOf(IntervalOf(tails, kLevel)));
  EXPECT_EQ(IntervalOf(tails, 0).low, tails.low.front());
  EXPECT_EQ(IntervalOf(tails, 0).high, tails.high.back());
}

TEST(BlockLength, IsCarlsteinsForAFirstOrderSeries) {
  EXPECT_EQ(BlockLength(0, 1000), 1U);
  EXPECT_EQ(BlockLength(-0.5, 1000), 1U);
  EXPECT_EQ(BlockLength(0.5, 1000), 14U);  // (6 * 0.25 * 1000 / 0.75^2)^(1/3) = 13.9
  EXPECT_EQ(BlockLength(0.5, 72), 6U);
}

TEST(BlockLength, LeavesThreeBlocksAtLeast) { EXPECT_EQ(BlockLength(0.9, 9), 3U); }

}  // namespace
}  // namespace inferometer::analyze
