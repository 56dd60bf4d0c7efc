#pragma once
// What a device knows of its clocks, by which a hub can repair the times of records made before the wall clock was set.

#include <filesystem>
#include <optional>
#include <string>

#include "device/floor_clock.h"

namespace inferometer::device {

struct ClockFacts {
  std::optional<std::string> boot_id;  // 32 hexadecimal digits
  double boottime_ms = 0;              // since the machine started, suspend included
  std::optional<bool> is_synchronised;
};

// The id of this boot, which stays; nothing where the kernel does not tell.
[[nodiscard]] std::optional<std::string> ReadBootIdText(const std::filesystem::path& procfs);

// Of this moment. Three system calls. A clock before its floor counts as not synchronised, whatever the kernel says.
[[nodiscard]] ClockFacts ReadClockFacts(const std::optional<std::string>& boot_id, const FloorClock& clock);
// Whether the kernel says that a time service steers the machine's clock. False where it does not tell.
[[nodiscard]] bool IsMachineSynchronised();

}  // namespace inferometer::device
