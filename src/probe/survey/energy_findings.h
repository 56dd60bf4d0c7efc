#pragma once
// Which sources of energy this machine has, what each costs and resolves, and what would open the closed ones.

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"
#include "probe/survey/finding.h"

namespace inferometer::probe {

// What of the figures' quality the verdict needs.
struct EnergyOutlook {
  // kRefused: a meter was named and cannot be used; then nothing stands in.
  enum class Basis { kMeasured, kCalibrated, kModel, kRefused };
  Basis basis = Basis::kModel;
  std::string source;  // of what measures
  std::string scope;
  std::optional<double> step_ms;
  bool is_denied = false;  // one that would measure is there and closed
  std::string gpu_source;  // what measures a GPU beside it; empty: nothing
};

struct EnergySurvey {
  std::vector<Finding> findings;
  EnergyOutlook outlook;
};

struct EnergyQuestion {
  EnergyRoots roots;
  // The profile that `inferometer device` would use; empty: none.
  std::filesystem::path profile;
  std::string machine_name;  // see MachineNameOf
  bool in_container = false;
  bool is_virtual = false;
  // Passes about a second, over which an external meter is tried.
  std::function<void()> wait = [] { std::this_thread::sleep_for(std::chrono::seconds(1)); };
};

// Opens every source of MainEnergySources, the battery and NVML once. Takes up to 0.3 s for each that opens; an
// external meter takes some of its samples' intervals, 15 s at most.
[[nodiscard]] EnergySurvey SurveyEnergy(const EnergyQuestion& question);

// How long a counter stands between two changes; absent where it did not change twice within 200 ms.
[[nodiscard]] std::optional<double> MeasuredStepMs(EnergySource& source, const base::Clock& clock);

// What to do so that the source of this name, which was refused with `message`, can be read.
[[nodiscard]] std::vector<std::string> StepsToAllow(std::string_view source, std::string_view message,
                                                    const std::filesystem::path& sysfs, bool in_container);

}  // namespace inferometer::probe
