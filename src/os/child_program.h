#pragma once
// Runs one command and tells exactly what it took, with all that it left behind.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "os/launcher/launch_report.h"

namespace inferometer::os {

// How a command ended. `exit_code` is what shells give: 127 not found, 126 not executable, 128 + the signal's number.
struct ProgramEnd {
  int exit_code = 0;
  std::optional<int> signal;          // that ended it
  std::optional<Status> not_started;  // nothing was run
  // Of the steady clock: right before exec, and right after the end.
  std::chrono::nanoseconds begin{};
  std::chrono::nanoseconds end{};
  // Of the command and every process below it that has been waited for; exact to a microsecond. What the parent of a
  // process refuses to wait for (SIGCHLD ignored) is not in it.
  std::chrono::nanoseconds cpu_time{};
  std::int64_t major_faults = 0;
  std::int64_t involuntary_switches = 0;
  std::uint64_t peak_bytes = 0;  // resident, of the largest of them
  std::int64_t reaped = 0;       // the command, and orphans of it that had ended
};

// From the bytes that the launcher sent. kDataLoss where they are no report: the offset is that of the bad member.
[[nodiscard]] Result<launch_report> ParseLaunchReport(std::string_view bytes);
// REQUIRES: a report of the kind LAUNCH_ENDED.
[[nodiscard]] ProgramEnd EndOf(const launch_report& report, const std::string& name);

// A command that has been forked, from a small process of its own (see launch.c), and waits for Go. It has this
// process's standard streams, environment, folder, signal mask and dispositions. Until destruction this process ignores
// SIGINT and SIGQUIT, which a terminal sends to the command as well, and SIGPIPE; Wait passes SIGTERM and SIGHUP on to
// it. One at a time, on one thread; threads that are to take none of these signals are started after Prepare, or block
// them.
class ChildProgram {
 public:
  // `command`: a path, or a name that is looked for in PATH; then its arguments. kInvalidArgument for an empty one.
  // That there is no such program only Wait tells.
  [[nodiscard]] static Result<std::unique_ptr<ChildProgram>> Prepare(const std::vector<std::string>& command);
  // A command that was not let go never runs; one that still runs goes on without us.
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  // It begins some 50 us later. Allocates nothing.
  [[nodiscard]] Status Go();
  // Sleeps until the command has ended. What it left running still runs, below launcher(), until destruction.
  [[nodiscard]] Result<ProgramEnd> Wait();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // The parent of the command and of its orphans.
  [[nodiscard]] pid_t launcher() const { return launcher_; }

 private:
  class Signals;
  ChildProgram();
  Status Start(const std::vector<std::string>& command);
  Status StartFrom(int program, const std::vector<std::string>& command);
  void End();
  Result<launch_report> ReadReport() const;
  Status PassSignalOn() const;
  [[nodiscard]] Status Tell(unsigned char wish) const;

  pid_t launcher_ = -1;
  pid_t pid_ = -1;
  int control_ = -1;
  int reports_ = -1;
  std::string name_;
  std::unique_ptr<Signals> signals_;
};

}  // namespace inferometer::os
