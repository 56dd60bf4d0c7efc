#pragma once
// Waiting for the end of a process that is not ours.

#include <sys/types.h>

#include <chrono>

#include "inferometer/status.h"
#include "os/doorbell.h"

namespace inferometer::os {

enum class WatchEnd {
  kProcessEnded,
  kRung,
  kTimeOver,
};

// Movable; one thread at a time.
class ProcessWatch {
 public:
  // kNotFound where there is no such process (or it is another's and hidden). Needs no right on it.
  [[nodiscard]] static Result<ProcessWatch> Of(pid_t pid);
  ProcessWatch(ProcessWatch&& other) noexcept;
  ProcessWatch& operator=(ProcessWatch&&) = delete;
  ~ProcessWatch();

  // Sleeps until the process has ended, the bell rings or the time is over. Kernels before 5.3 have the end noticed up
  // to 50 ms late.
  [[nodiscard]] WatchEnd Wait(const Doorbell& bell, std::chrono::nanoseconds at_most) const;

 private:
  ProcessWatch(pid_t pid, int fd) : pid_(pid), fd_(fd) {}
  [[nodiscard]] bool HasEnded() const;

  pid_t pid_;
  int fd_;  // below 0: the kernel has none for processes
};

}  // namespace inferometer::os
