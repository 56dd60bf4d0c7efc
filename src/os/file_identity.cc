#include "os/file_identity.h"

#include <sys/stat.h>

namespace inferometer::os {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + std::int64_t{time.tv_nsec};
}

}  // namespace

std::optional<FileIdentity> IdentityOf(const std::filesystem::path& file) {
  struct stat found {};
  if (lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return FileIdentity{static_cast<std::uint64_t>(found.st_size), Nanoseconds(found.st_mtim), Nanoseconds(found.st_ctim),
                      found.st_ino};
}

std::uint64_t BytesOnDisk(const std::filesystem::path& file) {
  constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's own are
  struct stat found {};
  if (lstat(file.c_str(), &found) != 0 || found.st_nlink != 1) return 0;
  return static_cast<std::uint64_t>(found.st_blocks) * kBlockBytes;
}

}  // namespace inferometer::os
