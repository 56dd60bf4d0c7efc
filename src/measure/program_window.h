#pragma once
// Measures a program as a whole: one that is run here, or one that runs already.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/record.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "os/child_program.h"
#include "os/process_watch.h"
#include "probe/energy/energy.h"
#include "probe/heat/heat.h"
#include "probe/machine_cpu.h"
#include "probe/process_tree.h"
#include "probe/sampler.h"

namespace inferometer::measure {

// What was measured of a program, and how it ended.
struct ProgramResult {
  InferenceRecord record;             // no record_id, no model; reals are rounded as they are written
  std::optional<Status> not_started;  // nothing was run; the record has no figures
  std::size_t left_running = 0;       // processes that outlived the command
  int exit_code = 0;                  // of the command, see os::ProgramEnd
};

// The command in one line, quoted as a shell wants it where it must be; at most some 1,000 bytes, then "...".
[[nodiscard]] std::string CommandLine(const std::vector<std::string>& command);

// Sees how large a tree of processes becomes, at most for a five-hundredth of the time of one CPU. Sample on a thread
// of its own, the rest on another.
class TreeWatch {
 public:
  TreeWatch(probe::ProcessTree tree, const base::Clock& clock) : tree_(std::move(tree)), clock_(clock) {}

  void Sample();  // unless the last one was too expensive to come back yet
  // Nothing when the root is gone.
  [[nodiscard]] std::optional<probe::TreeReading> Read();

  // The largest that were seen, and the last one with its time.
  [[nodiscard]] std::size_t most_processes() const { return most_processes_; }
  [[nodiscard]] std::uint64_t most_bytes() const { return most_bytes_; }
  [[nodiscard]] const std::optional<probe::TreeReading>& last() const { return last_; }
  [[nodiscard]] std::chrono::nanoseconds last_at() const { return last_at_; }

 private:
  std::mutex mutex_;
  probe::ProcessTree tree_;  // under mutex_
  const base::Clock& clock_;
  std::chrono::nanoseconds next_{};  // of the sampling thread
  // Written under mutex_; read when nobody samples.
  std::size_t most_processes_ = 0;
  std::uint64_t most_bytes_ = 0;
  std::optional<probe::TreeReading> last_;
  std::chrono::nanoseconds last_at_{};
};

// Energy and CPUs of the machine around one program. One at a time, on one thread, which sleeps meanwhile.
class ProgramMeter {
 public:
  // Of the options, those on energy and paths. `clock` must outlive it, and be the system's.
  [[nodiscard]] static Result<std::unique_ptr<ProgramMeter>> Make(const RecorderOptions& options,
                                                                  const base::Clock& clock);
  // Sampled things need the meter where it is.
  ProgramMeter(const ProgramMeter&) = delete;
  ProgramMeter& operator=(const ProgramMeter&) = delete;

  // Runs the command to its end. An error only where it could not be measured.
  [[nodiscard]] Result<ProgramResult> Run(const std::vector<std::string>& command);
  // Measures a process with all below it until it ends, the bell rings or the time is over.
  [[nodiscard]] Result<InferenceRecord> Watch(pid_t pid, const os::Doorbell& bell, std::chrono::nanoseconds at_most);

  // One line for people.
  [[nodiscard]] std::string EnergyDescription() const { return energy_.Description(); }

 private:
  ProgramMeter(const RecorderOptions& options, probe::EnergyMeter energy, const base::Clock& clock);

  struct Window;
  void Open(Window& window);
  void Close(Window& window);
  // Null where /proc shows the numbers of another PID namespace, which would name strangers.
  [[nodiscard]] std::unique_ptr<TreeWatch> WatchBelow(pid_t launcher) const;
  static void SetDifference(const probe::TreeReading& begin, const probe::TreeReading& end, Window& window);
  void SetFigures(const Window& window, InferenceRecord& record) const;
  void SetRunFigures(const os::ProgramEnd& end, const std::optional<probe::TreeReading>& left, const TreeWatch* seen,
                     Window& window, InferenceRecord& record) const;

  const std::string procfs_;
  const base::Clock& clock_;
  const unsigned cpus_;
  const probe::MachineCpu machine_cpu_;
  probe::Heat heat_;
  probe::EnergyMeter energy_;
  std::unique_ptr<probe::Sampler> sampler_;  // null where nothing must be sampled; goes before what it samples
};

}  // namespace inferometer::measure
