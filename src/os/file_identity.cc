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

}  // namespace inferometer::os
