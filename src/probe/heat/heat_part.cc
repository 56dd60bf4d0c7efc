#include "probe/heat/heat_part.h"

#include <algorithm>

namespace inferometer::probe {
namespace {

constexpr int kTrialLooks = 5;
// A few ticks: between the looks of an open window there is no longer pause.
constexpr std::chrono::milliseconds kLongestPause{250};

}  // namespace

void HeatPart::MeasureLooks() {
  auto quickest = std::chrono::nanoseconds::max();
  for (int i = 0; i < kTrialLooks; ++i) {
    const auto began = clock_->Steady();
    LookNow(false);
    quickest = std::min(quickest, clock_->Steady() - began);
  }
  look_time_ = quickest;
  is_slow_ = quickest > kMostLookTime;
}

void HeatPart::LookAtBegin() {
  const auto pause = clock_->Steady() - std::chrono::nanoseconds(looked_at_ns_);
  if (pause > kLongestPause) anew_ = true;
  if (!is_slow_) LookAtTick();
}

void HeatPart::LookAtEnd() {
  if (!is_slow_) LookAtTick();
}

void HeatPart::LookAtTick() { LookNow(anew_.exchange(false)); }

void HeatPart::LookNow(bool anew) {
  const std::lock_guard lock(looking_);
  const auto now = clock_->Steady();
  Look(now, anew);
  looked_at_ns_ = now.count();
}

}  // namespace inferometer::probe
