#include "report/html/heat_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/html/chart.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

constexpr Place kCorner = {44, 30};
constexpr Size kPlot = {292, 150};
constexpr std::size_t kFew = 60;  // dots that may be larger

// The slowest and the fastest that is drawn.
std::pair<double, double> SpeedsOf(const HeatSpeed& heat) {
  const Point& first = heat.cool.empty() ? heat.throttled.front() : heat.cool.front();
  std::pair<double, double> speeds = {first.y, first.y};
  for (const auto* points : {&heat.cool, &heat.throttled}) {
    for (const Point& point : *points) {
      speeds = {std::min(speeds.first, point.y), std::max(speeds.second, point.y)};
    }
  }
  return speeds;
}

std::string DescriptionOf(const HeatSpeed& heat) {
  HeatRange own;
  own.Add(heat.cool);
  own.Add(heat.throttled);
  const auto [slowest, fastest] = SpeedsOf(heat);
  return fmt::format(
      "{} drawn: from {} to {} degrees C and from {} to {} tokens/s. {} throttled.",
      Counted(heat.cool.size() + heat.throttled.size(), "inference is", "inferences are"), Figure(own.coolest_c),
      Figure(own.hottest_c), Figure(slowest), Figure(fastest),
      heat.throttled.empty() ? "None of them was" : Counted(heat.throttled.size(), "of them was", "of them were"));
}

}  // namespace

void HeatRange::Add(const std::vector<Point>& points) {
  for (const Point& point : points) {
    coolest_c = has_any ? std::min(coolest_c, point.x) : point.x;
    hottest_c = has_any ? std::max(hottest_c, point.x) : point.x;
    has_any = true;
  }
}

std::string DrawHeatSpeed(const PictureText& text, const HeatSpeed& heat, const HeatRange& range) {
  const Axis x = Axis::Linear(range.coolest_c, range.hottest_c, Zero::kNever, 6);
  const Axis y = Axis::Linear(0, SpeedsOf(heat).second, Zero::kAlways, 5);
  const Size size{kNarrowWidth, kCorner.y + kPlot.height + Chart::kXAxisHeight};
  Svg svg(text.id, size, text.title, DescriptionOf(heat));
  Chart chart(svg, kCorner, kPlot, x, y);
  chart.YName("tokens/s");
  chart.YGrid();
  PathData dots;
  for (const Point& point : heat.cool) dots.Dot(chart.At(point.x, point.y));
  svg.Path(heat.cool.size() <= kFew ? "dots few" : "dots", dots);
  PathData crosses;
  for (const Point& point : heat.throttled) crosses.Cross(chart.At(point.x, point.y), 3);
  svg.Path("alarm", crosses);
  chart.XAxis("°C, the hottest of each inference");
  return std::move(svg).Take();
}

}  // namespace inferometer::report::html
