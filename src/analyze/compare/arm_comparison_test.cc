#include "analyze/compare/arm_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/compare/holm.h"
#include "analyze/compare/simulated_runs.h"

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

class ArmComparisonTest : public ::testing::Test {
 protected:
  void Draw(std::size_t count, double ratio, const Noise& noise = {}) {
    SimulatedRuns runs(11);
    arms_.a = runs.Arm(count, 100, noise);
    arms_.b = runs.Arm(count, 100 * ratio, noise);
  }
  [[nodiscard]] ArmComparison Decided(std::optional<SystematicError> systematic = std::nullopt) const {
    std::vector<ArmComparison> family = {MeasureArms(arms_, rules_, systematic)};
    Decide(family, rules_);
    return family[0];
  }

  TwoArms arms_;
  CompareRules rules_;
};

TEST_F(ArmComparisonTest, ALargerBIsHigher) {
  Draw(30, 1.3);
  const ArmComparison found = Decided();
  EXPECT_EQ(found.verdict, Verdict::kHigher);
  EXPECT_NEAR(*found.ratio, 1.3, 0.1);
  EXPECT_GT(found.interval->low, 1);
  EXPECT_GT(*found.delta, 0.5);
  EXPECT_THAT(found.reason, HasSubstr("the ranks differ"));
}

TEST_F(ArmComparisonTest, ASmallerBIsLower) {
  Draw(30, 0.75);
  const ArmComparison found = Decided();
  EXPECT_EQ(found.verdict, Verdict::kLower);
  EXPECT_LT(found.interval->high, 1);
  EXPECT_LT(*found.delta, -0.5);
}

TEST_F(ArmComparisonTest, AnIntervalWithinTheMarginIsEquivalentAlsoWhereTheRanksDiffer) {
  Draw(400, 1.005, {.variation = 0.01, .outliers = 0});
  const ArmComparison found = Decided();
  EXPECT_LT(*found.p_adjusted, 0.05);
  EXPECT_EQ(found.verdict, Verdict::kEquivalent);
  rules_.margin = 0.001;
  EXPECT_EQ(Decided().verdict, Verdict::kHigher);
}

TEST_F(ArmComparisonTest, TooMuchNoiseIsUndecided) {
  Draw(12, 1.02, {.variation = 0.3});
  const ArmComparison found = Decided();
  EXPECT_EQ(found.verdict, Verdict::kUndecided);
  EXPECT_THAT(found.reason, HasSubstr("do not tell A and B apart"));
}

TEST_F(ArmComparisonTest, FourValuesGiveNoVerdictAndFiveNoInterval) {
  Draw(4, 2);
  EXPECT_EQ(Decided().verdict, Verdict::kUndecided);
  EXPECT_THAT(Decided().reason, HasSubstr("4 and 4 values; a verdict needs 5 of each"));
  EXPECT_FALSE(Decided().p);
  Draw(5, 2);
  EXPECT_EQ(Decided().verdict, Verdict::kHigher);
  EXPECT_FALSE(Decided().interval);
  EXPECT_FALSE(Decided().median[0]->interval);
  Draw(6, 2);
  EXPECT_TRUE(Decided().interval);
  EXPECT_TRUE(Decided().median[0]->interval);
}

TEST_F(ArmComparisonTest, ADriftingSeriesGetsNoVerdict) {
  Draw(40, 1.5);
  for (std::size_t i = 0; i < arms_.b.size(); ++i) arms_.b[i].value *= 1 + 0.02 * static_cast<double>(i);
  const ArmComparison found = Decided();
  EXPECT_EQ(found.verdict, Verdict::kUndecided);
  EXPECT_THAT(found.reason, HasSubstr("CI not trustworthy: drift"));
  EXPECT_TRUE(found.interval);
}

// One series of 5 in 60 rises or falls throughout: of many strata some do.
TEST_F(ArmComparisonTest, FiveValuesInARowAreNoTrend) {
  arms_.a = {{100}, {103}, {101}, {102}, {99}};
  arms_.b = {{150}, {151}, {153}, {154}, {158}};
  const ArmComparison found = Decided();
  EXPECT_NEAR(*found.drift.spearman_p, 2.0 / 120, 1e-12);
  EXPECT_FALSE(found.drift.is_found);
  EXPECT_EQ(found.verdict, Verdict::kHigher);
}

