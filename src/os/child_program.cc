#include "os/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "os/files.h"
#include "os/launcher/launcher_bytes.h"

namespace inferometer::os {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
constexpr int kSignalBase = 128;
constexpr std::uint64_t kBytesPerKb = 1024;

#ifndef MFD_EXEC
constexpr unsigned kMayBeExecuted = 0x10U;  // since Linux 6.3
#else
constexpr unsigned kMayBeExecuted = MFD_EXEC;
#endif

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "pipe2");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string_view LauncherBytes() {
  return {reinterpret_cast<const char*>(inferometer_launcher_begin),
          static_cast<std::size_t>(inferometer_launcher_end - inferometer_launcher_begin)};
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return ErrnoStatus(written < 0 ? errno : EIO, "write the launcher");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok();
}

Result<Descriptor> LauncherInMemory() {
  int fd = ::memfd_create("inferometer-launcher", MFD_CLOEXEC | kMayBeExecuted);
  if (fd < 0 && errno == EINVAL) fd = ::memfd_create("inferometer-launcher", MFD_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, "memfd_create");
  Descriptor launcher(fd);
  RETURN_IF_ERROR(WriteAll(fd, LauncherBytes()));
  return launcher;
}

// Where the system has no memory files, or will not execute them.
Result<Descriptor> LauncherInFile() {
  const char* folder = ::getenv("TMPDIR");
  std::string name = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/inferometer-XXXXXX";
  const Descriptor writable(::mkostemp(name.data(), O_CLOEXEC));
  if (writable.get() < 0) return ErrnoStatus(errno, "create " + name);
  Status status = WriteAll(writable.get(), LauncherBytes());
  if (status.ok() && ::fchmod(writable.get(), 0500) != 0) status = ErrnoStatus(errno, "fchmod " + name);
  Descriptor launcher(status.ok() ? ::open(name.c_str(), O_RDONLY | O_CLOEXEC) : -1);
  if (status.ok() && launcher.get() < 0) status = ErrnoStatus(errno, "open " + name);
  ::unlink(name.c_str());
  RETURN_IF_ERROR(status);
  return launcher;  // `writable` is closed by now: what is open for writing cannot be executed
}

// In the new process: only calls that are allowed between fork and exec.
[[noreturn]] void BecomeLauncher(int program, int control, int reports, char* const* arguments) {
  if (::fcntl(control, F_SETFD, 0) == 0 && ::fcntl(reports, F_SETFD, 0) == 0) {
    ::fexecve(program, arguments, ::environ);
  }
  launch_report failed{};
  failed.exec_error = errno;
  if (::write(reports, &failed, sizeof failed) < 0) ::_exit(2);
  ::_exit(1);
}

Result<pid_t> ForkLauncher(int program, int control, int reports, const std::vector<std::string>& command) {
  std::vector<std::string> texts = {"inferometer-launcher", std::to_string(control), std::to_string(reports)};
  texts.insert(texts.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  arguments.reserve(texts.size() + 1);
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  const pid_t launcher = ::fork();
  if (launcher < 0) return ErrnoStatus(errno, "fork");
  if (launcher == 0) BecomeLauncher(program, control, reports, arguments.data());
  return launcher;
}

Status Bad(std::string_view what, std::size_t offset) {
  return Status(Code::kDataLoss, "report of the launcher: byte " + std::to_string(offset) + ": " + std::string(what))
      .At(offset);
}

// The members that hold amounts, which are never negative.
constexpr std::pair<std::int64_t launch_report::*, std::size_t> kAmounts[] = {
    {&launch_report::exec_error, offsetof(launch_report, exec_error)},
    {&launch_report::wait_status, offsetof(launch_report, wait_status)},
    {&launch_report::begin_ns, offsetof(launch_report, begin_ns)},
    {&launch_report::end_ns, offsetof(launch_report, end_ns)},
    {&launch_report::cpu_us, offsetof(launch_report, cpu_us)},
    {&launch_report::peak_kb, offsetof(launch_report, peak_kb)},
    {&launch_report::major_faults, offsetof(launch_report, major_faults)},
    {&launch_report::preempted, offsetof(launch_report, preempted)},
    {&launch_report::reaped, offsetof(launch_report, reaped)},
};

constexpr std::int64_t kMostAmount = std::numeric_limits<std::int64_t>::max() / 1024;  // kB and us are multiplied

}  // namespace

