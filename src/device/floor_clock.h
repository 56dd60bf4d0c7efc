#pragma once
// Wall time on a machine whose clock may never have been set (docs/decisions/0024-time-begins-at-a-floor.md).

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace inferometer::device {

// What was noted of the past is not believed beyond this, counted from the build.
inline constexpr std::chrono::days kFurthestNoted{20 * 365};
// A clock that stands past the build and yet further back than this looks set: the note is taken for the error.
inline constexpr std::chrono::days kLongestLead{7};

// The machine's clock, but never before a floor: the later of when the program was built and of what was noted down
// since (Raise). While the machine's clock stands before the floor, the time is the floor and what has passed on the
// steady clock since this object was made. From the floor on the machine's clock is used as it is: time steps once,
// when the clock is set.
//
// A note can be wrong, the build cannot. So a clock at or past the build is believed against a note when somebody
// vouches for it, or when the note leads it by more than kLongestLead: setting the clock heals a device whose journal
// was once written under a clock of years ahead. Safe from any thread. `machine` must outlive it.
class FloorClock final : public base::Clock {
 public:
  // `is_synchronised`: whether the machine's clock is vouched for at this moment. Called from any thread, and only
  // while that stands between the build and the floor.
  FloorClock(const base::Clock& machine, WallTime built, std::function<bool()> is_synchronised);

  // A time that has passed, as it was noted. Never lowers the floor; later than kFurthestNoted it is passed over.
  void Raise(WallTime noted);

  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return machine_.Steady(); }
  [[nodiscard]] WallTime Wall() const override;
  // The time that stands for the machine's; nothing while the machine's own does.
  [[nodiscard]] std::optional<WallTime> Floored() const;

 private:
  [[nodiscard]] WallTime floor() const { return WallTime(std::chrono::microseconds(floor_us_)); }
  [[nodiscard]] bool IsBelieved(WallTime machine) const;
  [[nodiscard]] WallTime SinceFloor() const;

  const base::Clock& machine_;
  const WallTime built_;
  const std::function<bool()> is_synchronised_;
  const std::chrono::nanoseconds made_;
  std::atomic<std::int64_t> floor_us_;  // since 1970
};

}  // namespace inferometer::device
