#pragma once
// The energy of a window from the best source there is, and why no better one was used.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "probe/power_model.h"
#include "probe/rapl.h"

namespace inferometer::probe {

struct EnergyOptions {
  EnergyChoice choice = EnergyChoice::kAuto;
  std::string board = "generic";
  RaplOptions rapl;
};

// What else is known of the window between two readings.
struct EnergyWindow {
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds cpu_time;
  unsigned cpus;
  bool on_cpu;  // the CPUs did all the work, as the model of a board assumes
};

struct EnergyAnswer {
  std::optional<Energy> energy;
  std::string source;              // "rapl", "model"; empty without energy
  std::string scope;               // "psys", "package+dram", "package", "board"; empty without energy
  std::string unavailable_reason;  // why a better source, or any, was not used; empty with the best one
};

// Priority: RAPL, the model of a board, nothing. Thread-safe.
class EnergyMeter {
 public:
  // kInvalidArgument for an unknown board. A counter that cannot be used is no error.
  [[nodiscard]] static Result<EnergyMeter> Make(const EnergyOptions& options);

  // Reads the counters, if any. Do it last before the work and first after it.
  [[nodiscard]] CounterReading Read();
  // A window whose counters failed is answered by the model, with the reason.
  [[nodiscard]] EnergyAnswer Between(const CounterReading& begin, const CounterReading& end,
                                     const EnergyWindow& window) const;
  // One line for people.
  [[nodiscard]] std::string Description() const;

 private:
  EnergyMeter() = default;
  [[nodiscard]] EnergyAnswer Model(const EnergyWindow& window, std::string reason) const;

  std::unique_ptr<Rapl> rapl_;           // null where not used
  const BoardProfile* board_ = nullptr;  // null without energy
  std::string reason_;                   // why rapl_ is null, and the next step
  std::string short_reason_;             // the same in each record, where every byte counts
};

}  // namespace inferometer::probe