TEST_F(ArmComparisonTest, DriftWithinTheMarginDoesNotMatter) {
  Draw(40, 1.5);
  for (std::size_t i = 0; i < 40; ++i) arms_.a[i].value = arms_.b[i].value = 100 + 0.01 * static_cast<double>(i);
  EXPECT_EQ(Decided().verdict, Verdict::kEquivalent);
}

TEST_F(ArmComparisonTest, NoPIsSaidToBeZero) {
  Draw(5000, 1.5);
  EXPECT_THAT(Decided().reason, HasSubstr("the ranks differ (p < 1e-99 in the family)"));
  EXPECT_EQ(ShownP(0.0123), "= 0.012");
}

TEST_F(ArmComparisonTest, EqualValuesAreEquivalent) {
  arms_.a.assign(8, {160.5});
  arms_.b = arms_.a;
  const ArmComparison found = Decided();
  EXPECT_EQ(found.verdict, Verdict::kEquivalent);
  EXPECT_EQ(*found.ratio, 1);
  EXPECT_EQ(*found.p, 1);
}

TEST_F(ArmComparisonTest, WhatWasNotMeasuredOrIsNotAboveZeroIsNotComparable) {
  Draw(10, 1);
  arms_.b[3].value = 0;
  EXPECT_EQ(Decided().verdict, Verdict::kNotComparable);
  EXPECT_THAT(Decided().reason, HasSubstr("0 or less"));
  arms_.b.clear();
  EXPECT_EQ(Decided().verdict, Verdict::kNotComparable);
  EXPECT_EQ(Decided().reason, "not measured in B");
  arms_.a.clear();
  EXPECT_EQ(Decided().reason, "not measured in A and B");
}

TEST_F(ArmComparisonTest, ARatioBeyondWhatANumberHoldsIsNotComparable) {
  arms_.a.assign(8, {1e-200});
  arms_.b.assign(8, {1e200});
  EXPECT_EQ(Decided().verdict, Verdict::kNotComparable);
  EXPECT_FALSE(Decided().ratio);
  std::swap(arms_.a, arms_.b);
  EXPECT_EQ(Decided().verdict, Verdict::kNotComparable);
}

TEST_F(ArmComparisonTest, OverStrataTheRatioIsTheirWeightedMean) {
  std::vector<TwoArms> strata(2);
  strata[0].a.assign(10, {100});
  strata[0].b.assign(10, {110});  // weight 5
  strata[1].a.assign(20, {300});
  strata[1].b.assign(60, {270});  // weight 15
  const ArmComparison found = MeasureStrata(strata, rules_);
  EXPECT_NEAR(*found.ratio, std::exp((5 * std::log(1.1) + 15 * std::log(0.9)) / 20), 1e-12);
  EXPECT_NEAR(*found.delta, (100.0 - 1200.0) / 1300.0, 1e-12);
  EXPECT_EQ(found.n[1], 70U);
  EXPECT_FALSE(found.median[0]);
  EXPECT_EQ(found.direction, -1);
}

TEST_F(ArmComparisonTest, StrataMayBeResampledByDifferentUnits) {
  SimulatedRuns runs(3);
  std::vector<TwoArms> strata(2);
  for (TwoArms& arms : strata) arms = {runs.Arm(12, 100, {}), runs.Arm(12, 150, {})};
  for (std::size_t i = 0; i < 12; ++i) strata[1].a[i].block = strata[1].b[i].block = static_cast<std::int32_t>(i);
  std::vector<ArmComparison> family = {MeasureStrata(strata, rules_)};
  Decide(family, rules_);
  EXPECT_EQ(*family[0].units, Units::kSeveral);
  EXPECT_EQ(family[0].verdict, Verdict::kHigher);
  EXPECT_LT(family[0].interval->high, 2);
}

