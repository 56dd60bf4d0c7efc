#pragma once
// What this process holds of the memory: resident now, and at its peak since the last reset.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::probe {

struct MemoryReading {
  std::uint64_t resident_bytes;
  std::uint64_t peak_bytes;  // at least resident_bytes
  // Absent where the kernel (before 4.5) does not tell.
  std::optional<std::uint64_t> anon_bytes{};  // resident, backed by no file
  std::optional<std::uint64_t> file_bytes{};  // resident pages of files, and shared memory
  std::optional<std::uint64_t> swap_bytes{};
};

// From the text of /proc/PID/status: VmRSS and VmHWM, and where they are there RssAnon, RssFile with RssShmem, VmSwap.
// kDataLoss names the field and the byte where it stands.
[[nodiscard]] Result<MemoryReading> ParseMemoryStatus(std::string_view text);

// Resident memory of this process, by `procfs`/self. Good to a few hundred kB: the kernel counts pages per CPU. Calls
// allocate nothing while they succeed. Thread-safe. After fork() the child must make its own.
class ProcessMemory {
 public:
  explicit ProcessMemory(const std::filesystem::path& procfs);

  // Nothing where /proc does not give it.
  [[nodiscard]] std::optional<MemoryReading> Read() const;
  // Makes the peak begin anew at what is resident now. Also resets ru_maxrss of getrusage. False when the kernel does
  // not allow it: the peak stays that of the process's life.
  [[nodiscard]] bool ResetPeak() const;

 private:
  // Absent where it could not be opened. Positioned reads and writes: no state that threads would share.
  std::optional<os::KeptFile> status_;
  std::optional<os::KeptSwitch> clear_refs_;
};

}  // namespace inferometer::probe
