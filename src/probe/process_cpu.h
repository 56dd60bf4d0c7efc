#pragma once
// What this process takes of the CPUs.

#include <chrono>
#include <filesystem>
#include <mutex>

#include "inferometer/status.h"
#include "os/process.h"

namespace inferometer::probe {

// CPU time of all threads of this process, and the number of CPUs it is to be seen against. Thread-safe.
class ProcessCpu {
 public:
  explicit ProcessCpu(const std::filesystem::path& procfs) : clock_(procfs), cpus_(os::OnlineCpus()) {}

  // Only differences mean anything; see os::ProcessCpuClock for how exact they are.
  [[nodiscard]] std::chrono::nanoseconds Read() {
    const std::lock_guard lock(mutex_);
    return clock_.Read();
  }
  // Ok, or why the time of running threads lags by up to a tick each.
  [[nodiscard]] const Status& exact() const { return clock_.exact(); }
  // Online when the probe was made.
  [[nodiscard]] unsigned cpus() const { return cpus_; }

 private:
  std::mutex mutex_;
  os::ProcessCpuClock clock_;  // under mutex_, but for exact(), which never changes
  unsigned cpus_;
};

}  // namespace inferometer::probe
