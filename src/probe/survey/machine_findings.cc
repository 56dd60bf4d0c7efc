#include "probe/survey/machine_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "os/files.h"
#include "os/process.h"
#include "probe/energy/power_mode.h"
#include "probe/machine_cpu.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;

std::string TextOf(const std::filesystem::path& path) {
  auto text = os::ReadFile(path, kMostBytes);
  if (!text.ok()) return "";
  text->resize(text->find_last_not_of(std::string_view("\n\0 ", 3)) + 1);
  return std::move(text).value();
}

std::optional<double> KilobytesOf(std::string_view meminfo, std::string_view key) {
  const std::size_t line = meminfo.find(key);
  if (line == std::string_view::npos) return std::nullopt;
  meminfo.remove_prefix(line + key.size());
  meminfo.remove_prefix(std::min(meminfo.size(), meminfo.find_first_not_of(' ')));
  double kilobytes = 0;
  const auto parsed = std::from_chars(meminfo.data(), meminfo.data() + meminfo.size(), kilobytes);
  return parsed.ec == std::errc() && kilobytes >= 0 ? std::optional(kilobytes) : std::nullopt;
}

// The first CPU's flags; a whole word, as cpuinfo separates them by spaces.
bool HasHypervisorFlag(const std::filesystem::path& procfs) {
  const std::string text = TextOf(procfs / "cpuinfo");
  const std::size_t at = text.find("\nflags");
  if (at == std::string::npos) return false;
  const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1) + ' ';
  return line.find(" hypervisor ") != std::string::npos;
}

Finding Plain(std::string name, FindingState state, std::string detail) {
  return {FindingGroup::kMachine, std::move(name), state, std::move(detail), {}, {}, {}};
}

Finding ContainerFinding(const std::optional<std::string>& container) {
  if (!container) return Plain("container", FindingState::kAbsent, "no mark of one");
  return Plain("container", FindingState::kAvailable, *container + ": some of /sys may be masked");
}

Finding VirtualFinding(bool is_virtual) {
  if (!is_virtual) return Plain("virtual machine", FindingState::kAbsent, "no mark of one");
  return Plain("virtual machine", FindingState::kAvailable,
               "other guests' load shows as stolen time at best; energy and heat stay with the host");
}

Finding GovernorFinding(const std::filesystem::path& sysfs) {
  const auto folder = sysfs / "devices/system/cpu/cpu0/cpufreq";
  const std::string governor = TextOf(folder / "scaling_governor");
  if (governor.empty()) return Plain("frequency governor", FindingState::kAbsent, "no cpufreq");
  Finding finding = Plain("frequency governor", FindingState::kAvailable,
                          fmt::format("{} ({})", governor, TextOf(folder / "scaling_driver")));
  if (governor != "performance") {
    finding.next_steps = {
        "for the least scatter: echo performance | sudo tee "
        "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"};
  }
  return finding;
}

Finding PowerModeFinding(const MachinePaths& paths) {
  const auto mode =
      ReadPowerMode({paths.sysfs, paths.root / "var/lib/nvpmodel/status", paths.root / "etc/nvpmodel.conf"});
  if (!mode) return Plain("power mode", FindingState::kAbsent, "the machine does not tell");
  return Plain("power mode", FindingState::kUsed, *mode + "; stands in the context of every run's files");
}

Finding SwapFinding(const std::optional<double>& used_mb) {
  if (!used_mb) return Plain("swap", FindingState::kAbsent, "/proc/meminfo does not tell");
  Finding finding = Plain("swap", FindingState::kAvailable, fmt::format("{:.0f} MB in use", *used_mb));
  if (*used_mb > 0) finding.next_steps = {"to begin clean, where memory suffices: sudo swapoff -a && sudo swapon -a"};
  return finding;
}

Finding LoadFinding(const std::optional<double>& percent) {
  if (!percent) return Plain("background load", FindingState::kAbsent, "/proc/stat does not tell");
  Finding finding =
      Plain("background load", FindingState::kUsed, fmt::format("{:.1f} % of all CPUs in the last second", *percent));
  if (*percent > kQuietPercent) finding.next_steps = {"stop what else runs, and look again: top"};
  return finding;
}

