#include "probe/sampler.h"

#include <algorithm>
#include <utility>

#include "os/cpus.h"
#include "os/process.h"

namespace inferometer::probe {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kLeastRest = 10;  // times what a tick took
// The first tick comes soon: work begins with a jump of power, which the trapezoid up to a late tick would halve.
constexpr std::chrono::milliseconds kFirstTick{2};
constexpr std::chrono::milliseconds kMostAffordable{250};
constexpr int kSmoothing = 4;  // ticks

}  // namespace

Sampler::Sampler(std::vector<SampledTask> tasks, SamplingPlan plan) : plan_(plan) {
  for (SampledTask& task : tasks) tasks_.push_back({std::move(task), {}});
  const os::SignalsBlocked blocked;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Sampler::~Sampler() = default;

void Sampler::Open() {
  {
    const std::lock_guard lock(mutex_);
    ++open_;
    ++opened_;
  }
  changed_.notify_one();
}

void Sampler::Close() {
  const std::lock_guard lock(mutex_);
  --open_;
}

void Sampler::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return open_ > 0; })) return;
    }
    SampleWhileOpen(stop);
  }
}

void Sampler::SampleWhileOpen(const std::stop_token& stop) {
  std::uint64_t window = 0;
  SteadyClock::time_point began;
  SteadyClock::time_point deadline;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (open_ == 0 || stop.stop_requested()) return;
      if (window != opened_) {
        window = opened_;
        began = SteadyClock::now();
        deadline = began + std::min<SteadyClock::duration>(kFirstTick, plan_.dense_interval);
      }
    }
    if (!SleepUntil(deadline, window, stop)) continue;
    const auto tick_began = SteadyClock::now();
    Tick();
    const auto now = SteadyClock::now();
    deadline += now - began < plan_.dense_for ? plan_.dense_interval : plan_.interval;
    // What was missed is not caught up with.
    deadline = std::max<SteadyClock::time_point>(deadline, now + kLeastRest * (now - tick_began));
    deadline = std::max<SteadyClock::time_point>(deadline, tick_began + plan_.dense_interval);
    deadline = std::max<SteadyClock::time_point>(deadline, tick_began + AffordableInterval());
  }
}

// False when the window closed, another opened or a stop came.
bool Sampler::SleepUntil(SteadyClock::time_point deadline, std::uint64_t window, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return open_ == 0 || opened_ != window; };
  if (is_over() || stop.stop_requested()) return false;
  return !changed_.wait_until(lock, stop, deadline, is_over) && !stop.stop_requested();
}

void Sampler::Tick() {
  const auto now = SteadyClock::now();
  for (Task& task : tasks_) {
    if (now < task.due) continue;
    task.what.run();
    task.due = now + task.what.interval;
  }
  const auto cpu = os::ThreadCpuTime();
  tick_cost_ += (cpu - std::chrono::nanoseconds(cpu_ns_) - tick_cost_) / kSmoothing;
  cpu_ns_ = cpu.count();
  ++ticks_;
}

std::chrono::nanoseconds Sampler::AffordableInterval() const {
  const auto interval = std::chrono::duration<double, std::nano>(tick_cost_) / (plan_.most_share * os::UsableCpus());
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::min<std::chrono::duration<double, std::nano>>(interval, kMostAffordable));
}

}  // namespace inferometer::probe
