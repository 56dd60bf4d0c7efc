#pragma once
// For tests: one file of a SimulatedDisk, with its contents as programs see them and as they are on the disk.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/simulated_crash.h"

namespace inferometer::os {

inline constexpr std::uint64_t kSimulatedBlockBytes = 4096;

// What programs read after a sync has failed: what they wrote, which ext4 and XFS keep in memory although it never
// reaches the disk, or what is on the disk. Either way it counts as clean, and the next sync succeeds without it.
enum class AfterFailedSync { kReadsNew, kReadsOld };

// Occupies whole blocks, of which a hole has none. Not thread-safe.
class SimulatedFile {
 public:
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::string& durable_bytes() const { return durable_; }
  [[nodiscard]] const std::vector<FileChange>& unsynced() const { return unsynced_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

  // `moment` is when the change is made, on the whole disk. REQUIRES: Reserve has found room for the bytes.
  void Write(std::uint64_t moment, std::string_view bytes, std::uint64_t offset);
  // A cut gives the blocks behind it back; what is new is a hole.
  void Resize(std::uint64_t moment, std::uint64_t length);
  // Occupies blocks for the bytes from `offset` on, of which `most_blocks` are left; how many bytes have room then.
  [[nodiscard]] std::uint64_t Reserve(std::uint64_t offset, std::uint64_t bytes, std::uint64_t most_blocks);

  void Sync();
  void FailToSync(AfterFailedSync after);
  // The contents in memory and on the disk become these.
  void Replace(std::string bytes);

 private:
  void ReleaseBlocksBehind(std::uint64_t length);

  std::string bytes_;
  std::string durable_;
  std::vector<FileChange> unsynced_;  // oldest first
  std::vector<bool> has_block_;
  std::uint64_t blocks_ = 0;
};

}  // namespace inferometer::os
