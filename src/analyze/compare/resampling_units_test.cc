#include "analyze/compare/resampling_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::analyze {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;

// `blocks` blocks of `size` values each, the first of them numbered `first`.
std::vector<Observation> Blocks(std::int32_t first, std::int32_t blocks, int size, double value) {
  std::vector<Observation> arm;
  for (std::int32_t block = first; block < first + blocks; ++block) {
    for (int i = 0; i < size; ++i) arm.push_back({value, block, -1});
  }
  return arm;
}

std::vector<Observation> Sessions(std::int32_t first, std::int32_t sessions, int size) {
  std::vector<Observation> arm = Blocks(first, sessions, size, 10);
  for (Observation& one : arm) {
    one.session = one.block;
    one.block = -1;
  }
  return arm;
}

TEST(ResamplingUnits, BlocksWithBothArmsArePaired) {
  const Resampling paired = ChooseUnits({Blocks(0, 6, 2, 10), Blocks(0, 6, 1, 20)});
  EXPECT_EQ(paired.units, Units::kPairedBlocks);
  EXPECT_EQ(paired.arms[0].units, 6U);
  ASSERT_EQ(paired.series.size(), 1U);
  EXPECT_THAT(paired.series[0], Each(DoubleNear(std::log(2), 1e-12)));
}

TEST(ResamplingUnits, ABlockHasOneNumberInBothArms) {
  std::vector<Observation> backwards = Blocks(0, 6, 1, 20);
  std::reverse(backwards.begin(), backwards.end());
  const Resampling paired = ChooseUnits({Blocks(0, 6, 1, 10), backwards});
  EXPECT_THAT(paired.arms[0].unit, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(paired.arms[1].unit, ElementsAre(5, 4, 3, 2, 1, 0));
}

TEST(ResamplingUnits, ValuesOfBlocksWithoutTheOtherArmAreLeftOutAndCounted) {
  const Resampling paired = ChooseUnits({Blocks(0, 8, 3, 10), Blocks(1, 6, 1, 20)});
  EXPECT_EQ(paired.units, Units::kPairedBlocks);
  EXPECT_EQ(paired.arms[0].values.size(), 18U);
  EXPECT_THAT(paired.left_out, ElementsAre(6, 0));
}

TEST(ResamplingUnits, BlocksOfOneArmEachAreDrawnApart) {
  const Resampling apart = ChooseUnits({Blocks(0, 6, 2, 10), Blocks(6, 7, 2, 20)});
  EXPECT_EQ(apart.units, Units::kSeparateBlocks);
  EXPECT_EQ(apart.arms[0].units, 6U);
  EXPECT_EQ(apart.arms[1].units, 7U);
  EXPECT_THAT(apart.series[1], ElementsAre(20, 20, 20, 20, 20, 20, 20));
}

TEST(ResamplingUnits, SixSessionsAnArmAreUnits) {
  EXPECT_EQ(ChooseUnits({Sessions(0, 6, 2), Sessions(6, 6, 2)}).units, Units::kSessions);
}

TEST(ResamplingUnits, FewerUnitsThanSixAreOneSeries) {
  EXPECT_EQ(ChooseUnits({Sessions(0, 5, 4), Sessions(5, 9, 4)}).units, Units::kMovingBlocks);
  EXPECT_EQ(ChooseUnits({Blocks(0, 5, 4, 10), Blocks(0, 5, 4, 20)}).units, Units::kMovingBlocks);
}

TEST(ResamplingUnits, OneValueWithoutABlockMakesBlocksNoUnits) {
  std::vector<Observation> arm = Blocks(0, 6, 2, 10);
  arm.push_back({10, -1, -1});
  const Resampling series = ChooseUnits({arm, Blocks(0, 6, 2, 20)});
  EXPECT_EQ(series.units, Units::kMovingBlocks);
  EXPECT_EQ(series.arms[0].units, 13U);
  EXPECT_EQ(series.series[1].size(), 12U);
}

TEST(ResamplingUnits, AUnitsNumberIsItsMedian) {
  std::vector<Observation> arm = Sessions(0, 6, 3);
  arm[0].value = 1000;
  EXPECT_THAT(ChooseUnits({arm, Sessions(6, 6, 3)}).series[0], Each(10));
}

TEST(ResamplingUnits, HaveNames) {
  EXPECT_EQ(NameOf(Units::kPairedBlocks), "paired blocks");
  EXPECT_EQ(NameOf(Units::kSeparateBlocks), "blocks");
  EXPECT_EQ(NameOf(Units::kSessions), "sessions");
  EXPECT_EQ(NameOf(Units::kMovingBlocks), "moving blocks");
}

}  // namespace
}  // namespace inferometer::analyze
