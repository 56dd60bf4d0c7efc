#include "os/followed_stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "os/files.h"

namespace inferometer::os {
namespace {

constexpr std::chrono::milliseconds kLookAgain(20);
constexpr std::chrono::hours kUntilRung(1);
// More than a pipe holds, so that a busy writer does not keep us.
constexpr std::size_t kMostPast = std::size_t{1} << 20;

ssize_t RetryRead(int fd, std::span<char> buffer) {
  ssize_t got = -1;
  do got = ::read(fd, buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

Result<FollowedStream> FollowedStream::Open(const std::filesystem::path& path) {
  int fd = -1;
  do fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0 && errno == ENXIO) return Connect(path);  // what open(2) says of a socket
  if (fd < 0) return ErrnoStatus(errno, "open " + path.string());
  struct stat facts {};
  const bool known = ::fstat(fd, &facts) == 0;
  FollowedStream stream(fd, known && S_ISFIFO(facts.st_mode) ? Kind::kFifo : Kind::kFile, path.string());
  if (!known || !(S_ISREG(facts.st_mode) || S_ISFIFO(facts.st_mode))) {
    return {Code::kInvalidArgument, path.string() + " is neither a file, a FIFO nor a socket"};
  }
  RETURN_IF_ERROR(stream.PassOverThePast());
  return stream;
}

Result<FollowedStream> FollowedStream::Connect(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) {
    return {Code::kInvalidArgument, name + ": a socket's path has less than 108 bytes"};
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoStatus(errno, "socket");
  FollowedStream stream(fd, Kind::kSocket, name);
  // A local socket connects at once or fails; EAGAIN is a listener with too many that wait.
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return stream;
  const Status why = ErrnoStatus(errno, "connect to " + name);
  const bool may_come = errno == ECONNREFUSED || errno == EAGAIN;
  return Status(may_come ? Code::kUnavailable : why.code(), why.message());
}

Status FollowedStream::PassOverThePast() const {
  if (kind_ == Kind::kFile) {
    return ::lseek(fd_, 0, SEEK_END) < 0 ? ErrnoStatus(errno, "seek in " + path_) : Ok();
  }
  char forgotten[4096];
  for (std::size_t past = 0; past < kMostPast;) {
    const ssize_t got = RetryRead(fd_, forgotten);
    if (got <= 0) break;  // empty; an error comes again in Read
    past += static_cast<std::size_t>(got);
  }
  return Ok();
}

FollowedStream::FollowedStream(FollowedStream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), kind_(other.kind_), path_(std::move(other.path_)) {}
FollowedStream& FollowedStream::operator=(FollowedStream&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(kind_, other.kind_);
  std::swap(path_, other.path_);
  return *this;
}
FollowedStream::~FollowedStream() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> FollowedStream::Read(std::span<char> buffer, const Doorbell& stop) {
  while (true) {
    const ssize_t got = RetryRead(fd_, buffer);
    if (got > 0) return static_cast<std::size_t>(got);
    const bool is_empty = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (got < 0 && !is_empty) return ErrnoStatus(errno, "read " + path_);
    if (got == 0) RETURN_IF_ERROR(WhyEnded());
    // At its end a file is always readable, and so is a FIFO without a writer: look again after a while.
    const Woken woken =
        is_empty ? stop.Wait(fd_, /*for_writing=*/false, kUntilRung) : stop.Wait(-1, /*for_writing=*/false, kLookAgain);
    if (woken.rung) return {Code::kCancelled, "reading " + path_ + " was stopped"};
  }
}

// Ok where more may follow.
Status FollowedStream::WhyEnded() const {
  if (kind_ == Kind::kSocket) return {Code::kUnavailable, path_ + ": closed by the other side"};
  if (kind_ == Kind::kFifo) return Ok();
  struct stat facts {};
  if (::fstat(fd_, &facts) != 0) return ErrnoStatus(errno, "stat " + path_);
  if (facts.st_nlink == 0) return {Code::kUnavailable, path_ + " was removed"};
  if (facts.st_size < ::lseek(fd_, 0, SEEK_CUR)) return {Code::kDataLoss, path_ + " was made shorter"};
  return Ok();
}

}  // namespace inferometer::os
