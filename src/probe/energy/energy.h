#pragma once
// The energy of a window from the best source there is, how good the figure is, and why no better source was used.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"
#include "probe/energy/energy_sources.h"
#include "probe/energy/power_model.h"
#include "probe/energy/power_profile.h"

namespace inferometer::probe {

struct EnergyOptions {
  EnergyChoice choice = EnergyChoice::kAuto;
  std::string board = "generic";
  std::optional<PowerProfile> profile;  // of this machine, measured; beats `board`
  EnergyRoots roots;
  NotUsed profile_not_used{};  // why there is one but not in `profile`; joins the reason where a model answers
};

// The sources at one moment.
struct EnergyReadings {
  EnergyReading main;
  EnergyReading battery;
  EnergyReading gpu;
};

// What else is known of the window between two readings.
struct EnergyWindow {
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds cpu_time;
  unsigned cpus;
  bool on_cpu;    // the CPUs did all the work, as the models of a board assume
  bool uses_gpu;  // an NVIDIA GPU took part
  std::optional<std::chrono::nanoseconds> until_first_token;
};

// A part of the whole: prompt (begin to first token) or decoding.
struct PhaseEnergy {
  Energy prefill;
  Energy decode;
};

struct EnergyAnswer {
  std::optional<Energy> energy;
  std::string source;   // "rapl", ..., "rapl+nvml", "model_calibrated", "model"; empty without energy
  std::string scope;    // "psys", "package+gpu", "board", ...; empty without energy
  std::string quality;  // see EnergyQuality; empty without energy
  std::optional<std::chrono::nanoseconds> resolution;  // of a measured figure
  std::optional<SamplingFacts> sampling;               // of a gauge
  std::optional<PhaseEnergy> phases;                   // where the source resolves them
  std::optional<Energy> gpu;                           // the GPU's share, also where `energy` does not hold it
  std::string unavailable_reason;  // why a better source, or any, was not used; empty with the best one
};

// "ok": the window is at least 20 times as long as the source's resolution, and the relative uncertainty at most 10 %.
// "low": at most 50 %. "below_resolution": worse; not to be compared.
[[nodiscard]] const char* EnergyQuality(const Energy& energy, std::chrono::nanoseconds duration,
                                        std::chrono::nanoseconds resolution);
// The quality of what no meter has seen: models.
inline constexpr const char* kEstimate = "estimate";

// Priority: the sources of MainEnergySources, the battery (long windows only), the calibrated model, the board's model,
// nothing. Thread-safe.
class EnergyMeter {
 public:
  // kInvalidArgument for an unknown board; the status of a meter that was named and cannot be used. Any other source
  // that cannot be used is no error.
  [[nodiscard]] static Result<EnergyMeter> Make(const EnergyOptions& options);

  // Reads the sources, if any. Do it last before the work and first after it.
  [[nodiscard]] EnergyReadings Begin();
  [[nodiscard]] EnergyReadings Read();
  // At the first token: the main source only, and nothing where reading it takes so long that the inference would
  // notice.
  [[nodiscard]] std::optional<EnergyReading> ReadPhase();
  // Whether Sample must be called while a window is open.
  [[nodiscard]] bool NeedsSampling() const;
  void Sample();
  // For who has time: until a meter that sends by itself has sent what belongs to the moments before now.
  void AwaitNews(std::chrono::milliseconds at_most);

  // A window whose source failed is answered by the next one, with the reason. `first_token` is from ReadPhase.
  [[nodiscard]] EnergyAnswer Between(const EnergyReadings& begin, const std::optional<EnergyReading>& first_token,
                                     const EnergyReadings& end, const EnergyWindow& window) const;
  // One line for people.
  [[nodiscard]] std::string Description() const;

 private:
  EnergyMeter() = default;
  [[nodiscard]] Status OpenSources(const EnergyRoots& roots);
  void OpenBatteryIfAny(const EnergyRoots& roots);
  void NoteProfile(const NotUsed& why);
  [[nodiscard]] EnergyAnswer Measured(const EnergySource& source, const Energy& energy, const EnergyReading& begin,
                                      const EnergyReading& end, const EnergyWindow& window) const;
  [[nodiscard]] std::optional<PhaseEnergy> Phases(const EnergyReading& begin, const EnergyReading& first_token,
                                                  const EnergyReading& end, const EnergyWindow& window) const;
  [[nodiscard]] EnergyAnswer OfComputer(const EnergyReadings& begin, const std::optional<EnergyReading>& first_token,
                                        const EnergyReadings& end, const EnergyWindow& window) const;
  void AddGpu(const EnergyReadings& begin, const EnergyReadings& end, const EnergyWindow& window,
              EnergyAnswer& answer) const;
  [[nodiscard]] EnergyAnswer Model(const EnergyWindow& window, std::string reason) const;

  std::unique_ptr<EnergySource> main_;     // null: none
  std::unique_ptr<EnergySource> battery_;  // null: none, or not needed
  std::unique_ptr<EnergySource> gpu_;      // null: none
  bool main_is_quick_ = false;
  std::optional<PowerProfile> profile_;
  const BoardProfile* board_ = nullptr;  // null without energy
  NotUsed not_used_;                     // why main_ is null, or which better one is not used
};

}  // namespace inferometer::probe
