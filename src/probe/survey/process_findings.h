#pragma once
// How well this process's own time, CPU and memory can be measured here.

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "probe/survey/finding.h"

namespace inferometer::probe {

struct ProcessOutlook {
  bool clock_is_quick = true;  // read without asking the kernel or a slow device
  std::string clock_source;    // as the kernel calls it; empty where it does not tell
  bool cpu_clock_is_exact = true;
  bool cpu_of_others_is_known = true;
  bool memory_is_known = true;
  bool peak_can_be_reset = true;
};

struct ProcessSurvey {
  std::vector<Finding> findings;
  ProcessOutlook outlook;
};

// Resets the high-water mark of this process's memory, as the recorder does.
[[nodiscard]] ProcessSurvey SurveyProcess(const std::filesystem::path& procfs, const std::filesystem::path& sysfs,
                                          const base::Clock& clock);

}  // namespace inferometer::probe
