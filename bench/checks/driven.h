#pragma once
// A thread that drives a fake machine along a curve, as often as it is told.

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

namespace inferometer::checks {

// Calls `write` with the seconds since it was made. Runs until destruction.
class Driven {
 public:
  Driven(std::chrono::microseconds interval, std::function<void(double t)> write)
      : write_(std::move(write)), begin_(std::chrono::steady_clock::now()) {
    write_(0);
    thread_ = std::jthread([this, interval](const std::stop_token& stop) { Run(stop, interval); });
  }

  [[nodiscard]] double Now() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  // The longest time between two writes since the last call: what the machine's scheduler made of the interval.
  [[nodiscard]] double TakeLongestStep() { return longest_step_.exchange(0); }

 private:
  void Run(const std::stop_token& stop, std::chrono::microseconds interval) {
    double last = 0;
    for (auto next = begin_ + interval; !stop.stop_requested(); next += interval) {
      std::this_thread::sleep_until(next);
      const double now = Now();
      write_(now);
      const double step = Now() - last;  // until the write is done
      if (step > longest_step_) longest_step_ = step;
      last = now;
    }
  }

  const std::function<void(double t)> write_;
  const std::chrono::steady_clock::time_point begin_;
  std::atomic<double> longest_step_ = 0;
  std::jthread thread_;  // last
};

}  // namespace inferometer::checks
