#include "report/html/forest.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/number_text.h"
#include "report/html/row_layout.h"

namespace inferometer::report::html {
namespace {

constexpr double kMostDrawn = 10;

double Drawn(double ratio) { return std::clamp(ratio, 1 / kMostDrawn, kMostDrawn); }

std::string FigureOf(const RatioRow& row) { return Figure(row.ratio) + " " + row.verdict; }

std::string DescriptionOf(const std::vector<RatioRow>& rows, double margin) {
  std::string out =
      fmt::format("Ratios; from {} to {} counts as the same. ", Fixed(1 / (1 + margin), 3), Fixed(1 + margin, 3));
  for (const RatioRow& row : rows) {
    out += fmt::format("{}: {}", row.label, FigureOf(row));
    if (row.interval) out += fmt::format(", interval {} to {}", Figure(row.interval->low), Figure(row.interval->high));
    out += ". ";
  }
  return out;
}

Axis AxisOf(const std::vector<RatioRow>& rows, double margin, Form form) {
  double low = 1 / (1 + margin);
  double high = 1 + margin;
  for (const RatioRow& row : rows) {
    low = std::min({low, Drawn(row.ratio), Drawn(row.interval ? row.interval->low : row.ratio)});
    high = std::max({high, Drawn(row.ratio), Drawn(row.interval ? row.interval->high : row.ratio)});
  }
  return Axis::ForWide(low, high, Zero::kNever, form == Form::kWide ? 7 : 5);
}

void PutRow(const RatioRow& row, double y, const Chart& chart, Svg& svg) {
  if (row.interval) {
    const double left = chart.X(Drawn(row.interval->low));
    const double right = chart.X(Drawn(row.interval->high));
    PathData bar;
    bar.MoveTo({left, y}).HorizontalTo(right);
    for (const double end : {left, right}) bar.MoveTo({end, y - 5}).VerticalTo(y + 5);
    svg.Path("line", bar);
  }
  svg.Circle(row.is_decided ? "mark" : "hollow", {chart.X(Drawn(row.ratio)), y}, 5);
}

}  // namespace

std::string DrawForest(const PictureText& text, const std::vector<RatioRow>& rows, double margin, Form form) {
  std::vector<std::string> labels;
  std::vector<std::string> figures;
  for (const RatioRow& row : rows) {
    labels.push_back(row.label);
    figures.push_back(FigureOf(row));
  }
  const Axis x = AxisOf(rows, margin, form);
  const Axis y = Axis::Exactly(0, 1, 2);
  const RowLayout layout(form, rows.size(), WidestOf(labels), WidestOf(figures));
  Svg svg(fmt::format("{}{}", text.id, SuffixOf(form)), layout.picture(), text.title, DescriptionOf(rows, margin));
  Chart chart(svg, layout.plot_corner(), layout.plot_size(), x, y);
  const double left = chart.X(1 / (1 + margin));
  svg.Rectangle("same", {left, chart.top()}, {chart.X(1 + margin) - left, chart.bottom() - chart.top()});
  PutGrid(x, chart, svg);
  svg.Line("median", {chart.X(1), chart.top()}, {chart.X(1), chart.bottom()});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    layout.PutTexts(i, labels[i], figures[i], svg);
    PutRow(rows[i], layout.MarksAt(i), chart, svg);
  }
  chart.XAxis(text.quantity);
  return std::move(svg).Take();
}

}  // namespace inferometer::report::html
