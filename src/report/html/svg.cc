#include "report/html/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "report/html/escape.h"
#include "report/terminal_text.h"

namespace inferometer::report::html {
namespace {

constexpr double kCharacterWidth = 7.1;  // of 12 px sans-serif letters, on the wide side

// One decimal, and none where it would be 0.
void AppendNumber(double value, std::string& out) {
  const auto tenths = static_cast<long>(std::lround(value * 10));
  if (tenths < 0) out += '-';
  const long size = std::labs(tenths);
  fmt::format_to(std::back_inserter(out), "{}", size / 10);
  if (size % 10 != 0) fmt::format_to(std::back_inserter(out), ".{}", size % 10);
}

std::string Number(double value) {
  std::string text;
  AppendNumber(value, text);
  return text;
}

const char* NameOf(Anchor anchor) {
  switch (anchor) {
    case Anchor::kStart: return "start";
    case Anchor::kMiddle: return "middle";
    case Anchor::kEnd: return "end";
  }
  return "start";
}

}  // namespace

void PathData::Append(char command, double value) {
  data_ += command;
  AppendNumber(value, data_);
}

PathData& PathData::MoveTo(Place to) {
  Append('M', to.x);
  Append(' ', to.y);
  return *this;
}

PathData& PathData::LineTo(Place to) {
  Append('L', to.x);
  Append(' ', to.y);
  return *this;
}

PathData& PathData::HorizontalTo(double x) {
  Append('H', x);
  return *this;
}

PathData& PathData::VerticalTo(double y) {
  Append('V', y);
  return *this;
}

PathData& PathData::Close() {
  data_ += 'Z';
  return *this;
}

PathData& PathData::Dot(Place at) {
  MoveTo(at);
  data_ += "h0";
  return *this;
}

// Relative steps are shorter.
PathData& PathData::Cross(Place at, double half) {
  MoveTo({at.x - half, at.y - half});
  const std::string width = Number(2 * half);
  fmt::format_to(std::back_inserter(data_), "l{0} {0}m-{0} 0l{0}-{0}", width);
  return *this;
}

Svg::Svg(std::string_view id, Size size, std::string_view title, std::string_view description) {
  out_ = fmt::format(
      "<svg role=\"img\" aria-labelledby=\"{0}-t\" aria-describedby=\"{0}-d\" viewBox=\"0 0 {1} {2}\" width=\"{1}\" "
      "height=\"{2}\"><title id=\"{0}-t\">{3}</title><desc id=\"{0}-d\">{4}</desc>\n",
      id, Number(size.width), Number(size.height), Escaped(title), Escaped(description));
}

void Svg::Line(std::string_view css_class, Place from, Place to) {
  fmt::format_to(std::back_inserter(out_), "<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css_class,
                 Number(from.x), Number(from.y), Number(to.x), Number(to.y));
}

void Svg::Rectangle(std::string_view css_class, Place corner, Size size) {
  fmt::format_to(std::back_inserter(out_), "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                 css_class, Number(corner.x), Number(corner.y), Number(size.width), Number(size.height));
}

void Svg::Circle(std::string_view css_class, Place centre, double radius) {
  fmt::format_to(std::back_inserter(out_), "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", css_class,
                 Number(centre.x), Number(centre.y), Number(radius));
}

void Svg::Path(std::string_view css_class, const PathData& path) {
  if (path.empty()) return;
  fmt::format_to(std::back_inserter(out_), "<path class=\"{}\" d=\"{}\"/>\n", css_class, path.data());
}

void Svg::Text(std::string_view css_class, Place at, Anchor anchor, std::string_view text) {
  const std::string where = anchor == Anchor::kStart ? "" : fmt::format(" text-anchor=\"{}\"", NameOf(anchor));
  fmt::format_to(std::back_inserter(out_), "<text class=\"{}\" x=\"{}\" y=\"{}\"{}>{}</text>\n", css_class,
                 Number(at.x), Number(at.y), where, Escaped(text));
}

std::string Svg::Take() && {
  out_ += "</svg>";
  return std::move(out_);
}

double WidthOf(std::string_view text) { return kCharacterWidth * static_cast<double>(ColumnsOf(text)); }

std::string Fitting(std::string_view text, double width) {
  const auto fits = std::max<std::size_t>(3, static_cast<std::size_t>(width / kCharacterWidth));
  const std::size_t columns = ColumnsOf(text);
  if (columns <= fits) return std::string(text);
  const std::size_t at_end = (fits - 1) * 2 / 5;
  const std::string_view head = text.substr(0, ByteOfColumn(text, fits - 1 - at_end));
  return std::string(head) + "…" + std::string(text.substr(ByteOfColumn(text, columns - at_end)));
}

}  // namespace inferometer::report::html
