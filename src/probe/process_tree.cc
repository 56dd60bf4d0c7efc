#include "probe/process_tree.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "os/files.h"
#include "os/process.h"

namespace inferometer::probe {
namespace {

using std::filesystem::path;

constexpr std::size_t kMostStatBytes = 2048;  // 52 numbers and a name of at most 64 bytes
constexpr std::size_t kMostChildrenBytes = 65536;
// Where the kernel lists no children, so many processes are looked at.
constexpr std::size_t kMostSearched = 32768;
constexpr std::size_t kMostThreads = 4096;

Status Bad(std::string_view what, std::size_t at) {
  return Status(Code::kDataLoss, "/proc/PID/stat: byte " + std::to_string(at) + ": " + std::string(what)).At(at);
}

// Numbers between spaces.
class Numbers {
 public:
  Numbers(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  template <typename T>
  Result<T> Next() {
    at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size());
    T value{};
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) return Bad(at_ == text_.size() ? "the line is cut off" : "not a number", at_);
    const auto next = static_cast<std::size_t>(end - text_.data());
    if (next < text_.size() && text_[next] != ' ' && text_[next] != '\n') return Bad("not a number", at_);
    at_ = next;
    return value;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_;
};

// Numbers of the fields, as proc_pid_stat(5) counts them.
enum Field : std::size_t {
  kState = 3,
  kParent = 4,
  kMajorFaults = 12,
  kChildrenMajorFaults = 13,
  kUser = 14,
  kSystem = 15,
  kChildrenUser = 16,
  kChildrenSystem = 17,
  kThreads = 20,
  kStarted = 22,
  kResident = 24,
};

// So that sums of times stay within their type, whatever stands there: 36 years.
constexpr std::uint64_t kMostTicks = std::numeric_limits<std::int64_t>::max() / 8 / 10'000'000;
constexpr std::chrono::nanoseconds kMostTime{std::numeric_limits<std::int64_t>::max() / 2};
constexpr std::uint64_t kMostThreadsOfAll = 1U << 22U;  // kernel: PID_MAX_LIMIT

// From the parent on. Some are negative, some use all 64 bits: those are not ours, and wrap.
Result<std::array<std::uint64_t, kResident + 1>> ParseFields(std::string_view text, std::size_t at) {
  std::array<std::uint64_t, kResident + 1> fields{};
  Numbers numbers(text, at);
  for (std::size_t i = kParent; i <= kResident; ++i) {
    const auto number = numbers.Next<std::int64_t>();
    if (number.ok()) {
      fields[i] = static_cast<std::uint64_t>(*number);
      continue;
    }
    ASSIGN_OR_RETURN(fields[i], numbers.Next<std::uint64_t>());
  }
  for (const std::size_t i : {kUser, kSystem, kChildrenUser, kChildrenSystem}) {
    if (fields[i] > kMostTicks) return Bad("field " + std::to_string(i) + " is out of range", numbers.at());
  }
  if (fields[kThreads] > kMostThreadsOfAll) return Bad("the number of threads is out of range", numbers.at());
  return fields;
}

std::optional<pid_t> AsPid(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

// The numbers that name entries of a folder; what cannot be read has none.
std::vector<pid_t> NumbersIn(const path& folder, std::size_t most) {
  std::vector<pid_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator() && numbers.size() < most; entry.increment(error)) {
    if (const auto number = AsPid(entry->path().filename().native())) numbers.push_back(*number);
  }
  return numbers;
}

path TaskFolder(const path& procfs, pid_t pid) { return procfs / std::to_string(pid) / "task"; }
path ChildrenFile(const path& tasks, pid_t thread) { return tasks / std::to_string(thread) / "children"; }

}  // namespace

Result<ProcessStat> ParseProcessStat(std::string_view text) {
  ProcessStat stat;
  Numbers begin(text, 0);
  ASSIGN_OR_RETURN(stat.pid, begin.Next<pid_t>());
  if (stat.pid <= 0) return Bad("no process number", 0);
  if (!text.substr(begin.at()).starts_with(" (")) return Bad("no name", begin.at());
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end < begin.at() + 2) return Bad("the name has no end", text.size());
  const std::size_t state = name_end + 2;
  if (state >= text.size() || text[name_end + 1] != ' ') return Bad("no state", std::min(state, text.size()));
  stat.state = text[state];
  ASSIGN_OR_RETURN(const auto fields, ParseFields(text, state + 1));
  if (fields[kParent] > std::numeric_limits<pid_t>::max()) return Bad("no parent's number", state + 1);
  stat.parent = static_cast<pid_t>(fields[kParent]);
  stat.major_faults = fields[kMajorFaults];
  stat.children_major_faults = fields[kChildrenMajorFaults];
  stat.ticks = fields[kUser] + fields[kSystem];
  stat.children_ticks = fields[kChildrenUser] + fields[kChildrenSystem];
  stat.threads = static_cast<std::int64_t>(fields[kThreads]);
  stat.started_ticks = fields[kStarted];
  stat.resident_pages = fields[kResident];
  return stat;
}

