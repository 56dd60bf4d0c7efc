#include "base/quantile.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace inferometer::base {

double QuantileType7(std::vector<double>& values, double q) {
  assert(!values.empty());
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const double fraction = position - static_cast<double>(below);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), nth, values.end());
  if (fraction == 0.0) return *nth;
  const double above = *std::min_element(nth + 1, values.end());
  return *nth + fraction * (above - *nth);
}

}  // namespace inferometer::base
