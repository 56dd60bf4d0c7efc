#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/compare/run_comparison_for_tests.h"

namespace inferometer::analyze {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// What is held against each other here is energy, whose sources and errors differ.
class EnergyComparisonTest : public RunComparisonTest {};

TEST_F(EnergyComparisonTest, EnergiesOfOtherScopesAreNotComparable) {
  Run(0, 30, 100);
  record_.energy_scope = "psys";
  Run(1, 30, 200);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason,
              StartsWith("the energies cover different parts of the machine (package and psys)"));
}

TEST_F(EnergyComparisonTest, EnergiesOfOtherSourcesAreComparedOnlyBeyondTheirErrors) {
  energy_error_ = 0.2;
  Run(0, 30, 100);
  record_.energy_source = "external";
  Run(1, 30, 120);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("the energies come from different sources"));
  rows_ = {};
  Run(1, 30, 300);
  record_.energy_source = "rapl";
  Run(0, 30, 100);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kHigher);
}

TEST_F(EnergyComparisonTest, ModelledEnergiesOfDifferentDevicesAreNotComparable) {
  record_.energy_source = "model";
  Run(0, 30, 100);
  record_.device_id = "pi-02";
  Run(1, 30, 900);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("a modelled energy may be off by 60 %"));
}

TEST_F(EnergyComparisonTest, ModelledEnergiesOfOneDeviceAreComparableWhateverTheFlags) {
  record_.energy_source = "model";
  Run(0, 30, 100);
  Run(1, 30, 300);
  record_.flags = {"background_load"};
  Run(1, 30, 300);
  question_.across = {"flags"};
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kHigher);
}

TEST_F(EnergyComparisonTest, EnergiesBelowResolutionAreLeftOutAndCounted) {
  Run(0, 30, 100);
  Run(1, 30, 150);
  record_.energy_quality = "below_resolution";
  Run(0, 8, 900);
  Run(1, 8, 5);
  const MetricComparison found = Compare(kEnergy);
  EXPECT_EQ(found.comparison.verdict, Verdict::kHigher);
  EXPECT_THAT(found.comparison.n, ElementsAre(30, 30));
  EXPECT_THAT(answer_.below_resolution, ElementsAre(8, 8));
}

TEST_F(EnergyComparisonTest, AnEnergyWithoutItsUncertaintyIsNotComparable) {
  Run(0, 30, 100);
  energy_error_ = std::nan("");
  record_.energy_uncertainty_mj.reset();
  const FoundFile file{"x", std::nullopt};
  for (int i = 0; i < 10; ++i) {
    record_.energy_consumed_mj = 500;
    record_.energy_uncertainty_mj.reset();
    rows_.Add(1, {file, context_}, record_);
  }
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("some energies do not tell their uncertainty"));
}

}  // namespace
}  // namespace inferometer::analyze
