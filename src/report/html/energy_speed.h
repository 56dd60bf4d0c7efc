#pragma once
// Energy against speed, of groups whose energies are of one kind.

#include <optional>
#include <string>
#include <vector>

#include "report/html/chart.h"
#include "report/html/point_sample.h"
#include "report/html/strips.h"

namespace inferometer::report::html {

struct EnergySpeed {
  std::string label;
  double tokens_per_second = 0;  // averages of the group
  double energy_mj = 0;
  std::optional<double> uncertainty_mj;  // half width
  std::vector<Point> inferences;         // single ones, x: tokens/s, y: mJ; may be empty
};

// Each group's averages as a mark with the uncertainty of its energy as a bar, its name beside it, and behind it a
// faint dot for each inference. REQUIRES: not empty.
[[nodiscard]] std::string DrawEnergySpeed(const PictureText& text, const std::vector<EnergySpeed>& groups, Form form);

}  // namespace inferometer::report::html
