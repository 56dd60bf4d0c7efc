#include "probe/energy/meter_alignment.h"

#include <algorithm>

namespace inferometer::probe {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kMostDelay = std::chrono::seconds(2);
constexpr nanoseconds kForgetAfter = std::chrono::minutes(1);
constexpr nanoseconds kLeastOfOurs = std::chrono::milliseconds(1);
constexpr nanoseconds kLeastOfItsOwn = std::chrono::milliseconds(10);

bool IsSmall(nanoseconds delay) { return delay >= -kMostDelay && delay <= kMostDelay; }

}  // namespace

void SmallestDelay::Add(nanoseconds delay, nanoseconds now) {
  if (now - began_ >= kForgetAfter) {
    before_ = now - began_ >= 2 * kForgetAfter ? kNone : current_;
    current_ = kNone;
    began_ = now;
  }
  current_ = std::min(current_, delay);
}

nanoseconds SmallestDelay::Get() const { return std::min(before_, current_); }

bool MeterAlignment::IsAhead(nanoseconds stamp, const Arrival& arrival) const {
  switch (clock_) {
    case Clock::kUndecided: return false;
    case Clock::kUnix: return stamp > arrival.since_1970 + kMostDelay;
    case Clock::kSteady: return stamp > arrival.steady + kMostDelay;
    case Clock::kItsOwn: return stamp > ToStamp(arrival.steady) + kMostDelay;
  }
  return false;
}

void MeterAlignment::Observe(nanoseconds stamp, const Arrival& arrival) {
  by_unix_.Add(arrival.since_1970 - stamp, arrival.steady);
  by_steady_.Add(arrival.steady - stamp, arrival.steady);
  unix_to_steady_ = arrival.steady - arrival.since_1970;
}

void MeterAlignment::Decide() {
  if (IsSmall(by_unix_.Get())) {
    clock_ = Clock::kUnix;
  } else {
    clock_ = IsSmall(by_steady_.Get()) ? Clock::kSteady : Clock::kItsOwn;
  }
}

nanoseconds MeterAlignment::Offset() const {
  switch (clock_) {
    case Clock::kUnix: return unix_to_steady_;
    case Clock::kItsOwn: return by_steady_.Get();
    case Clock::kUndecided:
    case Clock::kSteady: break;
  }
  return {};
}

nanoseconds MeterAlignment::Uncertainty(nanoseconds interval) const {
  switch (clock_) {
    case Clock::kUnix: return std::max(kLeastOfOurs, std::chrono::abs(by_unix_.Get()));
    case Clock::kSteady: return std::max(kLeastOfOurs, std::chrono::abs(by_steady_.Get()));
    case Clock::kUndecided:
    case Clock::kItsOwn: break;
  }
  return std::max(kLeastOfItsOwn, interval);
}

std::string MeterAlignment::Description() const {
  switch (clock_) {
    case Clock::kUnix: return "stamped by this machine's Unix clock";
    case Clock::kSteady: return "stamped by this machine's monotonic clock";
    case Clock::kItsOwn: return "stamped by a clock of its own, aligned by the quickest arrival";
    case Clock::kUndecided: break;
  }
  return "of an unknown clock";
}

}  // namespace inferometer::probe
