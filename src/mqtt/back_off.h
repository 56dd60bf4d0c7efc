#pragma once
// How long to wait before the next attempt.

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <utility>

namespace inferometer::mqtt {

// Uniform in [0, 1), seeded by the machine. For one thread.
[[nodiscard]] inline std::function<double()> MachineRandom() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return static_cast<double>(engine() >> 11U) * 0x1.0p-53;
  };
}

// Exponential with full jitter, so that a fleet does not come back in step after an outage. Not thread-safe.
class BackOff {
 public:
  using milliseconds = std::chrono::milliseconds;
  // `random` is uniform in [0, 1).
  BackOff(milliseconds first, milliseconds most, std::function<double()> random)
      : first_(std::min(first, most)), most_(most), random_(std::move(random)), ceiling_(first_) {}

  [[nodiscard]] milliseconds Next() {
    const double share = std::clamp(random_(), 0.0, 1.0);
    const auto wait = milliseconds(static_cast<milliseconds::rep>(share * static_cast<double>(ceiling_.count())));
    ceiling_ = ceiling_ < most_ / 2 ? ceiling_ * 2 : most_;
    return wait;
  }
  void Reset() { ceiling_ = first_; }

 private:
  milliseconds first_;
  milliseconds most_;
  std::function<double()> random_;
  milliseconds ceiling_;
};

}  // namespace inferometer::mqtt
