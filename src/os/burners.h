#pragma once
// For tests and benchmarks: threads that burn CPU and know exactly how much.

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "os/process.h"

namespace inferometer::os {

// Threads that spin from construction to destruction without asking the kernel for anything, since reading a clock
// would book their time and hide what is tested. Only at a Mark do they read their own. Marks from one thread.
class Burners {
 public:
  explicit Burners(std::size_t threads) : burned_(threads) {
    for (auto& burned : burned_) threads_.emplace_back([this, &burned] { Burn(burned); });
    static_cast<void>(Mark());  // all run
  }
  ~Burners() {
    phase_ = kStop;
    for (auto& thread : threads_) thread.join();
  }
  Burners(const Burners&) = delete;
  Burners& operator=(const Burners&) = delete;

  // CPU time of all these threads and the calling one, at the moment of the call: each thread that runs now sees it
  // within a microsecond; one that waits for a CPU burns nothing until then.
  [[nodiscard]] std::chrono::nanoseconds Mark() {
    seen_ = 0;
    ++phase_;
    std::chrono::nanoseconds sum = ThreadCpuTime();
    marked_at_ = std::chrono::steady_clock::now();
    while (seen_ < burned_.size()) std::this_thread::sleep_for(std::chrono::microseconds(200));
    for (const auto& burned : burned_) sum += std::chrono::nanoseconds(burned.load());
    return sum;
  }

  struct Edge {
    std::chrono::nanoseconds burned;
    // What all CPUs can have burned since `read` began. More than a little when the calling thread lost its own between
    // the reading and the mark.
    std::chrono::nanoseconds unsure;
  };
  // A mark right after `read`, which reads the clock under test.
  template <typename Read>
  [[nodiscard]] Edge MarkAfter(Read&& read) {
    const auto before = std::chrono::steady_clock::now();
    read();
    const auto burned = Mark();
    return {burned, OnlineCpus() * (marked_at_ - before)};
  }

 private:
  static constexpr int kStop = -1;

  void Burn(std::atomic<std::int64_t>& burned) {
    int last = 0;
    while (true) {
      const int phase = phase_.load(std::memory_order_relaxed);
      if (phase == last) continue;
      if (phase == kStop) return;
      last = phase;
      burned = ThreadCpuTime().count();
      ++seen_;
    }
  }

  std::chrono::steady_clock::time_point marked_at_;  // of the calling thread alone
  std::atomic<int> phase_ = 0;
  std::atomic<std::size_t> seen_ = 0;
  std::vector<std::atomic<std::int64_t>> burned_;  // ns
  std::vector<std::thread> threads_;
};

}  // namespace inferometer::os
