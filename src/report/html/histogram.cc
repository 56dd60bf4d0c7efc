#include "report/html/histogram.h"

#include <algorithm>
#include <cmath>

#include "report/html/axis.h"

namespace inferometer::report::html {

Histogram::Histogram(double low, double high, std::size_t values)
    : low_(low), high_(high), is_log_(low > 0 && high / low >= Axis::kWide) {
  const auto bars = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(values))));
  counts_.resize(low < high ? std::clamp<std::size_t>(bars, 1, kMostBars) : 1);
}

void Histogram::Add(double value) {
  if (!(value >= low_ && value <= high_)) return;
  const double share = low_ == high_ ? 0
                       : is_log_     ? std::log(value / low_) / std::log(high_ / low_)
                                     : (value - low_) / (high_ - low_);
  const auto bar = static_cast<std::size_t>(share * static_cast<double>(counts_.size()));
  ++counts_[std::min(bar, counts_.size() - 1)];
  ++total_;
}

double Histogram::EdgeOf(std::size_t i) const {
  const double share = static_cast<double>(i) / static_cast<double>(counts_.size());
  return is_log_ ? low_ * std::pow(high_ / low_, share) : low_ + (high_ - low_) * share;
}

}  // namespace inferometer::report::html
