#pragma once
// Sleeps that a stop ends.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace inferometer::trial {

class Waiter {
 public:
  explicit Waiter(std::stop_token stop) : stop_(std::move(stop)) {}
  // False where a stop was requested, before or meanwhile.
  [[nodiscard]] bool Wait(std::chrono::nanoseconds duration) {
    std::unique_lock lock(mutex_);
    static_cast<void>(bell_.wait_for(lock, stop_, duration, [] { return false; }));
    return !stop_.stop_requested();
  }

 private:
  std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any bell_;  // nobody rings, a stop does
};

}  // namespace inferometer::trial
