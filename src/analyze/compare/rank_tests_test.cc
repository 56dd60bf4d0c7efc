#include "analyze/compare/rank_tests.h"

#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::analyze {
namespace {

// p against SciPy's stands in fixtures_test.cc; SciPy has no test over strata.
TEST(RankTests, StrataAddUpAsVanElterenHasIt) {
  const std::vector<double> a = {1, 2, 4};
  const std::vector<double> b = {3, 5};
  const RankLean lean = LeanOf(a, b);  // b has the ranks 3 and 5: u = 5 of 6 pairs, 3 where nothing tells
  EXPECT_DOUBLE_EQ(lean.sum, 2.0 / 6);
  EXPECT_DOUBLE_EQ(lean.variance, 3.0 / 36);  // 2 * 3 * 6 / 12
  const std::vector<double> differences = {-1, 2, 3, 0};
  const RankLean paired = SignedLeanOf(differences);  // ranks above 0: 5, 3 where nothing tells
  EXPECT_DOUBLE_EQ(paired.sum, 2.0 / 4);
  EXPECT_DOUBLE_EQ(paired.variance, 3.5 / 16);  // 3 * 4 * 7 / 24
  EXPECT_NEAR(LeanP({1.96, 1}), 0.05, 1e-4);
  EXPECT_NEAR(LeanP({-1.96, 1}), 0.05, 1e-4);
}

TEST(RankTests, WhereNothingDiffersNothingLeans) {
  const std::vector<double> same = {7, 7, 7};
  EXPECT_EQ(LeanP(LeanOf(same, same)), 1);
  const std::vector<double> zeros = {0, 0};
  EXPECT_EQ(LeanP(SignedLeanOf(zeros)), 1);
}

}  // namespace
}  // namespace inferometer::analyze
