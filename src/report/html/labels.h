#pragma once
// What the groups of an analysis are called in the report.

#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"

namespace inferometer::report::html {

// Names as they stand in the files, shortened, not escaped.
struct Label {
  std::string model;
  std::string device;
  std::string more;  // what else tells the group from others of the same model and device; mostly empty
};

// One for each group, no two the same.
[[nodiscard]] std::vector<Label> LabelsOf(const std::vector<analyze::Group>& groups);

// "SmolLM2 on edge-device-01 (cpu, energy by rapl)"
[[nodiscard]] std::string TextOf(const Label& label);
// The same as HTML.
[[nodiscard]] std::string MarkupOf(const Label& label);

// "by rapl, covering the package"; empty where there is no energy. Not escaped.
[[nodiscard]] std::string EnergyKindOf(const analyze::GroupKey& key);

}  // namespace inferometer::report::html
