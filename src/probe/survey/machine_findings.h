#pragma once
// What sort of machine this is for measuring, and what else it does right now.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "probe/survey/finding.h"

namespace inferometer::probe {

struct MachinePaths {
  std::filesystem::path procfs = "/proc";
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path root = "/";  // where containers leave their marks
};

// What container this process is in ("docker", "podman", "kubernetes", "lxc", "container"), by the marks that its
// manager leaves; absent: none is seen.
[[nodiscard]] std::optional<std::string> ContainerOf(const MachinePaths& paths);

// Absent where the file cannot be read or has no such line; 1 kB = 1024 bytes, as /proc/meminfo counts.
[[nodiscard]] std::optional<double> SwapUsedMb(std::string_view meminfo);

// More load of others or stolen time than this, in percent of all CPUs, and the figures want a second look.
inline constexpr double kQuietPercent = 5;

struct MachineOutlook {
  bool in_container = false;
  bool is_virtual = false;
  bool swap_in_use = false;
  std::optional<double> background_percent;  // of all CPUs, in the second of the survey
  std::optional<double> steal_percent;
};

struct MachineSurvey {
  std::vector<Finding> findings;
  MachineOutlook outlook;
};

// `wait` passes about a second, in which the load of the others is measured.
[[nodiscard]] MachineSurvey SurveyMachine(const MachinePaths& paths, const base::Clock& clock,
                                          const std::function<void()>& wait);

}  // namespace inferometer::probe
