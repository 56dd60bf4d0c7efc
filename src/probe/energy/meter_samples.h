#pragma once
// The samples of a meter that stamps them itself, and its integral at any moment.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "probe/energy/gauge_integrator.h"

namespace inferometer::probe {

// One end of a window.
struct MeterEdge {
  double total_mj = 0;
  double roughness_mj2 = 0;
  std::uint64_t samples = 0;
  std::chrono::nanoseconds held{};  // how long the last sample had to stand for the time after it; 0 between two
};

// The integral runs for ever; of the samples themselves, which make it exact between two of them, the last 4096 are
// kept. All times are the meter's (PowerSample::at, too). Not thread-safe; allocates at construction only.
class MeterSamples {
 public:
  MeterSamples();

  // False for one that is not later than the last; it is dropped.
  [[nodiscard]] bool Add(PowerSample sample);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // REQUIRES: count() > 0
  [[nodiscard]] const PowerSample& last() const { return At(count_ - 1).sample; }

  enum class Side { kBegin, kEnd };
  // Between two samples power is taken as a straight line, and after the last one as its. The samples and the roughness
  // of kBegin are those up to the sample before, of kEnd up to the one after. Nothing where `at` is before the first
  // kept sample.
  [[nodiscard]] std::optional<MeterEdge> EdgeAt(std::chrono::nanoseconds at, Side side) const;

  // Of the samples from the one before `begin` to the one after `end`; those that lie within `margin` outside count for
  // the powers, not for the gap. REQUIRES: EdgeAt(begin) has a value
  [[nodiscard]] GaugeExtremes ExtremesOf(std::chrono::nanoseconds begin, std::chrono::nanoseconds end,
                                         std::chrono::nanoseconds margin) const;
  // Where the window's beginning is no longer kept: since the last Begin.
  void Begin();
  [[nodiscard]] const GaugeExtremes& SinceBegin() const { return since_begin_; }
  [[nodiscard]] const GaugeExtremes& Ever() const { return ever_; }

  // Of the kept ones. Allocates. REQUIRES: count() > 1
  [[nodiscard]] std::chrono::nanoseconds MedianInterval() const;

 private:
  struct Entry {
    PowerSample sample;
    double total_mj;
    double roughness_mj2;
  };
  [[nodiscard]] const Entry& At(std::uint64_t index) const { return entries_[index % entries_.size()]; }
  [[nodiscard]] std::uint64_t FirstKept() const { return count_ - std::min<std::uint64_t>(count_, entries_.size()); }
  [[nodiscard]] std::uint64_t FirstLaterThan(std::chrono::nanoseconds at) const;

  std::vector<Entry> entries_;  // a ring
  std::uint64_t count_ = 0;     // of all samples so far
  GaugeIntegrator integrator_;
  GaugeExtremes since_begin_{};
  GaugeExtremes ever_{};
};

}  // namespace inferometer::probe
