#include "analyze/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/cost.h"

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

Spread SpreadOf(double avg) {
  Spread spread;
  spread.count = 1;
  spread.min = spread.max = spread.avg = spread.p50 = avg;
  spread.total = avg;
  return spread;
}

Group MakeGroup(const std::string& device, const std::string& model, const char* source, const char* scope,
                double energy_mj, double per_token_mj) {
  Group group;
  group.key = {device, device, model, "cpu", source, scope};
  group.total_inferences = 1;
  group.spreads[static_cast<std::size_t>(Block::kEnergy)] = SpreadOf(energy_mj);
  group.spreads[static_cast<std::size_t>(Block::kEnergyPerToken)] = SpreadOf(per_token_mj);
  return group;
}

TEST(Compare, RanksByEnergyPerInferenceAndPerTokenNeverByTotal) {
  std::vector<Group> groups = {MakeGroup("a", "big", "rapl", "package", 900, 3),
                               MakeGroup("b", "small", "rapl", "package", 100, 5)};
  groups[1].spreads[static_cast<std::size_t>(Block::kEnergy)]->total = 1e9;  // many inferences
  const Comparison comparison = Compare(groups);
  ASSERT_EQ(comparison.rankings.size(), 1U);
  const auto& entries = comparison.rankings[0].entries;
  EXPECT_EQ(entries[0].group, &groups[1]);
  EXPECT_EQ(entries[0].rank_per_inference, 1U);
  EXPECT_EQ(entries[0].rank_per_token, 2U);
  EXPECT_EQ(entries[1].rank_per_inference, 2U);
  EXPECT_TRUE(comparison.not_comparable.empty());
}

TEST(Compare, EqualFiguresShareARank) {
  const std::vector<Group> groups = {MakeGroup("a", "x", "rapl", "package", 5, 1),
                                     MakeGroup("a", "y", "rapl", "package", 5, 2),
                                     MakeGroup("a", "z", "rapl", "package", 6, 3)};
  const Comparison comparison = Compare(groups);
  const auto& entries = comparison.rankings[0].entries;
  EXPECT_EQ(entries[0].rank_per_inference, 1U);
  EXPECT_EQ(entries[1].rank_per_inference, 1U);
  EXPECT_EQ(entries[2].rank_per_inference, 3U);
}

TEST(Compare, EnergyBelowResolutionHasNoRank) {
  std::vector<Group> groups = {MakeGroup("a", "short", "rapl", "package", 10, 1),
                               MakeGroup("a", "long", "rapl", "package", 1000, 2)};
  groups[0].energy_uncertainty = {5.1, 5.1};
  groups[1].energy_uncertainty = {500, 500};
  const auto entries = Compare(groups).rankings[0].entries;
  EXPECT_EQ(entries[0].group->key.model_name, "long");
  EXPECT_EQ(entries[0].rank_per_inference, 1U);
  EXPECT_EQ(entries[0].rank_per_token, 1U);
  EXPECT_FALSE(entries[0].is_below_resolution);
  EXPECT_TRUE(entries[1].is_below_resolution);
  EXPECT_FALSE(entries[1].rank_per_inference || entries[1].rank_per_token);
}

TEST(Compare, ModelledEnergyIsRankedHoweverUncertain) {
  std::vector<Group> groups = {MakeGroup("a", "m", "model", "board", 10, 1)};
  groups[0].energy_uncertainty = {6, 6};
  EXPECT_EQ(Compare(groups).rankings[0].entries[0].rank_per_inference, 1U);
}

TEST(Compare, SaysWhenEnergiesAreNotComparableAndWhy) {
  const std::vector<Group> groups = {
      MakeGroup("a", "m", "rapl", "package", 5, 1), MakeGroup("a", "m", "rapl", "psys", 5, 1),
      MakeGroup("a", "m", "model", "board", 5, 1), MakeGroup("b", "m", "model", "board", 5, 1)};
  const Comparison comparison = Compare(groups);
  EXPECT_EQ(comparison.rankings.size(), 4U);
  ASSERT_EQ(comparison.not_comparable.size(), 6U);
  EXPECT_EQ(comparison.not_comparable[0].first, "model/board of a");
  EXPECT_EQ(comparison.not_comparable[0].second, "model/board of b");
  EXPECT_THAT(comparison.not_comparable[0].reason, HasSubstr("60 %"));
  EXPECT_THAT(comparison.not_comparable[1].reason, HasSubstr("different sources"));
  EXPECT_THAT(comparison.not_comparable[5].reason, HasSubstr("different parts"));
}

TEST(Compare, ModelsOnOneDeviceAreComparedEvenByTheModel) {
  const std::vector<Group> groups = {MakeGroup("a", "m", "model", "board", 5, 1),
                                     MakeGroup("a", "n", "model", "board", 4, 1)};
  const Comparison comparison = Compare(groups);
  ASSERT_EQ(comparison.rankings.size(), 1U);
  EXPECT_EQ(comparison.rankings[0].device_id, "a");
}

TEST(Compare, WithoutEnergyThereIsNoRank) {
  std::vector<Group> groups(1);
  groups[0].key = {"a", "a", "m", {}, {}, {}};
  const Comparison comparison = Compare(groups);
  ASSERT_EQ(comparison.rankings.size(), 1U);
  EXPECT_FALSE(comparison.rankings[0].entries[0].rank_per_inference.has_value());
}

TEST(Compare, PairsAreNamedUpToABound) {
  std::vector<Group> groups;
  for (char device = 'a'; device < 'a' + 10; ++device)
    groups.push_back(MakeGroup(std::string(1, device), "m", "model", "board", 5, 1));
  const Comparison comparison = Compare(groups);
  EXPECT_EQ(comparison.not_comparable.size(), kMostPairs);
  EXPECT_EQ(comparison.pairs_left_out, 45 - kMostPairs);
}

TEST(Cost, OfAThousandTokensWithItsUncertainty) {
  Group group = MakeGroup("a", "m", "model", "board", 7200, 3600);
  const auto unknown = CostPer1000Tokens(group, 2);
  EXPECT_DOUBLE_EQ(unknown->value, 0.002);  // 3600 J are a thousandth of a kWh
  EXPECT_FALSE(unknown->low.has_value());
  group.energy_uncertainty = EnergyUncertainty{4320, 4320};
  const auto known = CostPer1000Tokens(group, 2);
  EXPECT_DOUBLE_EQ(*known->low, 0.0008);
  EXPECT_DOUBLE_EQ(*known->high, 0.0032);
}

TEST(Cost, InferencesOnAChargeWithTheirUncertainty) {
  Group group = MakeGroup("a", "m", "model", "board", 7200, 3600);
  group.energy_uncertainty = EnergyUncertainty{3600, 3600};
  const auto inferences = InferencesPerCharge(group, 10);
  EXPECT_DOUBLE_EQ(inferences->value, 5000);
  EXPECT_DOUBLE_EQ(*inferences->low, 5000 / 1.5);
  EXPECT_DOUBLE_EQ(*inferences->high, 10'000);
  group.energy_uncertainty = EnergyUncertainty{7200, 7200};
  EXPECT_FALSE(InferencesPerCharge(group, 10)->high.has_value());
}

TEST(Cost, WithoutEnergyThereIsNone) {
  const Group group;
  EXPECT_FALSE(CostPer1000Tokens(group, 1).has_value());
  EXPECT_FALSE(InferencesPerCharge(group, 1).has_value());
  EXPECT_FALSE(InferencesPerCharge(MakeGroup("a", "m", "model", "board", 0, 0), 1).has_value());
}

}  // namespace
}  // namespace inferometer::analyze
