#pragma once
// For tests: a clock that stands until it is moved.

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace inferometer::probe {

class ManualClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return std::chrono::nanoseconds(steady_ns_); }
  [[nodiscard]] WallTime Wall() const override { return wall; }
  void Advance(std::chrono::nanoseconds by) {
    steady_ns_ += by.count();
    wall += std::chrono::round<std::chrono::microseconds>(by);
  }

  WallTime wall{};

 private:
  std::atomic<std::int64_t> steady_ns_ = 1'000'000'000;
};

}  // namespace inferometer::probe
