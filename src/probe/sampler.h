#pragma once
// Reads gauges while a window is open, on a thread of its own, which sleeps otherwise.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace inferometer::probe {

// How often: densely at the beginning of a window, where a short one would else have no samples.
struct SamplingPlan {
  std::chrono::milliseconds dense_interval{20};
  std::chrono::milliseconds dense_for{2000};
  std::chrono::milliseconds interval{50};
  // Of the CPU time of the whole machine; ticks come less often where they cost more. With the waking at begin it stays
  // below 0.1 %.
  double most_share = 0.0008;
};

// For power; and for what changes slowly.
inline constexpr SamplingPlan kPowerPlan{};
inline constexpr SamplingPlan kHeatPlan{std::chrono::milliseconds(100), std::chrono::milliseconds(0),
                                        std::chrono::milliseconds(100)};

// What a tick does: `run`, unless it ran less than `interval` ago.
struct SampledTask {
  std::function<void()> run;
  std::chrono::milliseconds interval{0};
};

// Make one only where something must be sampled. A tick runs the tasks that are due, one after the other, holding no
// lock; they must not allocate, block for long, or throw. The next tick is at least ten times as far away as the last
// one took, so that a slow sensor takes at most a tenth of one CPU, and as far as the plan's share of the machine asks
// for, up to 250 ms. Open and Close are cheap, from any thread, and
// nest.
class Sampler {
 public:
  Sampler(std::vector<SampledTask> tasks, SamplingPlan plan);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void Open();
  void Close();
  // CPU time of the thread until its last tick, the waking included.
  [[nodiscard]] std::chrono::nanoseconds CpuTime() const { return std::chrono::nanoseconds(cpu_ns_); }
  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }

 private:
  void Run(const std::stop_token& stop);
  void SampleWhileOpen(const std::stop_token& stop);
  [[nodiscard]] bool SleepUntil(std::chrono::steady_clock::time_point deadline, std::uint64_t window,
                                const std::stop_token& stop);
  void Tick();
  [[nodiscard]] std::chrono::nanoseconds AffordableInterval() const;

  struct Task {
    SampledTask what;
    std::chrono::steady_clock::time_point due;
  };

  std::vector<Task> tasks_;  // of the thread
  const SamplingPlan plan_;
  std::chrono::nanoseconds tick_cost_{0};  // of the thread: CPU time of a tick and its waking, smoothed
  std::atomic<std::int64_t> cpu_ns_ = 0;
  std::atomic<std::uint64_t> ticks_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int open_ = 0;              // under mutex_
  std::uint64_t opened_ = 0;  // under mutex_; counts Open
  std::jthread thread_;       // last
};

}  // namespace inferometer::probe
