#include "report/html/time_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/timestamp.h"
#include "report/html/axis.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

constexpr double kLeft = 58;
constexpr double kRight = 8;
constexpr double kTop = 18;        // the lengths of folded gaps stand there
constexpr double kRowHeight = 88;  // with the row's name
constexpr double kPlotHeight = 60;
constexpr double kNameHeight = 18;
constexpr double kEventHeight = 16;
constexpr std::size_t kFew = 120;  // dots that may be larger
constexpr const char* kRowNames[kRows] = {"inference time, ms", "generation, tokens/s", "temperature, °C"};

// One value or range of a row at its time.
struct Mark {
  WallTime from;
  WallTime to;
  double least;
  double most;
};

std::vector<Mark> MarksOf(const TimeLine& line, std::size_t row) {
  std::vector<Mark> marks;
  for (const Moment& moment : line.moments()) {
    if (const auto& value = moment.values[row]) marks.push_back({moment.time, moment.time, *value, *value});
  }
  for (const Slice& slice : line.Slices()) {
    if (const auto& range = slice.ranges[row]) marks.push_back({slice.first, slice.last, range->least, range->most});
  }
  return marks;
}

// The times at which `happened` says that something did.
template <typename OfMoment, typename OfSlice>
std::vector<WallTime> TimesOf(const TimeLine& line, OfMoment of_moment, OfSlice of_slice) {
  std::vector<WallTime> times;
  for (const Moment& moment : line.moments()) {
    if (of_moment(moment)) times.push_back(moment.time);
  }
  for (const Slice& slice : line.Slices()) {
    if (of_slice(slice)) times.push_back(slice.first + (slice.last - slice.first) / 2);
  }
  return times;
}

// One picture while it is drawn.
class TimePicture {
 public:
  TimePicture(const PictureText& text, const GroupSeries& series, const std::vector<Stretch>& stretches, Form form)
      : series_(series),
        scale_(stretches, WidthIn(form) - kLeft - kRight),
        failed_(TimesOf(
            series.time_line(), [](const Moment& m) { return m.failed; }, [](const Slice& s) { return s.failed > 0; })),
        throttled_(TimesOf(
            series.time_line(), [](const Moment& m) { return m.throttled; },
            [](const Slice& s) { return s.throttled > 0; })),
        right_(WidthIn(form) - kRight),
        svg_(fmt::format("{}{}", text.id, SuffixOf(form)), {WidthIn(form), Bottom() + Chart::kXAxisHeight}, text.title,
             Description()) {}

  std::string Draw() && {
    PutFolds();
    PutRuns();
    double top = kTop;
    for (std::size_t row = 0; row < kRows; ++row) {
      if (!series_.time_line().Has(static_cast<Row>(row))) continue;
      PutRow(row, top);
      top += kRowHeight;
    }
    PutEvents("failed", failed_, top);
    PutEvents("throttled", throttled_, top);
    PutAxis();
    return std::move(svg_).Take();
  }

 private:
  [[nodiscard]] double Bottom() const {
    double bottom = kTop;
    for (std::size_t row = 0; row < kRows; ++row) {
      if (series_.time_line().Has(static_cast<Row>(row))) bottom += kRowHeight;
    }
    return bottom + (failed_.empty() ? 0 : kEventHeight) + (throttled_.empty() ? 0 : kEventHeight);
  }

