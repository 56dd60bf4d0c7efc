#include "report/html/row_layout.h"

#include <algorithm>

namespace inferometer::report::html {

RowLayout::RowLayout(Form form, std::size_t rows, double name_width, double figure_width)
    : form_(form), rows_(rows), name_width_(std::min(name_width, kMostNameWidth)) {
  const double width = WidthIn(form);
  plot_left_ = form == Form::kWide ? name_width_ + 12 : 6;
  plot_right_ = width - (form == Form::kWide ? figure_width + 14 : 10);
}

double RowLayout::MarksAt(std::size_t row) const {
  const double top = kTop + static_cast<double>(row) * RowHeight();
  return form_ == Form::kWide ? top + RowHeight() / 2 : top + 28;
}

void RowLayout::PutTexts(std::size_t row, std::string_view label, std::string_view figure, Svg& svg) const {
  const double y = MarksAt(row) + (form_ == Form::kWide ? 4 : -12);
  if (form_ == Form::kWide) {
    svg.Text("t", {name_width_, y}, Anchor::kEnd, Fitting(label, name_width_));
    svg.Text("b", {WidthIn(form_), y}, Anchor::kEnd, figure);
    return;
  }
  const double width = WidthIn(form_);
  svg.Text("t", {0, y}, Anchor::kStart, Fitting(label, width - WidthOf(figure) - 12));
  svg.Text("b", {width, y}, Anchor::kEnd, figure);
}

double WidestOf(const std::vector<std::string>& texts) {
  double widest = 0;
  for (const std::string& text : texts) widest = std::max(widest, WidthOf(text) * 1.05);
  return widest;
}

void PutGrid(const Axis& x, const Chart& chart, Svg& svg) {
  for (const Tick& tick : x.ticks())
    svg.Line("grid", {chart.X(tick.at), chart.top()}, {chart.X(tick.at), chart.bottom()});
}

}  // namespace inferometer::report::html
