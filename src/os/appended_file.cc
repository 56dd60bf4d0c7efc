#include "os/appended_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/files.h"

namespace inferometer::os {

Result<AppendedFile> AppendedFile::Open(const std::filesystem::path& path) {
  int fd = -1;
  do fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoStatus(errno, "open " + path.string());
  return AppendedFile(fd, path.string());
}

AppendedFile::AppendedFile(AppendedFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

AppendedFile::~AppendedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status AppendedFile::Append(std::string_view line) const {
  while (!line.empty()) {
    const ssize_t written = ::write(fd_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return ErrnoStatus(written < 0 ? errno : EIO, "write " + path_);
    line.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok();
}

}  // namespace inferometer::os
