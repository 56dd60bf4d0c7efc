#pragma once
// For tests: power curves whose energy is known, and gauges that show them.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>

#include "probe/energy/power_gauge.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {

// Power over a window that begins at 0 s: one height until `step_at`, another after it, and a ripple on both.
struct PowerCurve {
  double watts_before = 12;
  double watts_after = 8;
  double step_at = 0;
  double ripple_watts = 0;
  double ripple_hz = 1;
  double ripple_phase = 0;

  [[nodiscard]] double Watts(double seconds) const {
    return (seconds < step_at ? watts_before : watts_after) + ripple_watts * std::sin(Phase(seconds));
  }
  // From 0 s, also back from it; exact.
  [[nodiscard]] double Joules(double seconds) const {
    const double before = std::min(step_at, seconds);
    const double ripple =
        ripple_watts / (2 * std::numbers::pi * ripple_hz) * (std::cos(Phase(0)) - std::cos(Phase(seconds)));
    return watts_before * before + watts_after * (seconds - before) + ripple;
  }

 private:
  [[nodiscard]] double Phase(double seconds) const { return 2 * std::numbers::pi * ripple_hz * seconds + ripple_phase; }
};

// Shows the curve at the clock's time, as a sensor does: the mean over `facts.averaging` until now, cut to
// `facts.step_watts`, off by `gain`.
class CurveGauge final : public PowerGauge {
 public:
  CurveGauge(PowerGaugeFacts facts, const ManualClock* clock) : facts_(std::move(facts)), clock_(clock) {}

  [[nodiscard]] const PowerGaugeFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<double> ReadWatts() override {
    if (!failure.ok()) return failure;
    const double now = std::chrono::duration<double>(clock_->Steady() - begin).count();
    const double averaging = std::chrono::duration<double>(facts_.averaging).count();
    double watts = averaging > 0 ? (curve.Joules(now) - curve.Joules(now - averaging)) / averaging : curve.Watts(now);
    watts *= gain;
    if (facts_.step_watts > 0) watts = facts_.step_watts * std::floor(watts / facts_.step_watts + 1e-9);
    return watts;
  }

  PowerCurve curve;
  std::chrono::nanoseconds begin{};  // of the curve
  double gain = 1;
  Status failure;  // shown instead of a value, unless Ok

 private:
  const PowerGaugeFacts facts_;
  const ManualClock* const clock_;
};

}  // namespace inferometer::probe
