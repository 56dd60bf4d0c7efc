#include "lake/pinned_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "os/files.h"

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescriptors = "/proc/self/fd";
constexpr std::size_t kForOthers = 256;  // descriptors that the rest of the program may want

// How many files may be held open: a soft limit of 1,024, which is usual, can be raised.
std::size_t MostPinned() {
  std::error_code none;
  rlimit limit{};
  if (!fs::exists(kDescriptors, none) || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kForOthers) return 0;
  return static_cast<std::size_t>(limit.rlim_cur) - kForOthers;
}

}  // namespace

Result<PinnedFiles> PinnedFiles::Open(std::span<const fs::path> paths) {
  PinnedFiles pinned;
  pinned.paths_.assign(paths.begin(), paths.end());
  pinned.names_ = pinned.paths_;
  const std::size_t most = std::min(paths.size(), MostPinned());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    pinned.identities_.push_back(os::IdentityOf(paths[i]));
    if (i >= most || pinned.descriptors_.size() < i) continue;
    const int fd = ::open(paths[i].c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) continue;
    if (fd < 0) return os::ErrnoStatus(errno, "open " + paths[i].string());
    pinned.descriptors_.push_back(fd);
    pinned.names_[i] = fs::path(kDescriptors) / std::to_string(fd);
  }
  return pinned;
}

PinnedFiles::~PinnedFiles() {
  for (const int fd : descriptors_) ::close(fd);
}

bool PinnedFiles::AreInPlace(std::span<const fs::path> paths) const {
  if (!std::equal(paths.begin(), paths.end(), paths_.begin(), paths_.end())) return false;
  return std::equal(paths_.begin(), paths_.end(), identities_.begin(),
                    [](const fs::path& path, const auto& identity) { return os::IdentityOf(path) == identity; });
}

}  // namespace inferometer::lake
