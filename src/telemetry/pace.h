#pragma once
// How long a replay waits between two messages.

#include <chrono>
#include <optional>

#include "inferometer/record.h"

namespace inferometer::telemetry {

// A gap in the recording (a sensor that was off for a night) does not stop a replay for longer than this.
inline constexpr std::chrono::hours kLongestPause{1};

// The wait before the message of time `ts`, after that of time `previous` (nothing: it is the first). Speed 1 is as
// recorded, 10 ten times faster; no speed, one that is not above 0, or a clock that went back: no waiting.
[[nodiscard]] inline std::chrono::nanoseconds Pace(std::optional<WallTime> previous, WallTime ts,
                                                   std::optional<double> speed) {
  if (!previous || !speed || !(*speed > 0) || ts <= *previous) return std::chrono::nanoseconds(0);
  const double wait_ns = std::chrono::duration<double, std::nano>(ts - *previous).count() / *speed;
  const std::chrono::nanoseconds longest = kLongestPause;
  if (!(wait_ns < static_cast<double>(longest.count()))) return longest;
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(wait_ns));
}

}  // namespace inferometer::telemetry
