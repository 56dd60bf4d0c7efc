#pragma once
// Which sensors of heat, throttling and frequency this machine has.

#include <filesystem>
#include <vector>

#include "probe/finding.h"

namespace inferometer::probe {

struct HeatOutlook {
  bool tells_temperature = false;
  bool tells_throttling = false;
};

struct HeatSurvey {
  std::vector<Finding> findings;
  HeatOutlook outlook;
};

// By presence: what the records use is chosen in heat.h.
[[nodiscard]] HeatSurvey SurveyHeat(const std::filesystem::path& sysfs,
                                    const std::vector<std::filesystem::path>& mailboxes);

}  // namespace inferometer::probe
