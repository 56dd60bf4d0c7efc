#pragma once
// What machine this is, for the context of every file.

#include <filesystem>
#include <optional>
#include <string>

namespace inferometer::os {

struct Machine {
  std::string host;
  std::string kernel;                    // "Linux 6.1.0-rpi7 aarch64"
  std::optional<std::string> cpu_model;  // the device tree's board name where cpuinfo names no CPU
  int cpus_online = 1;
  std::optional<double> memory_total_mb;    // 2^20 bytes
  std::optional<std::string> cpu_governor;  // of cpu0
};

// Absent is what this machine does not tell.
[[nodiscard]] Machine DescribeMachine(const std::filesystem::path& procfs, const std::filesystem::path& sysfs);

// The address of the first real network interface by name ("b8:27:eb:bf:9d:51"): what a device calls itself when nobody
// says.
[[nodiscard]] std::optional<std::string> FirstMacAddress(const std::filesystem::path& sysfs);

}  // namespace inferometer::os