  [[nodiscard]] std::string Description() const {
    const TimeLine& line = series_.time_line();
    std::string out = Counted(line.count(), "inference", "inferences") + " over time. ";
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::vector<Mark> marks = MarksOf(line, row);
      if (marks.empty()) continue;
      double least = marks.front().least;
      double most = marks.front().most;
      for (const Mark& mark : marks) {
        least = std::min(least, mark.least);
        most = std::max(most, mark.most);
      }
      out += fmt::format("{}: from {} to {}. ", kRowNames[row], Figure(least), Figure(most));
    }
    if (!failed_.empty()) out += "Some failed. ";
    if (!throttled_.empty()) out += "Some were throttled. ";
    if (series_.runs().count() > 1) out += Counted(series_.runs().count(), "run", "runs") + " of the program. ";
    for (const Fold& fold : scale_.folds()) out += "A gap of " + Lasting(fold.lasting) + " is folded. ";
    return out;
  }

  [[nodiscard]] double X(WallTime time) const { return kLeft + scale_.Place(time); }

  void PutRow(std::size_t row, double top) {
    const std::vector<Mark> marks = MarksOf(series_.time_line(), row);
    double least = marks.front().least;
    double most = marks.front().most;
    for (const Mark& mark : marks) {
      least = std::min(least, mark.least);
      most = std::max(most, mark.most);
    }
    const bool is_temperature = static_cast<Row>(row) == Row::kTemperatureC;
    const Axis y =
        is_temperature ? Axis::Linear(least, most, Zero::kNever, 4) : Axis::ForWide(least, most, Zero::kWhenNear, 4);
    const Axis x = Axis::Exactly(0, 1, 2);  // the time scale stands in its place
    Chart chart(svg_, {kLeft, top + kNameHeight}, {right_ - kLeft, kPlotHeight}, x, y);
    svg_.Text("q", {0, top + 10}, Anchor::kStart, WithRemark(kRowNames[row], y));
    chart.YGrid();
    PutMarks(marks, chart);
  }

  void PutMarks(const std::vector<Mark>& marks, const Chart& chart) {
    PathData path;
    for (const Mark& mark : marks) {
      const double x = X(mark.from + (mark.to - mark.from) / 2);
      if (mark.least == mark.most) {
        path.Dot({x, chart.Y(mark.least)});
      } else {
        path.MoveTo({x, chart.Y(mark.least)}).VerticalTo(chart.Y(mark.most));
      }
    }
    svg_.Path(series_.time_line().is_sliced() ? "line" : marks.size() <= kFew ? "dots few" : "dots", path);
  }

  void PutEvents(const char* name, const std::vector<WallTime>& times, double& top) {
    if (times.empty()) return;
    PathData crosses;
    double last = -1;
    for (const WallTime time : times) {
      if (X(time) - last < 1) continue;  // nobody could tell the two apart
      last = X(time);
      crosses.Cross({last, top + 7}, 2.5);
    }
    svg_.Text("q", {0, top + 11}, Anchor::kStart, name);
    svg_.Path("alarm", crosses);
    top += kEventHeight;
  }

  void PutFolds() {
    double free_from = 0;
    for (const Fold& fold : scale_.folds()) {
      const double left = kLeft + fold.left;
      const double right = kLeft + fold.right;
      svg_.Rectangle("gap", {left, kTop}, {right - left, Bottom() - kTop});
      PathData edges;
      for (const double x : {left, right}) edges.MoveTo({x, kTop}).VerticalTo(Bottom());
      svg_.Path("fold", edges);
      const std::string lasting = Lasting(fold.lasting);
      const double half = WidthOf(lasting) / 2;
      const double middle = (left + right) / 2;
      if (middle - half < free_from) continue;  // the picture's description has it
      svg_.Text("q", {middle, kTop - 6}, Anchor::kMiddle, lasting);
      free_from = middle + half;
    }
  }

  // The first run's beginning is the line's.
  void PutRuns() {
    PathData lines;
    bool is_first = true;
    for (const WallTime start : series_.runs().Starts()) {
      if (!is_first) lines.MoveTo({X(start) - 3, kTop}).VerticalTo(Bottom());
      is_first = false;
    }
    svg_.Path("run", lines);
  }

  void PutAxis() {
    const double y = Bottom();
    svg_.Line("axis", {kLeft, y}, {right_, y});
    double free_from = 0;
    for (const TimeTick& tick : scale_.Ticks()) {
      const double x = kLeft + tick.x;
      const double half = WidthOf(tick.label) / 2;
      const double middle = std::min(x, right_ - half);
      svg_.Line("axis", {x, y}, {x, y + 4});
      if (middle - half < free_from) continue;
      svg_.Text("q", {middle, y + 16}, Anchor::kMiddle, tick.label);
      free_from = middle + half + 4;
    }
    svg_.Text("q", {right_, y + 31}, Anchor::kEnd, "UTC");
  }

  const GroupSeries& series_;
  const TimeScale scale_;
  const std::vector<WallTime> failed_;
  const std::vector<WallTime> throttled_;
  const double right_;
  Svg svg_;  // last: what it says is computed from all above
};

}  // namespace

std::vector<Stretch> StretchesOf(const TimeLine& line) {
  std::vector<Stretch> stretches;
  for (const Moment& moment : line.moments()) stretches.push_back({moment.time, moment.time});
  for (const Slice& slice : line.Slices()) stretches.push_back({slice.first, slice.last});
  return stretches;
}

std::string DrawTimeLine(const PictureText& text, const GroupSeries& series, const std::vector<Stretch>& stretches,
                         Form form) {
  return TimePicture(text, series, stretches, form).Draw();
}

}  // namespace inferometer::report::html
