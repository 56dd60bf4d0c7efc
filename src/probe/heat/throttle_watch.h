#pragma once
// One source of throttling over windows.

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "probe/heat/heat_part.h"
#include "probe/heat/throttle_source.h"

namespace inferometer::probe {

// What was seen since the watch was made; only differences mean anything.
struct ThrottleReading {
  std::uint64_t looks = 0;  // that succeeded and began nothing anew
  std::uint64_t failures = 0;
  std::uint64_t events = 0;
  std::array<std::uint64_t, kThrottleReasons> seen{};  // looks that showed this reason
  ReasonSet live = 0;                                  // in the last look
  bool ok = true;                                      // the last look succeeded
};

struct ThrottleVerdict {
  ReasonSet reasons = 0;
  bool is_whole = false;  // the source told of the window from end to end
  std::uint64_t events = 0;
};

// `is_slow`: the source was looked at by the sampler alone.
[[nodiscard]] ThrottleVerdict VerdictBetween(const ThrottleReading& begin, const ThrottleReading& end, bool is_slow);

class ThrottleWatch final : public HeatPart {
 public:
  ThrottleWatch(std::unique_ptr<ThrottleSource> source, const base::Clock* clock)
      : HeatPart(clock), source_(std::move(source)) {}

  [[nodiscard]] const ThrottleSourceFacts& facts() const { return source_->facts(); }
  [[nodiscard]] ThrottleReading Reading() const;

 private:
  void Look(std::chrono::nanoseconds now, bool anew) override;

  const std::unique_ptr<ThrottleSource> source_;  // looks come one at a time
  mutable std::mutex mutex_;
  ThrottleReading reading_;  // under mutex_
};

}  // namespace inferometer::probe