Result<launch_report> ParseLaunchReport(std::string_view bytes) {
  launch_report report{};
  if (bytes.size() != sizeof report) return Bad("it has another length", bytes.size());
  std::memcpy(&report, bytes.data(), sizeof report);
  if (report.magic != LAUNCH_MAGIC) return Bad("no report begins so", offsetof(launch_report, magic));
  if (report.kind != LAUNCH_READY && report.kind != LAUNCH_ENDED) return Bad("kind", offsetof(launch_report, kind));
  if (report.command_pid <= 0 || report.command_pid > std::numeric_limits<pid_t>::max()) {
    return Bad("no process number", offsetof(launch_report, command_pid));
  }
  for (const auto& [member, offset] : kAmounts) {
    if (report.*member < 0 || report.*member > kMostAmount) return Bad("no amount", offset);
  }
  if (report.begin_ns > report.end_ns && report.kind == LAUNCH_ENDED) {
    return Bad("it ends before it begins", offsetof(launch_report, end_ns));
  }
  return report;
}

ProgramEnd EndOf(const launch_report& report, const std::string& name) {
  ProgramEnd end;
  const int status = static_cast<int>(report.wait_status & 0xffff);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.exit_code = end.signal.has_value() ? kSignalBase + *end.signal : WEXITSTATUS(status);
  if (report.exec_error != 0) {
    const int error = static_cast<int>(report.exec_error & 0xffff);
    end.not_started = ErrnoStatus(error, "cannot run " + name);
    end.exit_code = error == ENOENT ? kNotFound : kNotExecutable;
  }
  end.end = std::chrono::nanoseconds(report.end_ns);
  end.begin = report.begin_ns == 0 ? end.end : std::chrono::nanoseconds(report.begin_ns);  // killed before it began
  end.cpu_time = std::chrono::microseconds(report.cpu_us);
  end.major_faults = report.major_faults;
  end.involuntary_switches = report.preempted;
  end.peak_bytes = static_cast<std::uint64_t>(report.peak_kb) * kBytesPerKb;
  end.reaped = report.reaped;
  return end;
}

