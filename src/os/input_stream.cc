#include "os/input_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/files.h"

namespace inferometer::os {

Result<InputStream> InputStream::Open(const std::string& path, const Doorbell* stop) {
  if (path == "-") return InputStream(STDIN_FILENO, "standard input", stop);
  // A named pipe that nobody writes to yet would let open() wait, where no bell is heard.
  int fd = -1;
  do fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (stop != nullptr ? O_NONBLOCK : 0));
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoStatus(errno, "open " + path);
  if (stop != nullptr) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return InputStream(fd, path, stop);
}

InputStream::InputStream(InputStream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), stop_(other.stop_) {}
InputStream& InputStream::operator=(InputStream&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(stop_, other.stop_);
  return *this;
}
InputStream::~InputStream() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

Result<std::size_t> InputStream::Read(std::span<char> buffer) const {
  constexpr std::chrono::hours kUntilRung(1);
  if (stop_ != nullptr) {
    Woken woken;
    while (!woken.rung && !woken.readable) woken = stop_->Wait(fd_, /*for_writing=*/false, kUntilRung);
    if (woken.rung) return {Code::kCancelled, "reading " + path_ + " was stopped"};
  }
  ssize_t got = -1;
  do got = ::read(fd_, buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) return ErrnoStatus(errno, "read " + path_);
  return static_cast<std::size_t>(got);
}

}  // namespace inferometer::os
