// The checksum in a Parquet file's footer: whatever the bytes, an answer; and what got a checksum is good, until a byte
// of it changes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lake/file_checksum.h"
#include "os/simulated_disk.h"

namespace {

using namespace inferometer;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  os::SimulatedDisk disk;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Require(disk.Put("/file", bytes).ok());
  const auto fd = disk.Open("/file", os::Access::kReadWrite);
  Require(fd.ok());
  const auto before = lake::ReadChecksum(disk, *fd);
  Require(before.ok() || !before.status().message().empty());
  if (lake::PutChecksum(disk, *fd).ok()) {
    const auto after = lake::ReadChecksum(disk, *fd);
    Require(after.ok() && *after == lake::FileChecksum::kGood);
    const std::string changed(1, static_cast<char>(data[0] ^ 1));
    Require(disk.WriteAt(*fd, changed, 0).ok());
    const auto damaged = lake::ReadChecksum(disk, *fd);
    Require(!damaged.ok() || *damaged != lake::FileChecksum::kGood);
  }
  Require(disk.Close(*fd).ok());
  return 0;
}
