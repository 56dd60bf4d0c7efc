#pragma once
// Which clock stamps a meter's samples, and where on ours they stand.

#include <chrono>
#include <string>

namespace inferometer::probe {

// When something came, by this machine's two clocks.
struct Arrival {
  std::chrono::nanoseconds steady;
  std::chrono::nanoseconds since_1970;
};

// The smallest of the last one to two minutes, so that two clocks may drift apart. Not thread-safe.
class SmallestDelay {
 public:
  void Add(std::chrono::nanoseconds delay, std::chrono::nanoseconds now);
  // Max before the first.
  [[nodiscard]] std::chrono::nanoseconds Get() const;

 private:
  static constexpr auto kNone = std::chrono::nanoseconds::max();
  std::chrono::nanoseconds began_{};
  std::chrono::nanoseconds before_ = kNone;
  std::chrono::nanoseconds current_ = kNone;
};

// A sample's delay is how long after its stamp it arrived. Stamps whose smallest delay is within 2 s are taken as Unix
// time, or as time of the steady clock (CLOCK_MONOTONIC); then they are believed, whatever the delay. Else the meter
// has a clock of its own, and the sample that came quickest is taken to have come at once. Not thread-safe.
class MeterAlignment {
 public:
  // Whether the stamp is further ahead of its arrival than 2 s, so that it is not to be observed: a garbled time. Never
  // before Decide.
  [[nodiscard]] bool IsAhead(std::chrono::nanoseconds stamp, const Arrival& arrival) const;
  void Observe(std::chrono::nanoseconds stamp, const Arrival& arrival);
  // By what was observed so far, once and for all. REQUIRES: something was.
  void Decide();
  [[nodiscard]] bool is_decided() const { return clock_ != Clock::kUndecided; }

  // What the meter's clock shows at a moment of our steady clock. REQUIRES: is_decided()
  [[nodiscard]] std::chrono::nanoseconds ToStamp(std::chrono::nanoseconds steady) const { return steady - Offset(); }
  // How far a stamp may be from the moment it stands for. With one of our clocks: the smallest delay, which a meter on
  // another machine, whose clock is off, would show too; at least 1 ms. With the meter's own: one `interval` between
  // samples, at least 10 ms, since the smallest delay is not seen.
  [[nodiscard]] std::chrono::nanoseconds Uncertainty(std::chrono::nanoseconds interval) const;
  // "stamped by this machine's Unix clock"
  [[nodiscard]] std::string Description() const;

 private:
  enum class Clock { kUndecided, kUnix, kSteady, kItsOwn };
  [[nodiscard]] std::chrono::nanoseconds Offset() const;

  Clock clock_ = Clock::kUndecided;
  SmallestDelay by_unix_;
  SmallestDelay by_steady_;
  std::chrono::nanoseconds unix_to_steady_{};  // at the last arrival: our Unix clock may be set
};

}  // namespace inferometer::probe
