#pragma once
// The power of this machine over a stretch of time, by a source that measures.

#include <chrono>
#include <functional>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/energy/energy_source.h"

namespace inferometer::trial {

struct PowerFigure {
  double watts = 0;
  double sd_watts = 0;           // between the windows of a second
  double uncertainty_watts = 0;  // k = 2: of the mean of the windows, joined with what the source states of itself
  int windows = 0;
};

// Cuts `windows` of one second each, one after the other, and measures each. `wait` passes the given time and says
// whether to go on; kCancelled where it does not. A window that the source cannot answer ends the trial with its
// reason. A gauge is sampled meanwhile, on a thread of its own.
[[nodiscard]] Result<PowerFigure> MeasurePower(probe::EnergySource& source, int windows, const base::Clock& clock,
                                               const std::function<bool(std::chrono::nanoseconds)>& wait);

}  // namespace inferometer::trial
