#include "report/html/time_scale.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/html/svg.h"

namespace inferometer::report::html {
namespace {

using std::chrono::microseconds;

constexpr double kShareToFold = 0.25;
constexpr double kPixelsPerLabel = 84;
constexpr double kMargin = 6;  // so that dots at the ends stand clear of what is beside

struct Gap {
  WallTime from;
  WallTime to;
  [[nodiscard]] microseconds lasting() const { return to - from; }
};

std::vector<Gap> GapsOf(const std::vector<Stretch>& sorted) {
  std::vector<Gap> gaps;
  WallTime end = sorted.front().last;
  for (const Stretch& stretch : sorted) {
    if (stretch.first > end) gaps.push_back({end, stretch.first});
    end = std::max(end, stretch.last);
  }
  return gaps;
}

// Those to be folded, by time.
std::vector<Gap> ToFold(std::vector<Gap> gaps, microseconds whole) {
  std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) { return a.lasting() > b.lasting(); });
  std::vector<Gap> folded;
  for (const Gap& gap : gaps) {
    const double share = static_cast<double>(gap.lasting().count()) / static_cast<double>(whole.count());
    if (share <= kShareToFold || folded.size() == TimeScale::kMostFolds) break;
    folded.push_back(gap);
    whole -= gap.lasting();
  }
  std::sort(folded.begin(), folded.end(), [](const Gap& a, const Gap& b) { return a.from < b.from; });
  return folded;
}

// The smallest round step of at least `least`.
microseconds RoundStep(microseconds least) {
  using namespace std::chrono_literals;
  constexpr microseconds kSteps[] = {1s, 2s, 5s, 10s, 15s, 30s, 1min, 2min, 5min, 10min, 15min, 30min,
                                     1h, 2h, 3h, 6h,  12h, 24h, 48h,  168h, 336h, 720h,  2160h, 4320h};
  const auto step = std::find_if(std::begin(kSteps), std::end(kSteps), [&](microseconds one) { return one >= least; });
  if (step != std::end(kSteps)) return *step;
  constexpr microseconds kYear = 8760h;
  return kYear * ((least.count() + kYear.count() - 1) / kYear.count());
}

std::string LabelOf(WallTime time, microseconds step, bool with_date) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  const std::string date_text = fmt::format("{}-{:02}-{:02}", static_cast<int>(date.year()),
                                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (step >= days(1)) return date_text;
  std::string text = fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
  if (step < minutes(1)) text += fmt::format(":{:02}", clock.seconds().count());
  return with_date ? date_text.substr(5) + " " + text : text;
}

// Leaves out ticks whose labels would run into each other, of two rather the one without a date.
std::vector<TimeTick> WithRoom(std::vector<TimeTick> ticks) {
  constexpr double kBetween = 8;
  std::vector<TimeTick> kept;
  for (TimeTick& tick : ticks) {
    const auto collides = [&] {
      const double half = (WidthOf(kept.back().label) + WidthOf(tick.label)) / 2;
      return tick.x - kept.back().x < half + kBetween;
    };
    while (!kept.empty() && tick.has_date && !kept.back().has_date && collides()) kept.pop_back();
    if (kept.empty() || !collides()) kept.push_back(std::move(tick));
  }
  return kept;
}

}  // namespace

TimeScale::TimeScale(std::vector<Stretch> stretches, double width) {
  std::sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
  WallTime begin = stretches.front().first;
  WallTime end = stretches.front().last;
  for (const Stretch& stretch : stretches) end = std::max(end, stretch.last);
  if (begin == end) {
    begin -= std::chrono::seconds(1);
    end += std::chrono::seconds(1);
  }
  const std::vector<Gap> folded = ToFold(GapsOf(stretches), end - begin);
  microseconds drawn = end - begin;
  for (const Gap& gap : folded) drawn -= gap.lasting();
  const double parts = static_cast<double>(folded.size()) + 1;
  const double room = width - kFoldWidth * static_cast<double>(folded.size());
  margin_ = drawn.count() == 0 ? room / parts / 2 : kMargin;
  pixels_per_us_ = (room - 2 * margin_ * parts) / static_cast<double>(std::max<std::int64_t>(drawn.count(), 1));
  double x = 0;
  const auto add_part = [&](WallTime to) {
    const double right = x + 2 * margin_ + pixels_per_us_ * static_cast<double>((to - begin).count());
    parts_.push_back({begin, to, x, right});
    x = right;
  };
  for (const Gap& gap : folded) {
    add_part(gap.from);
    folds_.push_back({x, x + kFoldWidth, gap.lasting()});
    x += kFoldWidth;
    begin = gap.to;
  }
  add_part(end);
}

double TimeScale::Place(WallTime time) const {
  double before = 0;
  for (const Part& part : parts_) {
    if (time < part.first) return (before + part.left) / 2;
    if (time <= part.last) {
      return part.left + margin_ + pixels_per_us_ * static_cast<double>((time - part.first).count());
    }
    before = part.right;
  }
  return before;
}

microseconds TimeScale::MicrosecondsOf(double pixels) const {
  return pixels_per_us_ > 0 ? microseconds(static_cast<std::int64_t>(pixels / pixels_per_us_)) : microseconds(0);
}

std::vector<TimeTick> TimeScale::Ticks() const {
  const microseconds step = RoundStep(MicrosecondsOf(kPixelsPerLabel));
  std::vector<TimeTick> ticks;
  for (const Part& part : parts_) AddTicks(part, step, ticks);
  return WithRoom(std::move(ticks));
}

// A part without a round moment gets a tick at its beginning.
void TimeScale::AddTicks(const Part& part, microseconds step, std::vector<TimeTick>& ticks) const {
  const std::int64_t first = (part.first.time_since_epoch().count() + step.count() - 1) / step.count();
  std::set<std::chrono::sys_days> days;
  const auto add = [&](WallTime time, microseconds precision) {
    const bool is_new_day = days.insert(std::chrono::floor<std::chrono::days>(time)).second;
    ticks.push_back({Place(time), LabelOf(time, precision, is_new_day), is_new_day});
  };
  for (std::int64_t i = first; WallTime(i * step) <= part.last; ++i) add(WallTime(i * step), step);
  if (days.empty()) add(part.first, std::chrono::seconds(1));
}

}  // namespace inferometer::report::html