// This process's way with signals while a command runs.
class ChildProgram::Signals {
 public:
  Signals() : before_() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &ignore, &dispositions_[i]);
    sigset_t passed_on;
    ::sigemptyset(&passed_on);
    for (const int signal : {SIGTERM, SIGHUP}) {
      struct sigaction now {};
      ::sigaction(signal, nullptr, &now);
      if (now.sa_handler != SIG_IGN) ::sigaddset(&passed_on, signal);  // as under nohup
    }
    ::pthread_sigmask(SIG_BLOCK, &passed_on, &before_);
    arrived_ = ::signalfd(-1, &passed_on, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Signals() {
    if (arrived_ >= 0) ::close(arrived_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    for (std::size_t i = 0; i < kIgnored.size(); ++i) ::sigaction(kIgnored[i], &dispositions_[i], nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Below 0 where the kernel gives none; poll passes over it.
  [[nodiscard]] int arrived() const { return arrived_; }

 private:
  static constexpr std::array kIgnored = {SIGINT, SIGQUIT, SIGPIPE};
  std::array<struct sigaction, kIgnored.size()> dispositions_{};
  sigset_t before_;
  int arrived_ = -1;
};

ChildProgram::ChildProgram() = default;

ChildProgram::~ChildProgram() { End(); }

void ChildProgram::End() {
  for (int* fd : {&control_, &reports_}) {  // which ends the launcher
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }
  while (launcher_ > 0 && ::waitpid(launcher_, nullptr, 0) < 0 && errno == EINTR) {
  }
  launcher_ = -1;
}

Result<std::unique_ptr<ChildProgram>> ChildProgram::Prepare(const std::vector<std::string>& command) {
  if (command.empty() || command.front().empty()) return {Code::kInvalidArgument, "no command to run"};
  std::unique_ptr<ChildProgram> program(new ChildProgram());
  program->name_ = command.front();
  RETURN_IF_ERROR(program->Start(command));
  program->signals_ = std::make_unique<Signals>();
  return program;
}

Status ChildProgram::Start(const std::vector<std::string>& command) {
  // What one place refuses to execute (a hardened kernel, a mount with noexec), the other may not.
  Status status;
  for (const auto& place : {LauncherInMemory, LauncherInFile}) {
    const auto program = place();
    status = program.ok() ? StartFrom(program->get(), command) : program.status();
    if (status.ok()) break;
    End();
  }
  return status;
}

Status ChildProgram::StartFrom(int program, const std::vector<std::string>& command) {
  ASSIGN_OR_RETURN(Pipe control, MakePipe());
  ASSIGN_OR_RETURN(Pipe reports, MakePipe());
  ASSIGN_OR_RETURN(launcher_, ForkLauncher(program, control.read.get(), reports.write.get(), command));
  control_ = control.write.Release();
  reports_ = reports.read.Release();
  ::close(reports.write.Release());  // so that the launcher's death is seen
  ASSIGN_OR_RETURN(const launch_report ready, ReadReport());
  pid_ = static_cast<pid_t>(ready.command_pid);
  return Ok();
}

Result<launch_report> ChildProgram::ReadReport() const {
  char bytes[sizeof(launch_report)];
  ssize_t got = -1;
  do got = ::read(reports_, bytes, sizeof bytes);
  while (got < 0 && errno == EINTR);
  if (got < 0) return ErrnoStatus(errno, "read the launcher's report");
  if (got == 0) return {Code::kUnavailable, "the launcher of " + name_ + " ended without a report"};
  const auto report = ParseLaunchReport({bytes, static_cast<std::size_t>(got)});
  launch_report refused{};
  if (report.ok() || got != sizeof refused) return report;
  std::memcpy(&refused, bytes, sizeof refused);
  if (refused.magic != 0 || refused.exec_error == 0) return report;
  return ErrnoStatus(static_cast<int>(refused.exec_error & 0xffff), "execute the launcher");
}

Status ChildProgram::Tell(unsigned char wish) const {
  ssize_t sent = -1;
  do sent = ::write(control_, &wish, 1);
  while (sent < 0 && errno == EINTR);
  return sent == 1 ? Ok() : ErrnoStatus(errno, "write to the launcher");
}

Status ChildProgram::Go() { return Tell(LAUNCH_GO); }

Status ChildProgram::PassSignalOn() const {
  signalfd_siginfo info{};
  if (::read(signals_->arrived(), &info, sizeof info) != sizeof info) return Ok();
  return Tell(static_cast<unsigned char>(info.ssi_signo));
}

Result<ProgramEnd> ChildProgram::Wait() {
  std::array<pollfd, 2> fds = {{{reports_, POLLIN, 0}, {signals_->arrived(), POLLIN, 0}}};
  for (;;) {
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, "poll");
    }
    if (fds[0].revents != 0) break;
    if (fds[1].revents != 0) RETURN_IF_ERROR(PassSignalOn());
  }
  ASSIGN_OR_RETURN(const launch_report report, ReadReport());
  if (report.kind != LAUNCH_ENDED) return {Code::kInternal, "the launcher of " + name_ + " reported out of turn"};
  return EndOf(report, name_);
}

}  // namespace inferometer::os
