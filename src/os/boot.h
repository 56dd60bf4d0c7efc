#pragma once
// What orders events of one run of the machine, whose wall clock may be wrong.

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "inferometer/status.h"

namespace inferometer::os {

// 128 random bits that the kernel takes at every start of the machine, in the order of their text form.
using BootId = std::array<std::uint8_t, 16>;

// Reads a file below `procfs` ("/proc"); the same until the machine starts again, so ask once. kDataLoss where the file
// holds no such id.
[[nodiscard]] Result<BootId> ReadBootId(const std::filesystem::path& procfs);

// Since the machine started, suspend included. Never steps, so the differences are durations.
[[nodiscard]] std::chrono::nanoseconds TimeSinceBoot();

enum class ClockState {
  kSynchronised,    // a time service steers the wall clock, and says so to the kernel
  kUnsynchronised,  // nobody vouches for it: it may show any time, and jump
};

// Of the wall clock, as the kernel knows it (adjtimex). Time services that set the clock without telling the kernel
// look unsynchronised. kPermissionDenied where a container forbids the question.
[[nodiscard]] Result<ClockState> WallClockState();

// From what adjtimex(2) returns, and `status` of what it fills in. REQUIRES: it did not fail.
[[nodiscard]] ClockState ClockStateOf(int adjtimex_result, int status);

}  // namespace inferometer::os
