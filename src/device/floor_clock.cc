#include "device/floor_clock.h"

#include <utility>

namespace inferometer::device {

FloorClock::FloorClock(const base::Clock& machine, WallTime built, std::function<bool()> is_synchronised)
    : machine_(machine),
      built_(built),
      is_synchronised_(std::move(is_synchronised)),
      made_(machine.Steady()),
      floor_us_(built.time_since_epoch().count()) {}

void FloorClock::Raise(WallTime noted) {
  if (noted > built_ + kFurthestNoted) return;
  const std::int64_t wanted = noted.time_since_epoch().count();
  std::int64_t now = floor_us_;
  while (now < wanted && !floor_us_.compare_exchange_weak(now, wanted)) {
  }
}

WallTime FloorClock::Wall() const {
  const WallTime machine = machine_.Wall();
  return IsBelieved(machine) ? machine : SinceFloor();
}

std::optional<WallTime> FloorClock::Floored() const {
  if (IsBelieved(machine_.Wall())) return std::nullopt;
  return SinceFloor();
}

bool FloorClock::IsBelieved(WallTime machine) const {
  if (machine >= floor()) return true;
  if (machine < built_) return false;
  return floor() - machine > kLongestLead || is_synchronised_();
}

WallTime FloorClock::SinceFloor() const {
  return floor() + std::chrono::floor<std::chrono::microseconds>(machine_.Steady() - made_);
}

}  // namespace inferometer::device
