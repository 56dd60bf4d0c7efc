#pragma once
// The one integral of a power gauge, by trapezoid, to which everyone who samples adds.

#include <chrono>
#include <cstdint>
#include <mutex>

#include "inferometer/status.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

struct PowerSample {
  std::chrono::nanoseconds at;  // steady clock
  double watts;
};

// Smallest and largest power, and the longest gap between samples, since Begin.
struct GaugeExtremes {
  double least_watts;
  double most_watts;
  std::chrono::nanoseconds longest_gap;
};

// How rough the curve is between the samples shows how far the integral may be off. For three samples in a row, what
// the middle one differs from the line through its neighbours, times the time between these, is an error that leaving
// the middle one out would make (Richardson); `roughness_mj2` adds up half its square, since each sample is the middle
// of one triple and neighbour in two. IntegrationUncertainty makes k = 2 of it. A ripple in step with the sampling is
// not seen by it, nor by anybody. Thread-safe; allocates nothing.
class GaugeIntegrator {
 public:
  // A sample; one that is not newer than the last is dropped.
  void Add(PowerSample sample);
  // As Add, of the first sample of a window: extremes and triples begin anew.
  [[nodiscard]] EnergyReading Begin(PowerSample sample);
  // A reading failed or was impossible. The integral goes on by trapezoid with the next sample.
  void Disturb(Status why);

  [[nodiscard]] EnergyReading Total() const;
  [[nodiscard]] GaugeExtremes Extremes() const;
  // Ok before the first disturbance.
  [[nodiscard]] Status last_disturbance() const;

 private:
  void AddUnderLock(PowerSample sample);  // REQUIRES: mutex_
  void Extend(PowerSample sample);        // REQUIRES: mutex_

  mutable std::mutex mutex_;
  // All below under mutex_.
  EnergyReading total_;
  PowerSample last_{};          // valid when total_.samples > 0
  PowerSample before_last_{};   // valid when in_a_row_ >= 2
  std::uint64_t in_a_row_ = 0;  // samples since Begin
  GaugeExtremes extremes_{};
  Status last_disturbance_;
};

// k = 2, of the integral between two readings; REQUIRES: both of one integrator. With fewer than three samples there is
// no triple: then the difference of the two over the whole window.
[[nodiscard]] double IntegrationUncertaintyMj(const EnergyReading& begin, const EnergyReading& end,
                                              const GaugeExtremes& extremes, std::chrono::nanoseconds duration);

}  // namespace inferometer::probe
