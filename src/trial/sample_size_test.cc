#include "trial/sample_size.h"

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <vector>

#include "analyze/compare/rank_tests.h"

namespace inferometer::trial {
namespace {

class Blocks {
 public:
  explicit Blocks(std::uint64_t seed) : random_(seed) {}
  std::vector<double> Draw(std::size_t count, double effect, double spread) {
    std::vector<double> ratios(count);
    for (double& ratio : ratios) ratio = std::log1p(effect) + spread * normal_(random_);
    return ratios;
  }

 private:
  boost::random::mt19937_64 random_;
  boost::random::normal_distribution<> normal_;
};

struct Rate {
  double found = 0;
  double blocks = 0;  // on average
};

// As a bench does it: a pilot, the number of blocks by its spread, one test of all of them.
Rate FoundIn(int benches, double effect, double spread, const SizeQuestion& question) {
  Rate rate;
  for (int bench = 0; bench < benches; ++bench) {
    Blocks blocks(static_cast<std::uint64_t>(bench) + 1);
    std::vector<double> ratios = blocks.Draw(kPilotBlocks, effect, spread);
    const std::size_t needed = BlocksNeeded(ratios, question);
    const std::vector<double> more = blocks.Draw(needed - kPilotBlocks, effect, spread);
    ratios.insert(ratios.end(), more.begin(), more.end());
    rate.found += (analyze::SignedRankP(ratios) <= question.level ? 1.0 : 0.0) / benches;
    rate.blocks += static_cast<double>(needed) / benches;
  }
  return rate;
}

TEST(BlocksNeeded, FindsThePlantedEffectInFourOfFiveBenchesAtLeast) {
  for (const double spread : {0.02, 0.05, 0.1}) {
    const Rate rate = FoundIn(500, 0.05, spread, {.effect = 0.05});
    EXPECT_GE(rate.found, 0.8) << spread << ": " << rate.blocks;
  }
  EXPECT_LE(FoundIn(500, 0.05, 0.1, {.effect = 0.05}).blocks, 90);  // 34 if the spread were known
}

TEST(BlocksNeeded, OfTheSameBlocksNothingIsFoundMoreOftenThanTheLevelSays) {
  for (const double spread : {0.02, 0.05}) {
    EXPECT_LE(FoundIn(4000, 0, spread, {.effect = 0.05}).found, 0.055) << spread;  // 0.05, and what chance allows
  }
}

TEST(BlocksNeeded, SignsMakeNoDifference) {
  const std::vector<double> same = {0.01, -0.02, 0.03, -0.01, 0.02, -0.03};
  std::vector<double> turned = same;
  for (std::size_t i = 0; i < turned.size(); i += 2) turned[i] = -turned[i];
  EXPECT_EQ(BlocksNeeded(same, {}), BlocksNeeded(turned, {}));
}

TEST(BlocksNeeded, RatioFarFromOneIsNotTakenForSpread) {
  const std::vector<double> pilot = {0.71, 0.68, 0.73, 0.69, 0.72, 0.67};
  EXPECT_LE(BlocksNeeded(pilot, {}), 50U);
}

TEST(BlocksNeeded, IsAtLeastThePilotAndWhatTheLevelTakesAndAtMostWhatWasAllowed) {
  const std::vector<double> quiet(6, 0.1);
  EXPECT_EQ(BlocksNeeded(quiet, {}), 6U);
  EXPECT_EQ(BlocksNeeded(quiet, {.level = 0.05 / 9}), 9U);  // 2 / 2^9 = 0.0039
  const std::vector<double> noisy = {-1, 0.3, -0.6, 1.2, -0.1, 0.9};
  EXPECT_EQ(BlocksNeeded(noisy, {.most = 40}), 40U);
  EXPECT_EQ(BlocksNeeded(noisy, {.most = 3}), 6U);
}

TEST(BlocksNeeded, SmallerEffectsAndLevelsTakeMore) {
  const std::vector<double> pilot = {0.03, -0.06, 0.1, -0.02, 0.07, -0.09};
  const std::size_t coarse = BlocksNeeded(pilot, {.effect = 0.05});
  EXPECT_GT(BlocksNeeded(pilot, {.effect = 0.02}), coarse);
  EXPECT_GT(BlocksNeeded(pilot, {.effect = 0.05, .level = 0.01}), coarse);
  EXPECT_GT(BlocksNeeded(pilot, {.effect = 0.05, .power = 0.95}), coarse);
}

}  // namespace
}  // namespace inferometer::trial
