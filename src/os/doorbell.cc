#include "os/doorbell.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "os/files.h"

namespace inferometer::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds Left(steady_clock::time_point end) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(end - steady_clock::now()));
}

int PollFor(pollfd* entries, nfds_t count, milliseconds at_most) {
  const auto end = steady_clock::now() + at_most;
  for (;;) {
    const int ready = ::poll(entries, count, static_cast<int>(Left(end).count()));
    if (ready >= 0 || errno != EINTR) return ready;
  }
}

}  // namespace

Result<Doorbell> Doorbell::Make() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return ErrnoStatus(errno, "eventfd");
  return Doorbell(fd);
}

Doorbell::Doorbell(Doorbell&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Doorbell& Doorbell::operator=(Doorbell&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Doorbell::~Doorbell() {
  if (fd_ >= 0) ::close(fd_);
}

void Doorbell::Ring() const {
  const int error_before = errno;  // a signal handler must leave it as it was
  const std::uint64_t one = 1;
  // The only failure is a full counter, which is a rung bell.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  errno = error_before;
}

void Doorbell::Silence() const {
  std::uint64_t rings = 0;
  // The only failure is that it was silent already.
  [[maybe_unused]] const ssize_t got = ::read(fd_, &rings, sizeof rings);
}

Woken Doorbell::Wait(int fd, bool for_writing, milliseconds at_most) const {
  pollfd entries[2] = {{fd_, POLLIN, 0}, {fd, static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN), 0}};
  if (PollFor(entries, 2, at_most) <= 0) return {};
  return {.rung = entries[0].revents != 0,
          .readable = (entries[1].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0,
          .writable = (entries[1].revents & POLLOUT) != 0};
}

LingeringSocket::LingeringSocket(int fd) : fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 0)) {}
LingeringSocket::~LingeringSocket() {
  if (fd_ >= 0) ::close(fd_);
}

void LingeringSocket::AwaitClose(milliseconds at_most) const {
  if (fd_ < 0 || ::shutdown(fd_, SHUT_WR) != 0) return;
  const auto end = steady_clock::now() + at_most;
  char forgotten[4096];
  while (Left(end).count() > 0) {
    pollfd entry = {fd_, POLLIN, 0};
    if (PollFor(&entry, 1, Left(end)) <= 0) return;
    const ssize_t got = ::recv(fd_, forgotten, sizeof forgotten, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

GatheredWrites::GatheredWrites(int fd) : fd_(fd) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}
GatheredWrites::~GatheredWrites() {
  const int off = 0;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

}  // namespace inferometer::os
