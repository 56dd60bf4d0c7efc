#include "report/html/energy_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/html/number_text.h"
#include "report/html/palette.h"

namespace inferometer::report::html {
namespace {

constexpr double kPlotHeight = 280;
constexpr double kTop = 26;
constexpr double kLeft = 66;
constexpr double kMostLabelWidth = 340;  // of the names on wide pictures
constexpr double kLabelLine = 18;        // from the plot to its name
constexpr double kLabelHeight = 20;
constexpr double kMarkRadius = 6;
constexpr std::size_t kShapes = 4;

// Marks differ in colour and, for who does not see that, in shape.
void PutMark(std::size_t number, Place at, Svg& svg) {
  const std::string css_class = fmt::format("s{}", number % kSeriesColours);
  const double r = kMarkRadius;
  PathData shape;
  switch ((number + number / kSeriesColours) % kShapes) {
    case 0: svg.Circle(css_class, at, r); return;
    case 1: svg.Rectangle(css_class, {at.x - r + 0.5, at.y - r + 0.5}, {2 * r - 1, 2 * r - 1}); return;
    case 2:
      shape.MoveTo({at.x, at.y - r - 1}).LineTo({at.x + r + 1, at.y + r}).LineTo({at.x - r - 1, at.y + r}).Close();
      break;
    default:
      shape.MoveTo({at.x, at.y - r - 1.5}).LineTo({at.x + r + 1.5, at.y}).LineTo({at.x, at.y + r + 1.5});
      shape.LineTo({at.x - r - 1.5, at.y}).Close();
  }
  svg.Path(css_class, shape);
}

// Smallest and largest of all that is drawn.
struct Extent {
  Point low;
  Point high;
  void Add(Point p) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
};

Extent ExtentOf(const std::vector<EnergySpeed>& groups) {
  const Point first = {groups.front().tokens_per_second, groups.front().energy_mj};
  Extent extent{first, first};
  for (const EnergySpeed& group : groups) {
    const double half = group.uncertainty_mj.value_or(0);
    extent.Add({group.tokens_per_second, std::max(0.0, group.energy_mj - half)});
    extent.Add({group.tokens_per_second, group.energy_mj + half});
    for (const Point& inference : group.inferences) extent.Add(inference);
  }
  return extent;
}

double LabelWidthOf(const std::vector<EnergySpeed>& groups) {
  double widest = 0;
  for (const EnergySpeed& group : groups) widest = std::max(widest, WidthOf(group.label));
  return kLabelLine + std::min(widest, kMostLabelWidth);
}

std::string DescriptionOf(const std::vector<EnergySpeed>& groups) {
  std::string out;
  for (const EnergySpeed& group : groups) {
    out += fmt::format("{}: {} tokens/s, {} mJ", group.label, Figure(group.tokens_per_second), Figure(group.energy_mj));
    if (group.uncertainty_mj) out += " ± " + Figure(*group.uncertainty_mj);
    out += " an inference. ";
  }
  return out;
}

void PutGroup(std::size_t number, const EnergySpeed& group, const Chart& chart, Svg& svg) {
  const double x = chart.X(group.tokens_per_second);
  if (group.uncertainty_mj) {
    const double low = chart.Y(group.energy_mj - *group.uncertainty_mj);
    const double high = chart.Y(group.energy_mj + *group.uncertainty_mj);
    PathData bar;
    bar.MoveTo({x, low}).VerticalTo(high);
    for (const double end : {low, high}) bar.MoveTo({x - 5, end}).HorizontalTo(x + 5);
    svg.Path(fmt::format("w{}", number % kSeriesColours), bar);
  }
  PutMark(number, {x, chart.Y(group.energy_mj)}, svg);
}

// Names right of the plot, at the height of their marks as far as they do not run into each other, with a line to each.
void PutNamesBeside(const std::vector<EnergySpeed>& groups, const Chart& chart, Svg& svg) {
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return groups[a].energy_mj > groups[b].energy_mj; });
  double y = chart.top();
  double rest = kLabelHeight * static_cast<double>(groups.size());
  for (const std::size_t i : order) {
    const Place mark = chart.At(groups[i].tokens_per_second, groups[i].energy_mj);
    y = std::max(chart.top(), std::max(y, std::min(mark.y, chart.bottom() + kLabelHeight / 2 - rest)));
    PathData line;
    line.MoveTo({mark.x + kMarkRadius + 2, mark.y}).LineTo({chart.right() + 8, y}).HorizontalTo(chart.right() + 14);
    svg.Path("lead", line);
    svg.Text("t", {chart.right() + kLabelLine, y + 4}, Anchor::kStart, Fitting(groups[i].label, kMostLabelWidth));
    y += kLabelHeight;
    rest -= kLabelHeight;
  }
}

// Names under the plot, each behind its mark.
void PutNamesBelow(const std::vector<EnergySpeed>& groups, double top, Svg& svg) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double y = top + kLabelHeight * (static_cast<double>(i) + 0.5);
    PutMark(i, {kMarkRadius + 2, y}, svg);
    svg.Text("t", {3 * kMarkRadius + 2, y + 4}, Anchor::kStart, Fitting(groups[i].label, kNarrowWidth - 24));
  }
}

}  // namespace

std::string DrawEnergySpeed(const PictureText& text, const std::vector<EnergySpeed>& groups, Form form) {
  const Extent extent = ExtentOf(groups);
  const bool is_wide = form == Form::kWide;
  const Axis x = Axis::ForWide(extent.low.x, extent.high.x, Zero::kWhenNear, is_wide ? 8 : 5);
  const Axis y = Axis::ForWide(extent.low.y, extent.high.y, Zero::kWhenNear, 7);
  const double labels = kLabelHeight * static_cast<double>(groups.size());
  const double plot_height = is_wide ? std::max(kPlotHeight, labels) : kPlotHeight;
  const double plot_width = WidthIn(form) - kLeft - (is_wide ? LabelWidthOf(groups) : 12);
  const double height = kTop + plot_height + Chart::kXAxisHeight + 4 + (is_wide ? 0 : labels + 8);
  Svg svg(fmt::format("{}{}", text.id, SuffixOf(form)), {WidthIn(form), height}, text.title, DescriptionOf(groups));
  Chart chart(svg, {kLeft, kTop}, {plot_width, plot_height}, x, y);
  chart.YName("mJ an inference");
  chart.YGrid();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    PathData dots;
    for (const Point& inference : groups[i].inferences) dots.Dot(chart.At(inference.x, inference.y));
    svg.Path(fmt::format("d{}", i % kSeriesColours), dots);
  }
  if (is_wide) PutNamesBeside(groups, chart, svg);
  for (std::size_t i = 0; i < groups.size(); ++i) PutGroup(i, groups[i], chart, svg);
  chart.XAxis("tokens/s");
  if (!is_wide) PutNamesBelow(groups, chart.bottom() + Chart::kXAxisHeight + 8, svg);
  return std::move(svg).Take();
}

}  // namespace inferometer::report::html
