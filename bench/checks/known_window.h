#pragma once
// An inference on a machine that is driven along a curve, beside the energy that it really took.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "driven.h"
#include "inferometer/recorder.h"
#include "power_curve.h"

namespace inferometer::checks {

struct KnownWindow {
  InferenceRecord record;
  double truth_mj = 0;
  // REQUIRES: the record has an energy.
  [[nodiscard]] double error_mj() const { return std::abs(*record.energy_consumed_mj - truth_mj); }
  [[nodiscard]] double error_percent() const { return 100 * error_mj() / truth_mj; }
  [[nodiscard]] bool is_covered() const { return error_mj() <= *record.energy_uncertainty_mj; }
};

// The bound on those that the uncertainty covers, 95 %; of fewer than 20 windows, where that would be all, one may
// miss.
[[nodiscard]] inline double FewestCoveredPercent(int windows) {
  return 100.0 * (windows - std::max(1, windows / 20)) / windows;
}

// Sleeps for `length` between begin and end.
[[nodiscard]] inline KnownWindow MeasureKnownWindow(Recorder& recorder, const Driven& driven, const PowerCurve& curve,
                                                    std::chrono::duration<double> length) {
  Inference inference = recorder.Begin({"known", kCpu});
  const double begin = driven.Now();
  std::this_thread::sleep_for(length);
  inference.Token();
  const double end = driven.Now();
  return {inference.End("stop"), 1000 * (curve.Joules(end) - curve.Joules(begin))};
}

}  // namespace inferometer::checks
