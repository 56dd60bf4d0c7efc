#include "trial/paired_effect.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace inferometer::trial {
namespace {

TEST(MedianIntervalRank, IsThatOfTheTables) {
  EXPECT_FALSE(MedianIntervalRank(5).has_value());
  EXPECT_EQ(MedianIntervalRank(6), 0U);
  EXPECT_EQ(MedianIntervalRank(9), 1U);
  EXPECT_EQ(MedianIntervalRank(10), 1U);
  EXPECT_EQ(MedianIntervalRank(20), 5U);
  EXPECT_EQ(MedianIntervalRank(30), 9U);
  EXPECT_EQ(MedianIntervalRank(100), 39U);
  EXPECT_EQ(MedianIntervalRank(5000), 2430U);
}

TEST(EffectOf, IsTheMedianOfThePairsInPercent) {
  const std::vector<Pair> pairs = {{1.1, 1}, {2.1, 2}, {3.0, 3}};
  const PairedEffect effect = EffectOf(pairs);
  EXPECT_NEAR(effect.median_percent, 5, 1e-9);
  EXPECT_EQ(effect.pairs, 3U);
  EXPECT_FALSE(effect.low_percent.has_value());
}

TEST(EffectOf, IntervalHoldsTheTruthInNineteenOfTwentyRunsAtLeast) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> noise(0, 0.05);
  int held = 0;
  constexpr int kRuns = 1000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<Pair> pairs;
    for (int i = 0; i < 40; ++i) pairs.push_back({1.02 * noise(random), noise(random)});
    const PairedEffect effect = EffectOf(pairs);
    if (*effect.low_percent <= 2 && 2 <= *effect.high_percent) ++held;
  }
  EXPECT_GE(held, 940);
}

}  // namespace
}  // namespace inferometer::trial
