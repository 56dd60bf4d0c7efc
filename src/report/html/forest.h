#pragma once
// The picture of a comparison: ratios with their intervals, beside what counts as the same (a forest plot).

#include <optional>
#include <string>
#include <vector>

#include "analyze/compare/median_interval.h"
#include "report/html/chart.h"
#include "report/html/strips.h"

namespace inferometer::report::html {

struct RatioRow {
  std::string label;
  double ratio = 1;
  std::optional<analyze::Interval> interval;
  std::string verdict;      // said behind the figure
  bool is_decided = false;  // filled mark; else hollow
};

// A mark at each ratio with its interval, a line at 1, a band where ratios count as the same: from 1 / (1 + margin) to
// 1 + margin. Intervals that reach out of a tenth to ten times are drawn to there. REQUIRES: not empty, ratios above 0.
[[nodiscard]] std::string DrawForest(const PictureText& text, const std::vector<RatioRow>& rows, double margin,
                                     Form form);

}  // namespace inferometer::report::html
