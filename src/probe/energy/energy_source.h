#pragma once
// What all sources of energy figures have in common: two readings make a window, and a window has an energy with its
// uncertainty, or a reason why not.

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "inferometer/status.h"

namespace inferometer::probe {

struct Energy {
  double mj;
  double uncertainty_mj;  // half width of the interval that holds the true value at about 95 % (k = 2)
};

// A source that tells more than this many times the highest power of what it measures has jumped or was reset: short
// peaks above the limits are real, but far below this.
inline constexpr double kMostOverdraw = 3.0;

// A source as it stood at one moment. Only differences between readings of one source mean anything.
struct EnergyReading {
  double total_mj = 0;             // since the source was opened
  std::uint64_t disturbances = 0;  // failed reads and impossible values so far
  bool ok = true;                  // this reading succeeded
  // Of gauges, which are integrated from samples of power.
  std::uint64_t samples = 0;
  double roughness_mj2 = 0;  // see GaugeIntegrator
  double watts = std::numeric_limits<double>::quiet_NaN();
  // Of meters, whose samples come later than the moment they stand for: see ExternalMeter.
  std::chrono::nanoseconds at{};    // the reading's moment, steady clock
  std::chrono::nanoseconds held{};  // for so long the last sample had to stand for the time after it
};

// Whether all energy between the two readings was seen, and nothing else.
[[nodiscard]] inline bool WindowIsWhole(const EnergyReading& begin, const EnergyReading& end) {
  return begin.ok && end.ok && begin.disturbances == end.disturbances;
}

struct EnergySourceFacts {
  std::string name;   // "rapl", "ina3221", "pmic", "hwmon", "battery", "nvml", "external"
  std::string scope;  // "psys", "package+dram", "package", "board", "module", "system", "gpu"
  // How old a reading may be: the step of a counter, the averaging or refresh time of a gauge.
  std::chrono::nanoseconds resolution{};
  // A gauge: its figure is only as good as it is sampled between the readings (see Sampler).
  bool is_sampled = false;
  // One line for people: which rails, which file, which averaging.
  std::string detail;
};

// What sampling did in a window.
struct SamplingFacts {
  std::uint64_t samples = 0;
  std::chrono::nanoseconds longest_gap{};
};

// Thread-safe. Readings allocate nothing while they succeed.
class EnergySource {
 public:
  virtual ~EnergySource() = default;

  [[nodiscard]] virtual const EnergySourceFacts& facts() const = 0;

  // Read last before the work and first after it. Begin also starts the bookkeeping of the gaps between samples.
  [[nodiscard]] virtual EnergyReading Begin() { return Read(); }
  [[nodiscard]] virtual EnergyReading Read() = 0;

  // Takes what can be learnt of now, between the readings. For gauges; called by the Sampler.
  virtual void Sample() {}

  // Energy between two readings, `duration` apart. An error, never 0, where a read failed, a counter jumped or stood
  // still, or the window is not one that this source can tell.
  [[nodiscard]] virtual Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                               std::chrono::nanoseconds duration) const = 0;
  // Of the window that the last Begin opened.
  [[nodiscard]] virtual SamplingFacts Sampling(const EnergyReading& begin, const EnergyReading& end) const {
    static_cast<void>(begin);
    static_cast<void>(end);
    return {};
  }

  // Where readings arrive by themselves (a meter's stream): waits until one is newer than now, at most this long. Not
  // for the inference's thread.
  virtual void AwaitNews(std::chrono::milliseconds at_most) { static_cast<void>(at_most); }

 protected:
  EnergySource() = default;
  EnergySource(const EnergySource&) = default;
  EnergySource& operator=(const EnergySource&) = default;
};

}  // namespace inferometer::probe
