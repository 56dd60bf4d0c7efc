#include "report/html/chart.h"

namespace inferometer::report::html {

std::string WithRemark(std::string_view quantity, const Axis& axis) {
  const std::string remark = axis.Remark();
  return remark.empty() ? std::string(quantity) : std::string(quantity) + " (" + remark + ")";
}

void Chart::YGrid() {
  constexpr double kHalfLetter = 4;
  for (const Tick& tick : y_.ticks()) {
    const double y = Y(tick.at);
    svg_.Line("grid", {left(), y}, {right(), y});
    svg_.Text("q", {left() - 6, y + kHalfLetter}, Anchor::kEnd, tick.label);
  }
}

void Chart::YName(std::string_view quantity) {
  svg_.Text("q", {0, top() - 10}, Anchor::kStart, WithRemark(quantity, y_));
}

void Chart::XAxis(std::string_view quantity, double below) {
  const double y = bottom() + below;
  svg_.Line("axis", {left(), y}, {right(), y});
  double free_from = -1;  // labels that would run into the one before are left out
  for (const Tick& tick : x_.ticks()) {
    const double x = X(tick.at);
    const double half = WidthOf(tick.label) / 2;
    svg_.Line("axis", {x, y}, {x, y + 4});
    if (x - half < free_from) continue;
    svg_.Text("q", {x, y + 16}, Anchor::kMiddle, tick.label);
    free_from = x + half + 4;
  }
  svg_.Text("q", {right(), y + 31}, Anchor::kEnd, WithRemark(quantity, x_));
}

}  // namespace inferometer::report::html
