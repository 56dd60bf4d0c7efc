#pragma once
// Time as a dependency: logic takes a Clock and never asks the machine by itself.

#include <chrono>

#include "inferometer/record.h"

namespace inferometer::base {

// Both calls are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never steps, does not count while suspended; only differences mean anything. For every duration.
  [[nodiscard]] virtual std::chrono::nanoseconds Steady() const = 0;
  // UTC as the machine believes it; may step. For stamps only, never for durations or order.
  [[nodiscard]] virtual WallTime Wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
  [[nodiscard]] WallTime Wall() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace inferometer::base
