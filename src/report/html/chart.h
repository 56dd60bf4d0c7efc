#pragma once
// A plot area with its two axes.

#include <string>
#include <string_view>

#include "report/html/axis.h"
#include "report/html/svg.h"

namespace inferometer::report::html {

// Pictures that span the page are drawn twice: for wide screens and paper, and for phones.
enum class Form { kWide, kNarrow };
inline constexpr double kWideWidth = 820;
inline constexpr double kNarrowWidth = 344;
[[nodiscard]] constexpr double WidthIn(Form form) { return form == Form::kWide ? kWideWidth : kNarrowWidth; }
// What makes the two pictures' ids different.
[[nodiscard]] constexpr std::string_view SuffixOf(Form form) { return form == Form::kWide ? "-w" : "-n"; }

// "ms (log scale)"
[[nodiscard]] std::string WithRemark(std::string_view quantity, const Axis& axis);

// Draws into `svg`, which must outlive it. The plot lies between `corner` and `corner` + `size`; the labels outside.
class Chart {
 public:
  Chart(Svg& svg, Place corner, Size size, const Axis& x, const Axis& y)
      : svg_(svg), corner_(corner), size_(size), x_(x), y_(y) {}

  [[nodiscard]] double X(double value) const { return corner_.x + size_.width * x_.Place(value); }
  [[nodiscard]] double Y(double value) const { return corner_.y + size_.height * (1 - y_.Place(value)); }
  [[nodiscard]] Place At(double x, double y) const { return {X(x), Y(y)}; }
  [[nodiscard]] double left() const { return corner_.x; }
  [[nodiscard]] double right() const { return corner_.x + size_.width; }
  [[nodiscard]] double top() const { return corner_.y; }
  [[nodiscard]] double bottom() const { return corner_.y + size_.height; }

  // Lines across the plot at the ticks of y, with their labels left of it.
  void YGrid();
  // The quantity of y, above the plot.
  void YName(std::string_view quantity);
  // The axis at the bottom, `below` pixels under the plot, with ticks, labels and the quantity under them.
  void XAxis(std::string_view quantity, double below = 0);
  static constexpr double kXAxisHeight = 34;

 private:
  Svg& svg_;
  Place corner_;
  Size size_;
  const Axis& x_;
  const Axis& y_;
};

}  // namespace inferometer::report::html
