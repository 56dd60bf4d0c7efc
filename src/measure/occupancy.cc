#include "measure/occupancy.h"

namespace inferometer::measure {

Occupancy& Occupancy::OfProcess() {
  static Occupancy occupancy;
  return occupancy;
}

Occupancy::Stay Occupancy::Enter() {
  const std::lock_guard lock(mutex_);
  const bool joined_others = inside_ > 0;
  ++inside_;
  if (joined_others) ++overlaps_;
  return {joined_others, overlaps_};
}

bool Occupancy::LeaveAlone(const Stay& stay) {
  const std::lock_guard lock(mutex_);
  --inside_;
  return !stay.joined_others && overlaps_ == stay.overlaps_seen;
}

}  // namespace inferometer::measure
