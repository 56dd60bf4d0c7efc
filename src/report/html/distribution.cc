#include "report/html/distribution.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/chart.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

constexpr Place kCorner = {40, 34};
constexpr Size kPlot = {296, 96};
constexpr double kReferenceY = 28;  // the words above the plot

std::string DescriptionOf(const Histogram& histogram, const analyze::Spread& spread, std::string_view quantity) {
  std::string out =
      fmt::format("{} in {} bars from {} to {} {}; median {}", Counted(histogram.total(), "value", "values"),
                  histogram.counts().size(), Figure(spread.min), Figure(spread.max), quantity, Figure(spread.p50));
  if (spread.p95) out += ", 95 % up to " + Figure(*spread.p95);
  if (spread.p99) out += ", 99 % up to " + Figure(*spread.p99);
  const auto most = std::max_element(histogram.counts().begin(), histogram.counts().end());
  const auto bar = static_cast<std::size_t>(most - histogram.counts().begin());
  return fmt::format("{}. The highest bar, from {} to {}, holds {}.", out, Figure(histogram.EdgeOf(bar)),
                     Figure(histogram.EdgeOf(bar + 1)), *most);
}

// Bars beside each other leave a hair of the page between them.
void PutBars(const Histogram& histogram, const Chart& chart, Svg& svg) {
  constexpr double kGap = 0.8;
  PathData bars;
  const auto& counts = histogram.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    double left = chart.X(histogram.EdgeOf(i));
    double right = chart.X(histogram.EdgeOf(i + 1));
    if (right - left < 3) {  // all values are the same
      left -= 4;
      right += 4;
    }
    // What is there is seen, however high the others are.
    const double top = std::min(chart.Y(static_cast<double>(counts[i])), chart.bottom() - 1.2);
    bars.MoveTo({left + kGap / 2, chart.bottom()})
        .VerticalTo(top)
        .HorizontalTo(right - kGap / 2)
        .VerticalTo(chart.bottom())
        .Close();
  }
  svg.Path("bar", bars);
}

// Lines at the quantiles, each with its word where there is room left by those before.
void PutReferences(const analyze::Spread& spread, const Chart& chart, Svg& svg) {
  double taken_from = chart.left() - 1000;
  double taken_to = taken_from;
  const auto put = [&](const char* css_class, double value, const char* word) {
    const double x = chart.X(value);
    svg.Line(css_class, {x, kReferenceY + 3}, {x, chart.bottom()});
    const double half = WidthOf(word) / 2;
    const double at = std::clamp(x, chart.left() + half, chart.right() - half);
    if (at - half < taken_to && at + half > taken_from) return;
    svg.Text("q", {at, kReferenceY}, Anchor::kMiddle, word);
    taken_from = std::min(taken_from < 0 ? at - half : taken_from, at - half);
    taken_to = std::max(taken_to, at + half + 4);
  };
  put("median", spread.p50, "median");
  if (spread.p95) put("tail", *spread.p95, "p95");
  if (spread.p99) put("tail", *spread.p99, "p99");
}

// Counts are whole.
void PutCounts(const Axis& y, const Chart& chart, Svg& svg) {
  for (const Tick& tick : y.ticks()) {
    if (tick.label.find('.') != std::string::npos) continue;
    svg.Line("grid", {chart.left(), chart.Y(tick.at)}, {chart.right(), chart.Y(tick.at)});
    svg.Text("q", {chart.left() - 6, chart.Y(tick.at) + 4}, Anchor::kEnd, tick.label);
  }
}

}  // namespace

std::string DrawDistribution(const PictureText& text, const Histogram& histogram, const analyze::Spread& spread) {
  const auto most = *std::max_element(histogram.counts().begin(), histogram.counts().end());
  const Axis x = Axis::Exactly(histogram.low(), histogram.high(), 5);
  const Axis y = Axis::Linear(0, std::max(1.0, static_cast<double>(most)), Zero::kAlways, 4);
  const Size size{kNarrowWidth, kCorner.y + kPlot.height + Chart::kXAxisHeight};
  Svg svg(text.id, size, text.title, DescriptionOf(histogram, spread, text.quantity));
  Chart chart(svg, kCorner, kPlot, x, y);
  svg.Text("q", {0, 11}, Anchor::kStart, "inferences");
  PutCounts(y, chart, svg);
  PutBars(histogram, chart, svg);
  PutReferences(spread, chart, svg);
  // A histogram's axis of values needs no 0: its bars' lengths go the other way.
  chart.XAxis(text.quantity);
  return std::move(svg).Take();
}

}  // namespace inferometer::report::html
