#include "report/html/axis.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

constexpr double kSameShare = 1e-9;  // of the values' size: what lies closer is one place
constexpr double kNothing = 1e-12;   // smaller than the last digit of any field
constexpr int kMostTicks = 64;       // whatever the arithmetic does

// The largest of 1, 2, 5 times a power of ten that `of` does not exceed, or the next one above.
double RoundUp(double of) {
  const double power = std::pow(10.0, std::floor(std::log10(of)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (of <= factor * power * (1 + kSameShare)) return factor * power;
  }
  return 10 * power;
}

double RoundDown(double of) {
  const double power = std::pow(10.0, std::floor(std::log10(of)));
  for (const double factor : {5.0, 2.0}) {
    if (of >= factor * power * (1 - kSameShare)) return factor * power;
  }
  return power;
}

int DecimalsOf(double step) { return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - kSameShare)), 0, 9); }

// Room around values that are all the same.
void Widen(double& low, double& high) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low > std::max(size * kSameShare, kNothing)) return;
  const double room = size > kNothing ? size * 0.1 : 1;
  low -= room;
  high += room;
}

}  // namespace

Axis Axis::Linear(double low, double high, Zero zero, int most) {
  const bool is_positive = low >= 0;
  const bool from_zero = is_positive && (zero == Zero::kAlways || (zero == Zero::kWhenNear && low < high / 2));
  if (from_zero) low = 0;
  Widen(low, high);
  if (is_positive) low = std::max(low, 0.0);
  double step = RoundUp((high - low) / (most - 1));
  const auto marks = [&] { return std::ceil(high / step - kSameShare) - std::floor(low / step + kSameShare) + 1; };
  while (marks() > most) step = RoundUp(step * 1.5);
  Axis axis(std::floor(low / step + kSameShare) * step, std::ceil(high / step - kSameShare) * step, false);
  axis.AddLinearTicks(step);
  return axis;
}

Axis Axis::ForWide(double low, double high, Zero zero, int most) {
  if (low <= 0 || high / low < kWide) return Linear(low, high, zero, most);
  Axis axis(RoundDown(low), RoundUp(high), true);
  axis.AddLogTicks(most);
  return axis;
}

Axis Axis::Exactly(double low, double high, int most) {
  Widen(low, high);
  Axis axis(low, high, low > 0 && high / low >= kWide);
  axis.is_exact_ = true;
  if (axis.is_log_) {
    axis.AddLogTicks(most);
  } else {
    axis.AddLinearTicks(RoundUp((high - low) / most));
  }
  return axis;
}

double Axis::Place(double value) const {
  const double held = std::clamp(value, low_, high_);
  if (!is_log_) return (held - low_) / (high_ - low_);
  return std::log(held / low_) / std::log(high_ / low_);
}

std::string Axis::Remark() const {
  if (is_log_) return "log scale";
  return low_ > 0 && !is_exact_ ? "axis from " + ticks_.front().label : "";
}

void Axis::AddLinearTicks(double step) {
  const double first = std::ceil(low_ / step - kSameShare);
  const double last = std::floor(high_ / step + kSameShare);
  for (double i = first; i <= last && ticks_.size() < kMostTicks; ++i) {
    ticks_.push_back({i * step, Fixed(i * step, DecimalsOf(step))});
  }
}

// Powers of ten, and between them 2 and 5, or 3, where there are few.
void Axis::AddLogTicks(int most) {
  const int first = static_cast<int>(std::floor(std::log10(low_) + kSameShare));
  const int last = static_cast<int>(std::ceil(std::log10(high_) - kSameShare));
  const auto add = [&](std::initializer_list<double> factors, int stride) {
    ticks_.clear();
    for (int power = first; power <= last; power += stride) {
      for (const double factor : factors) {
        const double at = factor * std::pow(10.0, power);
        if (at >= low_ * (1 - kSameShare) && at <= high_ * (1 + kSameShare)) ticks_.push_back({at, Figure(at)});
      }
    }
    return ticks_.size() <= static_cast<std::size_t>(most);
  };
  if (add({1, 2, 5}, 1) || add({1, 3}, 1)) return;
  for (int stride = 1; !add({1}, stride); ++stride) continue;
}

}  // namespace inferometer::report::html
