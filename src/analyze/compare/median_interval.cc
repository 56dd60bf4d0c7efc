#include "analyze/compare/median_interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>

#include "base/quantile.h"

namespace inferometer::analyze {
namespace {

constexpr double kOneTail = 0.025;

}  // namespace

std::size_t ValuesOutside(std::size_t n) {
  if (n == 0) return 0;
  const boost::math::binomial values_below(static_cast<double>(n), 0.5);
  // The quantile may be rounded; the tail itself decides.
  auto k = static_cast<std::size_t>(boost::math::quantile(values_below, kOneTail)) + 1;
  while (k > 0 && boost::math::cdf(values_below, static_cast<double>(k - 1)) > kOneTail) --k;
  return k;
}

MedianFigure MedianOf(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  MedianFigure figure{values.size(), base::QuantileType7(sorted, 0.5), std::nullopt};
  std::sort(sorted.begin(), sorted.end());
  const std::size_t outside = ValuesOutside(sorted.size());
  if (outside > 0) figure.interval = Interval{sorted[outside - 1], sorted[sorted.size() - outside]};
  return figure;
}

}  // namespace inferometer::analyze