Finding StealFinding(const std::optional<double>& percent, const std::optional<MachineCpuReading>& since_boot) {
  if (!percent || !since_boot) return Plain("stolen time", FindingState::kAbsent, "/proc/stat does not tell");
  const double all_ticks = static_cast<double>(since_boot->busy_ticks + since_boot->steal_ticks);
  const double share = all_ticks > 0 ? 100 * static_cast<double>(since_boot->steal_ticks) / all_ticks : 0;
  return Plain(
      "stolen time", FindingState::kUsed,
      fmt::format("{:.1f} % of all CPUs in the last second, {:.2f} % of the busy time since boot", *percent, share));
}

class LoadWatch {
 public:
  LoadWatch(const std::filesystem::path& procfs, const base::Clock& clock) : cpu_(procfs), clock_(clock) {
    begin_ = cpu_.Read();
    own_begin_ = os::LaggingProcessCpuTime();
    since_ = clock_.Steady();
  }
  void Stop(MachineOutlook& outlook) {
    const auto duration = clock_.Steady() - since_;
    const auto own = os::LaggingProcessCpuTime() - own_begin_;
    end_ = cpu_.Read();
    if (!begin_ || !end_) return;
    const unsigned cpus = os::OnlineCpus();
    outlook.background_percent = BackgroundPercent(*begin_, *end_, own, duration, cpus);
    const double all_ticks = static_cast<double>(duration.count()) / std::chrono::nanoseconds(kTick).count() * cpus;
    if (end_->steal_ticks < begin_->steal_ticks || all_ticks <= 0) return;
    outlook.steal_percent = 100 * static_cast<double>(end_->steal_ticks - begin_->steal_ticks) / all_ticks;
  }
  [[nodiscard]] const std::optional<MachineCpuReading>& end() const { return end_; }

 private:
  const MachineCpu cpu_;
  const base::Clock& clock_;
  std::optional<MachineCpuReading> begin_;
  std::optional<MachineCpuReading> end_;
  std::chrono::nanoseconds own_begin_{};
  std::chrono::nanoseconds since_{};
};

}  // namespace

std::optional<std::string> ContainerOf(const MachinePaths& paths) {
  std::error_code error;
  if (std::filesystem::exists(paths.root / ".dockerenv", error)) return "docker";
  if (std::filesystem::exists(paths.root / "run/.containerenv", error)) return "podman";
  const std::string cgroup = TextOf(paths.procfs / "1/cgroup");
  constexpr std::pair<std::string_view, const char*> kMarks[] = {{"kubepods", "kubernetes"},
                                                                 {"/docker", "docker"},
                                                                 {"libpod", "podman"},
                                                                 {"/lxc", "lxc"},
                                                                 {"containerd", "container"}};
  for (const auto& [mark, name] : kMarks) {
    if (cgroup.find(mark) != std::string::npos) return name;
  }
  return std::nullopt;
}

std::optional<double> SwapUsedMb(std::string_view meminfo) {
  const auto total = KilobytesOf(meminfo, "SwapTotal:");
  const auto free = KilobytesOf(meminfo, "SwapFree:");
  if (!total || !free || *free > *total) return std::nullopt;
  return (*total - *free) / 1024;
}

MachineSurvey SurveyMachine(const MachinePaths& paths, const base::Clock& clock, const std::function<void()>& wait) {
  MachineSurvey survey;
  LoadWatch load(paths.procfs, clock);
  wait();
  load.Stop(survey.outlook);
  const auto container = ContainerOf(paths);
  const auto swap_mb = SwapUsedMb(TextOf(paths.procfs / "meminfo"));
  survey.outlook.in_container = container.has_value();
  survey.outlook.is_virtual = HasHypervisorFlag(paths.procfs) || !TextOf(paths.sysfs / "hypervisor/type").empty();
  survey.outlook.swap_in_use = swap_mb.value_or(0) > 0;
  survey.findings = {ContainerFinding(container),
                     VirtualFinding(survey.outlook.is_virtual),
                     GovernorFinding(paths.sysfs),
                     PowerModeFinding(paths),
                     SwapFinding(swap_mb),
                     LoadFinding(survey.outlook.background_percent),
                     StealFinding(survey.outlook.steal_percent, load.end())};
  return survey;
}

}  // namespace inferometer::probe