Status ParseChildren(std::string_view text, std::size_t most, std::vector<pid_t>& pids) {
  Numbers numbers(text, 0);
  for (std::size_t i = 0; i < most; ++i) {
    if (text.find_first_not_of(" \n", numbers.at()) == std::string_view::npos) return Ok();
    ASSIGN_OR_RETURN(const pid_t pid, numbers.Next<pid_t>());
    if (pid <= 0) return Bad("no process number", numbers.at());
    pids.push_back(pid);
  }
  return Ok();
}

Result<ProcessTree> ProcessTree::Of(const path& procfs, pid_t root) {
  ProcessTree tree(procfs, {});
  ASSIGN_OR_RETURN(const ProcessStat stat, tree.ReadStat(root));
  return ProcessTree(procfs, stat);
}

ProcessTree::ProcessTree(path procfs, const ProcessStat& root)
    : procfs_(std::move(procfs)),
      root_(root.pid),
      root_started_ticks_(root.started_ticks),
      lists_children_(os::KeptFile::Open(ChildrenFile(TaskFolder(procfs_, root_), root_)).ok()),
      numbers_are_ours_(os::CheckNumbersAreOurs(procfs_).ok()) {}

Result<ProcessStat> ProcessTree::ReadStat(pid_t pid) const {
  ASSIGN_OR_RETURN(const auto file, os::KeptFile::Open(procfs_ / std::to_string(pid) / "stat"));
  char buffer[kMostStatBytes];
  ASSIGN_OR_RETURN(const std::string_view text, file.Read(buffer));
  return ParseProcessStat(text);
}

void ProcessTree::AppendChildrenOf(pid_t pid) {
  const path tasks = TaskFolder(procfs_, pid);
  for (const pid_t thread : NumbersIn(tasks, kMostThreads)) {
    const auto text = os::ReadFile(ChildrenFile(tasks, thread), kMostChildrenBytes);
    if (!text.ok()) continue;
    ParseChildren(*text, kMostProcesses - members_.size(), members_)
        .IgnoreBecause("what was read before the damage counts");
  }
}

void ProcessTree::FindByChildren() {
  for (std::size_t i = 0; i < members_.size() && members_.size() < kMostProcesses; ++i) AppendChildrenOf(members_[i]);
}

void ProcessTree::FindByParents() {
  std::vector<std::pair<pid_t, pid_t>> parents_and_children;
  for (const pid_t pid : NumbersIn(procfs_, kMostSearched)) {
    const auto stat = ReadStat(pid);
    if (stat.ok()) parents_and_children.emplace_back(stat->parent, stat->pid);
  }
  std::sort(parents_and_children.begin(), parents_and_children.end());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const pid_t parent = members_[i];
    auto child = std::lower_bound(parents_and_children.begin(), parents_and_children.end(), std::pair(parent, 0));
    for (; child != parents_and_children.end() && child->first == parent; ++child) {
      if (members_.size() < kMostProcesses) members_.push_back(child->second);
    }
  }
}

void ProcessTree::FindMembers() {
  members_.assign(1, root_);
  if (lists_children_) {
    FindByChildren();
  } else {
    FindByParents();
  }
  // A process that moves from parent to parent while we look is seen twice; so it could be in a tree that lies.
  std::sort(members_.begin() + 1, members_.end());
  members_.erase(std::unique(members_.begin() + 1, members_.end()), members_.end());
  members_.erase(std::remove(members_.begin() + 1, members_.end(), root_), members_.end());
}

void ProcessTree::Add(const ProcessStat& stat, TreeReading& reading) const {
  const auto from_ticks = [](std::uint64_t ticks) {
    return std::chrono::nanoseconds(ticks * (1'000'000'000 / os::TicksPerSecond()));
  };
  const auto clock = numbers_are_ours_ ? os::CpuTimeOf(stat.pid) : std::nullopt;
  if (!clock.has_value() || stat.children_ticks > 0) reading.exact_cpu = false;
  reading.cpu_time =
      std::min(reading.cpu_time, kMostTime) + clock.value_or(from_ticks(stat.ticks)) + from_ticks(stat.children_ticks);
  reading.major_faults += stat.major_faults + stat.children_major_faults;
  if (stat.has_ended()) return;
  ++reading.processes;
  reading.threads += stat.threads;
  reading.resident_bytes += stat.resident_pages * os::PageBytes();
}

std::optional<TreeReading> ProcessTree::Read() {
  const auto root = ReadStat(root_);
  if (!root.ok() || root->started_ticks != root_started_ticks_) return std::nullopt;
  FindMembers();
  TreeReading reading;
  if (with_root_) Add(*root, reading);
  for (std::size_t i = 1; i < members_.size(); ++i) {
    const auto stat = ReadStat(members_[i]);
    if (stat.ok()) Add(*stat, reading);
  }
  return reading;
}

}  // namespace inferometer::probe
