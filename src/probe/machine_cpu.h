#pragma once
// What all processes of the machine took of the CPUs, and what a hypervisor took from it.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::probe {

// Since boot, over all CPUs, in ticks of 10 ms (USER_HZ).
struct MachineCpuReading {
  std::uint64_t busy_ticks;   // user, nice, system, irq, softirq; guests are within user
  std::uint64_t steal_ticks;  // 0 also where the kernel does not count it
};

inline constexpr std::chrono::milliseconds kTick{10};

// From the text of /proc/stat: its first line. kDataLoss names the byte.
[[nodiscard]] Result<MachineCpuReading> ParseMachineCpu(std::string_view text);

// Allocates nothing while reads succeed. Thread-safe.
class MachineCpu {
 public:
  explicit MachineCpu(const std::filesystem::path& procfs);
  // Nothing where /proc does not give it.
  [[nodiscard]] std::optional<MachineCpuReading> Read() const;

 private:
  std::optional<os::KeptFile> stat_;  // absent where it could not be opened
};

// Share of all CPUs that others than us used, in percent, at least 0. Absent where the ticks are too coarse for
// `duration` (an error of 5 points or more).
[[nodiscard]] std::optional<double> BackgroundPercent(const MachineCpuReading& begin, const MachineCpuReading& end,
                                                      std::chrono::nanoseconds own_cpu_time,
                                                      std::chrono::nanoseconds duration, unsigned cpus);

}  // namespace inferometer::probe
