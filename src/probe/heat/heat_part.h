#pragma once
// What the parts of Heat have in common: who looks, when, and how long a look takes.

#include <atomic>
#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace inferometer::probe {

// A part looks at its sensor at both ends of a window and at the sampler's ticks between them. One whose looks are slow
// leaves the ends out, so that the inference's thread does not wait for it. Thread-safe; looks come one at a time.
class HeatPart {
 public:
  // A look that takes longer is none for the inference's thread.
  static constexpr std::chrono::microseconds kMostLookTime{200};

  virtual ~HeatPart() = default;
  HeatPart(const HeatPart&) = delete;
  HeatPart& operator=(const HeatPart&) = delete;

  // Looks five times and judges by the quickest. Before the first window.
  void MeasureLooks();
  [[nodiscard]] bool is_slow() const { return is_slow_; }
  // The quickest of those looks.
  [[nodiscard]] std::chrono::nanoseconds look_time() const { return look_time_; }

  void LookAtBegin();
  void LookAtEnd();
  void LookAtTick();

 protected:
  explicit HeatPart(const base::Clock* clock) : clock_(clock) {}

  // Takes in what the sensor shows `now`. `anew`: no window was open for a while, so that what changed since the last
  // look belongs to none. Allocates nothing while it succeeds.
  virtual void Look(std::chrono::nanoseconds now, bool anew) = 0;

 private:
  void LookNow(bool anew);

  const base::Clock* const clock_;
  bool is_slow_ = false;
  std::chrono::nanoseconds look_time_{};
  std::mutex looking_;
  std::atomic<bool> anew_ = false;              // what the next look is told
  std::atomic<std::int64_t> looked_at_ns_ = 0;  // steady clock
};

}  // namespace inferometer::probe
