#pragma once
// Quantiles of a sample.

#include <vector>

namespace inferometer::base {

// The `q` quantile (0 to 1) by linear interpolation of the order statistics: Hyndman & Fan type 7, NumPy's default.
// Reorders `values`. REQUIRES: not empty, no NaN.
[[nodiscard]] double QuantileType7(std::vector<double>& values, double q);

}  // namespace inferometer::base
