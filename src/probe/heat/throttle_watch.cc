#include "probe/heat/throttle_watch.h"

namespace inferometer::probe {

ThrottleVerdict VerdictBetween(const ThrottleReading& begin, const ThrottleReading& end, bool is_slow) {
  ThrottleVerdict verdict;
  if (!is_slow && begin.ok) verdict.reasons = begin.live;
  for (std::size_t i = 0; i < kThrottleReasons; ++i) {
    if (end.seen[i] > begin.seen[i]) verdict.reasons |= SetOf(static_cast<ThrottleReason>(i));
  }
  verdict.events = end.events - begin.events;
  const bool ends_are_known = is_slow || (begin.ok && end.ok);
  verdict.is_whole = ends_are_known && end.looks > begin.looks && end.failures == begin.failures;
  return verdict;
}

ThrottleReading ThrottleWatch::Reading() const {
  const std::lock_guard lock(mutex_);
  return reading_;
}

void ThrottleWatch::Look(std::chrono::nanoseconds /*now*/, bool anew) {
  const auto look = source_->Look();
  const std::lock_guard lock(mutex_);
  reading_.ok = look.ok();
  if (!look.ok()) {
    ++reading_.failures;
    return;
  }
  reading_.live = look->live;
  const ReasonSet reasons = anew ? look->live : static_cast<ReasonSet>(look->live | look->passed);
  for (std::size_t i = 0; i < kThrottleReasons; ++i) {
    if ((reasons & SetOf(static_cast<ThrottleReason>(i))) != 0) ++reading_.seen[i];
  }
  if (anew) return;
  ++reading_.looks;
  reading_.events += look->events;
}

}  // namespace inferometer::probe
