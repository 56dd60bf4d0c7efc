#pragma once
// This process and its machine, as the kernel counts them: CPU clocks, threads, CPUs, random bits.

#include <dirent.h>
#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "inferometer/status.h"

namespace inferometer::os {

// CPU time of the calling thread. Exact.
[[nodiscard]] std::chrono::nanoseconds ThreadCpuTime();

// CPU time of all threads of this process, living and exited; children not. Lags by up to a tick (4 ms at 250 Hz) for
// each thread that runs on another CPU at this moment: see ProcessCpuClock.
[[nodiscard]] std::chrono::nanoseconds LaggingProcessCpuTime();

// CPU time of all threads of this process, living and exited; children not. Exact to some 10 us, also for threads that
// run on other CPUs: reading a thread's own clock makes the kernel book what it has run, so each is read once before
// the process's clock. Allocates nothing after construction. Movable; one thread at a time. After fork() the child must
// make its own; the parent's still works there but lags.
class ProcessCpuClock {
 public:
  // Keeps `procfs`/self/task open. Where that cannot be read, or shows the numbers of another PID namespace, the clock
  // lags as LaggingProcessCpuTime does.
  explicit ProcessCpuClock(const std::filesystem::path& procfs);

  // About 3 us, and 0.6 us for each further thread.
  [[nodiscard]] std::chrono::nanoseconds Read();
  // Ok, or why the clock lags.
  [[nodiscard]] const Status& exact() const { return exact_; }

 private:
  struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  void BookRunningThreads();

  std::unique_ptr<DIR, CloseFolder> threads_;  // null where exact_ is not ok
  Status exact_;
};

// CPU time of all threads of another process, living and exited, while it lives or has not been waited for; nothing
// afterwards. Needs no right on it. Lags by up to a tick for each thread that runs at this moment. `pid` as our own PID
// namespace numbers it.
[[nodiscard]] std::optional<std::chrono::nanoseconds> CpuTimeOf(pid_t pid);

// Whether `procfs` shows processes by the numbers that our system calls take; a container's view of the host does not.
[[nodiscard]] Status CheckNumbersAreOurs(const std::filesystem::path& procfs);

// How long a page is, and how many ticks of /proc/PID/stat make a second.
[[nodiscard]] std::uint64_t PageBytes();
[[nodiscard]] std::uint64_t TicksPerSecond();

// Of this process with all its threads, since it began.
struct ProcessEvents {
  std::int64_t major_faults = 0;          // that had to read from disk
  std::int64_t involuntary_switches = 0;  // a thread lost its CPU while it had work
};
[[nodiscard]] ProcessEvents OwnEvents();

// CPUs online now, at least 1. Opens a file: ask once.
[[nodiscard]] unsigned OnlineCpus();

// Effective group of this process.
[[nodiscard]] unsigned GroupId();

// From the kernel's generator.
[[nodiscard]] Result<std::uint64_t> RandomBits();

// While it lives, the calling thread takes no signal, and threads that it starts inherit that: for threads of ours
// inside a program that has signal handlers of its own.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace inferometer::os
