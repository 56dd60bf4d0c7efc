#include "report/html/strips.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/number_text.h"
#include "report/html/row_layout.h"

namespace inferometer::report::html {
namespace {

template <typename Rows>
std::vector<std::string> NamesOf(const Rows& rows) {
  std::vector<std::string> labels;
  labels.reserve(rows.size());
  for (const auto& row : rows) labels.push_back(row.label);
  return labels;
}

void PutStrip(const analyze::Spread& spread, double y, const Chart& chart, Svg& svg) {
  svg.Line("line", {chart.X(spread.min), y}, {chart.X(spread.max), y});
  if (spread.p95) svg.Line("span", {chart.X(spread.p50), y}, {chart.X(*spread.p95), y});
  svg.Circle("mark", {chart.X(spread.p50), y}, 5);
}

std::string DescriptionOf(const std::vector<Strip>& strips, std::string_view quantity) {
  std::string out = fmt::format("In {}. ", quantity);
  for (const Strip& strip : strips) {
    const analyze::Spread& spread = strip.spread;
    out += fmt::format("{}: median {}, smallest {}, largest {}, of {}. ", strip.label, Figure(spread.p50),
                       Figure(spread.min), Figure(spread.max), Counted(spread.count, "value", "values"));
  }
  return out;
}

std::string FigureOf(const Uncertain& row) {
  return row.uncertainty ? Figure(row.value) + " ± " + Figure(*row.uncertainty) : Figure(row.value);
}

}  // namespace

std::string DrawStrips(const PictureText& text, const std::vector<Strip>& strips, Form form) {
  double low = strips.front().spread.min;
  double high = strips.front().spread.max;
  std::vector<std::string> figures;
  for (const Strip& strip : strips) {
    low = std::min(low, strip.spread.min);
    high = std::max(high, strip.spread.max);
    figures.push_back(Figure(strip.spread.p50));
  }
  const Axis x = Axis::ForWide(low, high, Zero::kAlways, form == Form::kWide ? 7 : 5);
  const Axis y = Axis::Exactly(0, 1, 2);
  const RowLayout layout(form, strips.size(), WidestOf(NamesOf(strips)), WidestOf(figures));
  Svg svg(fmt::format("{}{}", text.id, SuffixOf(form)), layout.picture(), text.title,
          DescriptionOf(strips, text.quantity));
  Chart chart(svg, layout.plot_corner(), layout.plot_size(), x, y);
  PutGrid(x, chart, svg);
  for (std::size_t i = 0; i < strips.size(); ++i) {
    layout.PutTexts(i, strips[i].label, figures[i], svg);
    PutStrip(strips[i].spread, layout.MarksAt(i), chart, svg);
  }
  chart.XAxis(text.quantity);
  return std::move(svg).Take();
}

std::string DrawUncertain(const PictureText& text, const std::vector<Uncertain>& rows, Form form) {
  double high = 0;
  std::vector<std::string> figures;
  std::string description = fmt::format("In {}. ", text.quantity);
  for (const Uncertain& row : rows) {
    high = std::max(high, row.value + row.uncertainty.value_or(0));
    figures.push_back(FigureOf(row));
    description += row.label + ": " + figures.back() + ". ";
  }
  const Axis x = Axis::Linear(0, high, Zero::kAlways, form == Form::kWide ? 7 : 5);
  const Axis y = Axis::Exactly(0, 1, 2);
  const RowLayout layout(form, rows.size(), WidestOf(NamesOf(rows)), WidestOf(figures));
  Svg svg(fmt::format("{}{}", text.id, SuffixOf(form)), layout.picture(), text.title, description);
  Chart chart(svg, layout.plot_corner(), layout.plot_size(), x, y);
  PutGrid(x, chart, svg);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    layout.PutTexts(i, rows[i].label, figures[i], svg);
    const double at = layout.MarksAt(i);
    const double half = rows[i].uncertainty.value_or(0);
    const double left = chart.X(rows[i].value - half);
    const double right = chart.X(rows[i].value + half);
    if (half > 0) {
      PathData bar;
      bar.MoveTo({left, at}).HorizontalTo(right);
      for (const double end : {left, right}) bar.MoveTo({end, at - 5}).VerticalTo(at + 5);
      svg.Path("line", bar);
    }
    svg.Circle("mark", {chart.X(rows[i].value), at}, 5);
  }
  chart.XAxis(text.quantity);
  return std::move(svg).Take();
}

}  // namespace inferometer::report::html
