// The small form of truth check 13 (bench/statistics.cc): runs of which the truth is known.
#include <gtest/gtest.h>

#include "analyze/compare/arm_comparison.h"
#include "analyze/compare/simulated_runs.h"

namespace inferometer::analyze {
namespace {

constexpr std::size_t kRuns = 40;

struct Counts {
  std::size_t lower = 0;
  std::size_t higher = 0;
  std::size_t withheld = 0;
  std::size_t covered = 0;  // the ratio's interval holds the truth
};

Counts Compare(std::size_t count, double effect, const Noise& noise) {
  Counts counts;
  SimulatedRuns runs(13);
  for (std::size_t i = 0; i < kRuns; ++i) {
    TwoArms arms;
    arms.a = runs.Arm(count, 100, noise);
    arms.b = runs.Arm(count, 100 * effect, noise);
    std::vector<ArmComparison> family = {MeasureArms(arms, {})};
    Decide(family, {});
    counts.lower += family[0].verdict == Verdict::kLower ? 1U : 0U;
    counts.higher += family[0].verdict == Verdict::kHigher ? 1U : 0U;
    counts.withheld += family[0].drift.is_found ? 1U : 0U;
    const auto& interval = family[0].interval;
    counts.covered += interval && interval->low <= effect && effect <= interval->high ? 1U : 0U;
  }
  return counts;
}

// Bounds leave room for what chance does with 40 runs; bench-statistics holds more runs against closer ones.
TEST(Truth, SameAgainstSameIsSeldomCalledDifferent) {
  const Counts counts = Compare(30, 1, {});
  EXPECT_LE(counts.lower + counts.higher, 6U);
  EXPECT_LE(counts.withheld, 4U);
}

TEST(Truth, APlantedEffectIsFound) {
  const Counts counts = Compare(18, 1.05, {.variation = 0.05, .outliers = 0});
  EXPECT_GE(counts.higher, 24U);
  EXPECT_EQ(counts.lower, 0U);
}

TEST(Truth, DependentSeriesAreWithheld) { EXPECT_GE(Compare(30, 1, {.autocorrelation = 0.8}).withheld, 36U); }

TEST(Truth, IntervalsOfTenValuesCover) { EXPECT_GE(Compare(10, 1.05, {}).covered, 36U); }

}  // namespace
}  // namespace inferometer::analyze
