#pragma once
// Tests that look at ranks only, so that no shape of the noise is assumed. Figures as SciPy's functions of the same
// name give them.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace inferometer::analyze {

// The rank of each value from 1, equal values sharing their mean.
[[nodiscard]] std::vector<double> AverageRanks(std::span<const double> values);

struct MannWhitney {
  double u = 0;      // pairs in which the value of b is the larger one, ties half
  double p = 1;      // two-sided
  double delta = 0;  // Cliff's: 2u / (n m) - 1; -1 every value of b is smaller, 1 every one is larger
};
// `mannwhitneyu(b, a)`: exact where one sample has 8 values or fewer and none ties, else normal with corrections for
// ties and continuity. Beyond a million pairs with so small a sample also normal. REQUIRES: neither is empty, no NaN.
[[nodiscard]] MannWhitney CompareRanks(std::span<const double> a, std::span<const double> b);

// `wilcoxon(differences)`, the two-sided p: exact for 50 or fewer without ties and zeros, else normal. Zeros are left
// out; 1 where nothing is left. REQUIRES: no NaN.
[[nodiscard]] double SignedRankP(std::span<const double> differences);

// How far the ranks of one stratum lean towards b, in a form in which strata add up: van Elteren's test, which weighs
// each rank sum by 1 / (all values + 1) (P. van Elteren, "On the combination of independent two sample tests of
// Wilcoxon", Bulletin of the International Statistical Institute 37, 1960); of paired ones the signed rank sum
// likewise.
struct RankLean {
  double sum = 0;       // 0 where nothing tells b from a
  double variance = 0;  // of the sum, where nothing does; ties taken off
};
[[nodiscard]] RankLean LeanOf(std::span<const double> a, std::span<const double> b);
[[nodiscard]] RankLean SignedLeanOf(std::span<const double> differences);

// Two-sided, by the normal distribution; 1 where there is no variance.
[[nodiscard]] double LeanP(const RankLean& all);

struct RankCorrelation {
  double rho = 0;
  double p = 1;  // two-sided, by Student's t
};
// `spearmanr(values, order)`: of each value against its place. Nothing below 3 values and where all are equal.
[[nodiscard]] std::optional<RankCorrelation> CorrelateWithOrder(std::span<const double> values);

}  // namespace inferometer::analyze