TEST_F(ArmComparisonTest, AnEnergysSystematicErrorDoesNotShrinkWithTheNumberOfRecords) {
  for (const std::size_t count : {std::size_t{50}, std::size_t{5000}}) {
    Draw(count, 1.05, {.variation = 0.01});
    const ArmComparison found = Decided(SystematicError{{0.05, 0.05}});
    EXPECT_LT(*found.p_adjusted, 1e-6);
    EXPECT_EQ(found.verdict, Verdict::kUndecided);
    EXPECT_THAT(found.reason, HasSubstr("may be off by 7 %"));
    EXPECT_LT(found.interval->low, 0.98);
    EXPECT_GT(found.interval_statistical->low, 1);
  }
}

TEST_F(ArmComparisonTest, AGapBeyondTheSystematicErrorIsSeen) {
  Draw(50, 1.5, {.variation = 0.01});
  EXPECT_EQ(Decided(SystematicError{{0.05, 0.05}}).verdict, Verdict::kHigher);
}

TEST_F(ArmComparisonTest, EnergiesOfTwoSourcesAreComparedOnlyBeyondWhatBothMayBeOffBy) {
  Draw(50, 1.5, {.variation = 0.01});
  EXPECT_EQ(Decided(SystematicError{{0.05, 0.1}, true}).verdict, Verdict::kHigher);
  const ArmComparison close = Decided(SystematicError{{0.3, 0.3}, true});
  EXPECT_EQ(close.verdict, Verdict::kNotComparable);
  EXPECT_THAT(close.reason, HasSubstr("different sources"));
  Draw(50, 0.5, {.variation = 0.01});
  EXPECT_EQ(Decided(SystematicError{{0.05, 0.1}, true}).verdict, Verdict::kLower);
  EXPECT_EQ(Decided(SystematicError{{0.5, 0.3}, true}).verdict, Verdict::kNotComparable);
}

TEST_F(ArmComparisonTest, AFamilyAsksMoreOfEach) {
  Draw(30, 1.09);
  ArmComparison one = MeasureArms(arms_, rules_);
  std::vector<ArmComparison> alone = {one};
  Decide(alone, rules_);
  ASSERT_EQ(alone[0].verdict, Verdict::kHigher);
  Draw(30, 1.0);
  std::vector<ArmComparison> family(400, MeasureArms(arms_, rules_));
  family.push_back(one);
  Decide(family, rules_);
  EXPECT_EQ(family.back().verdict, Verdict::kUndecided);
  EXPECT_LT(family.back().interval->low, alone[0].interval->low);
  EXPECT_NEAR(*family.back().level, 0.05 / 401, 1e-12);
}

TEST_F(ArmComparisonTest, PairedBlocksAreTestedByTheirRatios) {
  Draw(20, 1.05, {.variation = 0.005, .outliers = 0});
  SimulatedRuns heat(2);
  for (std::size_t i = 0; i < 20; ++i) {
    const double factor = std::exp(0.3 * heat.Normal());  // far more than the difference
    for (auto* arm : {&arms_.a, &arms_.b}) {
      (*arm)[i].value *= factor;
      (*arm)[i].block = static_cast<std::int32_t>(i);
    }
  }
  const ArmComparison found = Decided();
  EXPECT_EQ(*found.units, Units::kPairedBlocks);
  EXPECT_EQ(found.verdict, Verdict::kHigher);
}

TEST(Holm, StepsDownFromTheSmallest) {
  const std::vector<double> p = {0.04, 0.01, 0.03, 0.005};
  const std::vector<Adjusted> adjusted = Holm(p);
  EXPECT_NEAR(adjusted[3].p, 0.02, 1e-12);
  EXPECT_NEAR(adjusted[1].p, 0.03, 1e-12);
  EXPECT_NEAR(adjusted[2].p, 0.06, 1e-12);
  EXPECT_NEAR(adjusted[0].p, 0.06, 1e-12);
  EXPECT_NEAR(adjusted[3].level, 0.05 / 4, 1e-12);
  EXPECT_NEAR(adjusted[1].level, 0.05 / 3, 1e-12);
  EXPECT_NEAR(adjusted[2].level, 0.05 / 2, 1e-12);  // the first that is not rejected
  EXPECT_NEAR(adjusted[0].level, 0.05 / 2, 1e-12);
  EXPECT_TRUE(Holm({}).empty());
}

}  // namespace
}  // namespace inferometer::analyze
