#pragma once
// What this machine tells of its heat, throttling and frequency, and what would open the closed sources.

#include <filesystem>
#include <string>
#include <vector>

#include "probe/heat/heat.h"
#include "probe/survey/finding.h"

namespace inferometer::probe {

struct HeatOutlook {
  bool tells_temperature = false;
  bool tells_throttling = false;       // a record of now would say whether it throttled
  bool is_denied = false;              // a source of throttling is there and closed
  std::vector<std::string> reasons{};  // why the machine throttled while it was looked at; empty: it was not seen to
};

struct HeatSurvey {
  std::vector<Finding> findings;
  HeatOutlook outlook;
};

// Looks at the sensors as a record's window does, from its making until Survey.
class HeatSurveyor {
 public:
  explicit HeatSurveyor(const HeatRoots& roots);
  // At least some 0.2 s later, so that the frequency's mean has something to be of. `in_container`: for the next steps.
  [[nodiscard]] HeatSurvey Survey(bool in_container);

 private:
  Heat heat_;
  const std::filesystem::path sysfs_;
  HeatReading begin_;
};

}  // namespace inferometer::probe
