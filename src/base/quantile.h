#pragma once
// Quantiles of a sample.

#include <span>
#include <vector>

namespace inferometer::base {

// The `q` quantile (0 to 1) by linear interpolation of the order statistics: Hyndman & Fan type 7, NumPy's default.
// Reorders `values`. REQUIRES: not empty, no NaN.
[[nodiscard]] double QuantileType7(std::vector<double>& values, double q);

// The smallest and the largest value.
struct Extremes {
  double least;
  double most;
};

// The same for several `q` at once, in their order, in two passes over the values however many there are. Reorders
// `values`. REQUIRES: `extremes` are theirs.
[[nodiscard]] std::vector<double> QuantilesType7(std::span<double> values, const Extremes& extremes,
                                                 std::span<const double> q);

}  // namespace inferometer::base
