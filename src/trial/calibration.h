#pragma once
// Measures this machine's power idle, evaluating prompts and decoding, for a power profile.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/llama_engine.h"
#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"
#include "probe/energy/power_profile.h"
#include "trial/power_trial.h"

namespace inferometer::trial {

inline constexpr int kLeastIdleSeconds = 10;

struct CalibrationOptions {
  probe::EnergyRoots roots;  // with a meter in it, that meter and no other source
  engine::ModelOptions model;
  std::filesystem::path sysfs = "/sys";
  int seconds = 30;  // of each load; idle takes as long, but kLeastIdleSeconds at least
};

struct CalibratedPoint {
  std::string name;  // "idle", "prefill", "decode"
  PowerFigure power;
  std::optional<double> tokens_per_second;
};

struct Calibration {
  probe::PowerProfile profile;
  std::vector<CalibratedPoint> points;
  std::vector<std::string> warnings;
};

// What is being done: the phase, and the seconds of it.
using CalibrationProgress = std::function<void(std::string_view phase, int done_seconds, int all_seconds)>;

// The best source that measures. kUnavailable, with what to attach, where none does.
[[nodiscard]] Result<std::unique_ptr<probe::EnergySource>> OpenMeter(const probe::EnergyRoots& roots);

// Opens the meter, loads the model, and runs it. kCancelled where `stop` was requested; kFailedPrecondition where the
// meter sees no more power under load than idle.
[[nodiscard]] Result<Calibration> Calibrate(const CalibrationOptions& options, const CalibrationProgress& progress,
                                            const std::stop_token& stop);

}  // namespace inferometer::trial
