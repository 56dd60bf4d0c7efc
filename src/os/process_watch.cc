#include "os/process_watch.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "os/files.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434  // the same on all machines
#endif

namespace inferometer::os {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::milliseconds kLongest{3'600'000};

}  // namespace

Result<ProcessWatch> ProcessWatch::Of(pid_t pid) {
  const Status missing(Code::kNotFound, "there is no process " + std::to_string(pid));
  if (pid <= 0) return missing;
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // closed on exec by itself
  if (fd < 0 && errno == ESRCH) return missing;
  if (fd < 0 && errno == EINVAL)
    return Result<ProcessWatch>(Code::kInvalidArgument, std::to_string(pid) + " is a thread, not a process");
  ProcessWatch watch(pid, fd);
  if (watch.HasEnded()) return missing;
  return watch;
}

ProcessWatch::ProcessWatch(ProcessWatch&& other) noexcept : pid_(other.pid_), fd_(std::exchange(other.fd_, -1)) {}

ProcessWatch::~ProcessWatch() {
  if (fd_ >= 0) ::close(fd_);
}

bool ProcessWatch::HasEnded() const { return ::kill(pid_, 0) != 0 && errno == ESRCH; }

WatchEnd ProcessWatch::Wait(const Doorbell& bell, std::chrono::nanoseconds at_most) const {
  const auto begin = SteadyClock::now();
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_most - (SteadyClock::now() - begin));
    if (left.count() <= 0) return WatchEnd::kTimeOver;
    const Woken woken = bell.Wait(fd_, false, std::min(left, fd_ >= 0 ? kLongest : kLook));
    if (woken.readable) return WatchEnd::kProcessEnded;
    if (woken.rung) return WatchEnd::kRung;
    if (fd_ < 0 && HasEnded()) return WatchEnd::kProcessEnded;
  }
}

}  // namespace inferometer::os
