#pragma once
// Pictures with one row a group on one axis, so that groups stand beside each other.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/statistics.h"
#include "report/html/chart.h"

namespace inferometer::report::html {

struct PictureText {
  std::string id;        // unique in the page, of this program
  std::string title;     // what the picture is, for those who do not see it
  std::string quantity;  // with its unit, on the axis: "ms an inference"
};

// What is measured of one group: a line from the smallest to the largest value, a bar to the 95 % quantile, a dot at
// the median.
struct Strip {
  std::string label;
  analyze::Spread spread;
};
// REQUIRES: not empty.
[[nodiscard]] std::string DrawStrips(const PictureText& text, const std::vector<Strip>& strips, Form form);

// An average with the half width of the interval that holds the true value.
struct Uncertain {
  std::string label;
  double value = 0;
  std::optional<double> uncertainty;
};
// A dot with a bar each, from 0 on. REQUIRES: not empty.
[[nodiscard]] std::string DrawUncertain(const PictureText& text, const std::vector<Uncertain>& rows, Form form);

}  // namespace inferometer::report::html
