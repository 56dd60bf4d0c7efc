#pragma once
// A power that is known at every moment, and its exact integral.

#include <chrono>
#include <cmath>
#include <numbers>

namespace inferometer::checks {

// Watts: `base`, plus `step` during the first half of every `period`, plus a sine `ripple` of `ripple_period`.
struct PowerCurve {
  double base = 5;
  double step = 10;
  double period_s = 0.7;
  double ripple = 1;
  double ripple_period_s = 0.043;

  [[nodiscard]] double Watts(double t) const {
    const double phase = std::fmod(t, period_s) / period_s;
    return base + (phase < 0.5 ? step : 0) + ripple * std::sin(2 * std::numbers::pi * t / ripple_period_s);
  }
  // From 0 to t, in J.
  [[nodiscard]] double Joules(double t) const {
    const double periods = std::floor(t / period_s);
    const double within = std::min(std::fmod(t, period_s), period_s / 2);
    const double angle = 2 * std::numbers::pi / ripple_period_s;
    return base * t + step * (periods * period_s / 2 + within) + ripple * (1 - std::cos(angle * t)) / angle;
  }
  [[nodiscard]] double most_watts() const { return base + step + ripple; }
};

}  // namespace inferometer::checks
