#pragma once
// Quantiles of a sample.

#include <cstddef>
#include <span>
#include <vector>

namespace inferometer::base {

// The `q` quantile (0 to 1) by linear interpolation of the order statistics: Hyndman & Fan type 7, NumPy's default.
// Reorders `values`. REQUIRES: not empty, no NaN.
[[nodiscard]] double QuantileType7(std::vector<double>& values, double q);

// Where a quantile lies among `count` values in order, by type 7: on the rank `below`, or on the way from there to
// `above`.
struct QuantilePlace {
  // REQUIRES: count > 0; `q` is from 0 to 1.
  QuantilePlace(double q, std::size_t count);
  // REQUIRES: the values of those ranks.
  [[nodiscard]] double Between(double value_below, double value_above) const {
    return value_below + fraction * (value_above - value_below);
  }
  std::size_t below;
  std::size_t above;
  double fraction;
};

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
