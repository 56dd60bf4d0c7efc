#pragma once
// Where the rows of a picture stand that has one row a group, on one axis.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/html/chart.h"
#include "report/html/svg.h"

namespace inferometer::report::html {

// On wide pictures the names stand left of the plot and the figures right of it, on narrow ones above each row.
class RowLayout {
 public:
  // The widths are of the widest name and of the widest figure.
  RowLayout(Form form, std::size_t rows, double name_width, double figure_width);

  [[nodiscard]] Place plot_corner() const { return {plot_left_, kTop}; }
  [[nodiscard]] Size plot_size() const { return {plot_right_ - plot_left_, static_cast<double>(rows_) * RowHeight()}; }
  [[nodiscard]] Size picture() const { return {WidthIn(form_), kTop + plot_size().height + Chart::kXAxisHeight + 4}; }
  // The middle of a row's marks.
  [[nodiscard]] double MarksAt(std::size_t row) const;
  void PutTexts(std::size_t row, std::string_view label, std::string_view figure, Svg& svg) const;

 private:
  static constexpr double kTop = 6;
  static constexpr double kMostNameWidth = 360;
  [[nodiscard]] double RowHeight() const { return form_ == Form::kWide ? 26 : 42; }

  Form form_;
  std::size_t rows_;
  double name_width_;
  double plot_left_;
  double plot_right_;
};

[[nodiscard]] double WidestOf(const std::vector<std::string>& texts);
// Lines down the plot at the ticks, which the eye follows from row to row.
void PutGrid(const Axis& x, const Chart& chart, Svg& svg);

}  // namespace inferometer::report::html
