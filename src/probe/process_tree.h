#pragma once
// A process and all that it started: how many, what they hold of the memory, what they took of the CPUs.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::probe {

// One line of /proc/PID/stat, as far as it is wanted here (proc_pid_stat(5)).
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = 0;  // 'Z': has ended and was not waited for yet
  std::uint64_t major_faults = 0;
  std::uint64_t children_major_faults = 0;  // of children that ended and were waited for
  std::uint64_t ticks = 0;                  // user and system, of 1/sysconf(_SC_CLK_TCK) s
  std::uint64_t children_ticks = 0;         // as children_major_faults
  std::int64_t threads = 0;
  std::uint64_t started_ticks = 0;  // since boot; tells a process from a later one with the same number
  std::uint64_t resident_pages = 0;

  [[nodiscard]] bool has_ended() const { return state == 'Z' || state == 'X'; }
};

// kDataLoss names the byte. The name of the program, in parentheses, may hold anything.
[[nodiscard]] Result<ProcessStat> ParseProcessStat(std::string_view text);
// From the text of /proc/PID/task/TID/children: appends at most `most` numbers to `pids`.
[[nodiscard]] Status ParseChildren(std::string_view text, std::size_t most, std::vector<pid_t>& pids);

// The processes of a tree at one moment.
struct TreeReading {
  std::size_t processes = 0;  // that have not ended
  std::int64_t threads = 0;
  std::uint64_t resident_bytes = 0;  // the sum; pages that they share count for each
  std::uint64_t major_faults = 0;    // of them and of all that they have waited for
  std::chrono::nanoseconds cpu_time{};
  bool exact_cpu = true;  // by clocks; else in part by ticks of 10 ms
};

// Of `root` and everything below it, at most kMostProcesses. The difference of two readings is what the tree did
// between them, also where processes ended and were waited for by one of the tree, or began. One thread at a time.
class ProcessTree {
 public:
  static constexpr std::size_t kMostProcesses = 4096;

  // kNotFound where there is no such process. Processes are told apart by the numbers that `procfs` shows.
  [[nodiscard]] static Result<ProcessTree> Of(const std::filesystem::path& procfs, pid_t root);

  // Leaves `root` itself out: for one that only stands above what is meant.
  void LeaveOutRoot() { with_root_ = false; }

  // Opens some files for each process: about 50 us for a few, and where the kernel does not list children
  // (CONFIG_PROC_CHILDREN), for every process of the machine. Nothing when the root is gone; its number may be another
  // process's then. A process that ends meanwhile is passed over.
  [[nodiscard]] std::optional<TreeReading> Read();
  [[nodiscard]] bool lists_children() const { return lists_children_; }

 private:
  ProcessTree(std::filesystem::path procfs, const ProcessStat& root);
  [[nodiscard]] Result<ProcessStat> ReadStat(pid_t pid) const;
  void FindMembers();
  void FindByChildren();
  void FindByParents();
  void AppendChildrenOf(pid_t pid);
  void Add(const ProcessStat& stat, TreeReading& reading) const;

  std::filesystem::path procfs_;
  pid_t root_;
  std::uint64_t root_started_ticks_;
  bool with_root_ = true;
  bool lists_children_;
  bool numbers_are_ours_;
  std::vector<pid_t> members_;  // the root first
};

}  // namespace inferometer::probe
