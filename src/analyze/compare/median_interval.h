#pragma once
// The median of a sample and where that of what it was drawn from lies.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace inferometer::analyze {

struct Interval {
  double low = 0;
  double high = 0;
};

struct MedianFigure {
  std::size_t n = 0;
  double median = 0;
  std::optional<Interval> interval;  // covers at least 95 %; absent below 6 values, which cannot bound it
};

// By order statistics: the number of values below the median is binomial, so no shape of the noise is assumed, only
// that the values do not depend on each other. REQUIRES: not empty, no NaN.
[[nodiscard]] MedianFigure MedianOf(std::span<const double> values);

// How many of the smallest values of `n` may lie under the interval, and as many of the largest over it. 0: no
// interval.
[[nodiscard]] std::size_t ValuesOutside(std::size_t n);

}  // namespace inferometer::analyze
