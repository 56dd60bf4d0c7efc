#include "os/process.h"

#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "os/files.h"

namespace inferometer::os {
namespace {

std::optional<std::chrono::nanoseconds> TimeOf(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// As the kernel defines it (include/linux/posix-timers_types.h): the complement of the number, then 3 bits, of which 4
// means "one thread" and 2 "scheduler's time, in nanoseconds".
clockid_t ClockOfThread(pid_t thread) {
  constexpr unsigned kOneThread = 4;
  constexpr unsigned kSchedulerTime = 2;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | kOneThread | kSchedulerTime);
}

// The same of all threads of a process.
clockid_t ClockOfProcess(pid_t process) {
  constexpr unsigned kSchedulerTime = 2;
  return static_cast<clockid_t>((~static_cast<unsigned>(process) << 3U) | kSchedulerTime);
}

std::optional<pid_t> ParsePid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

}  // namespace

std::chrono::nanoseconds ThreadCpuTime() {
  return TimeOf(CLOCK_THREAD_CPUTIME_ID).value_or(std::chrono::nanoseconds());
}

std::chrono::nanoseconds LaggingProcessCpuTime() {
  return TimeOf(CLOCK_PROCESS_CPUTIME_ID).value_or(std::chrono::nanoseconds());
}

std::optional<std::chrono::nanoseconds> CpuTimeOf(pid_t pid) {
  if (pid <= 0) return std::nullopt;  // 0 would be ourselves
  return TimeOf(ClockOfProcess(pid));
}

// /proc/self is a link to our number in the PID namespace of the mount, which may be the host's.
Status CheckNumbersAreOurs(const std::filesystem::path& procfs) {
  const std::filesystem::path self = procfs / "self";
  std::error_code error;
  const std::filesystem::path target = std::filesystem::read_symlink(self, error);
  if (error) return ErrnoStatus(error.value(), "read link " + self.string());
  if (ParsePid(target.native()) == ::getpid()) return Ok();
  return {Code::kFailedPrecondition, self.string() + " shows the process numbers of another namespace"};
}

std::uint64_t PageBytes() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }
std::uint64_t TicksPerSecond() { return static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)); }

ProcessCpuClock::ProcessCpuClock(const std::filesystem::path& procfs) : exact_(CheckNumbersAreOurs(procfs)) {
  if (!exact_.ok()) return;
  const std::filesystem::path folder = procfs / "self/task";
  threads_.reset(::opendir(folder.c_str()));
  if (threads_ == nullptr) exact_ = ErrnoStatus(errno, "open folder " + folder.string());
}

std::chrono::nanoseconds ProcessCpuClock::Read() {
  if (threads_ != nullptr) BookRunningThreads();
  return LaggingProcessCpuTime();
}

void ProcessCpuClock::BookRunningThreads() {
  ::rewinddir(threads_.get());
  while (const dirent* entry = ::readdir(threads_.get())) {  // "." and ".." are no numbers
    // A thread that is gone has been booked at its exit.
    if (const auto thread = ParsePid(entry->d_name)) static_cast<void>(TimeOf(ClockOfThread(*thread)));
  }
}

ProcessEvents OwnEvents() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return {};
  return {usage.ru_majflt, usage.ru_nivcsw};
}

unsigned OnlineCpus() { return static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

unsigned GroupId() { return ::getegid(); }

Result<std::uint64_t> RandomBits() {
  std::uint64_t bits = 0;
  ssize_t got = -1;
  do got = ::getrandom(&bits, sizeof bits, 0);
  while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof bits)) return bits;
  return ErrnoStatus(got < 0 ? errno : EIO, "getrandom");
}

SignalsBlocked::SignalsBlocked() : before_() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}
SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace inferometer::os
