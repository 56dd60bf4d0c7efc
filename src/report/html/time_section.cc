#include "report/html/time_section.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"
#include "report/html/time_lines.h"

namespace inferometer::report::html {
namespace {

using Device = std::pair<std::string, std::string>;  // name, id

// The pictured groups of each device that have a time line.
std::map<Device, std::vector<std::size_t>> DevicesIn(const Report& report) {
  std::map<Device, std::vector<std::size_t>> devices;
  for (const auto& [place, series] : report.drawn.pictured()) {
    const analyze::GroupKey& key = report.groups()[place].key;
    if (series.time_line().count() > 0) devices[{key.device_name, key.device_id}].push_back(place);
  }
  return devices;
}

// "2025-10-07 10:30:15": what a reader of a page needs.
std::string SecondOf(WallTime time) {
  std::string text = base::FormatRfc3339(time).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string AnswerTo(const Report& report) {
  const auto& period = report.drawn.period();
  if (!period) return "<p>No inference has a time that is known.</p>";
  std::size_t without = 0;
  for (const auto& [ignored, series] : report.drawn.pictured()) without += series.without_time();
  std::string out =
      fmt::format("<p>Recorded from <b>{}</b> to <b>{}</b> UTC.", SecondOf(period->first), SecondOf(period->last));
  if (without > 0) {
    out += fmt::format(" {} began while the device's clock was not set, and {} on no time line.",
                       Counted(without, "inference", "inferences"), without == 1 ? "is" : "are");
  }
  return out + "</p>";
}

std::string RunsOf(const RunStarts& runs) {
  if (runs.too_many()) return fmt::format("more than {} runs, whose beginnings are not drawn", RunStarts::kMostRuns);
  if (runs.count() == 0) return "runs not recorded";
  return Counted(runs.count(), "run", "runs");
}

std::string CaptionOf(const Report& report, std::size_t place, const GroupSeries& series) {
  const TimeLine& line = series.time_line();
  std::string out = MarkupOf(report.labels[place]);
  out += fmt::format("<br>{}, {}. ", CountOf(line.count()), RunsOf(series.runs()));
  if (!line.is_sliced()) return out + "Each dot is an inference.";
  return out +
         fmt::format("Too many to draw each: a stroke goes from the smallest to the largest value of a slice of {}.",
                     Lasting(line.slice_length()));
}

void AppendDevice(const Report& report, const Device& device, const std::vector<std::size_t>& places,
                  HtmlWriter& html) {
  std::vector<Stretch> stretches;
  for (const std::size_t place : places) {
    const auto more = StretchesOf(report.drawn.pictured().at(place).time_line());
    stretches.insert(stretches.end(), more.begin(), more.end());
  }
  html.Markup("<h3>" + NameMarkup(device.first) + "</h3>\n");
  for (const std::size_t place : places) {
    const GroupSeries& series = report.drawn.pictured().at(place);
    const PictureText text = {fmt::format("time-line-{}", place), "Over time: " + report.LabelText(place), ""};
    AppendFigure(
        CaptionOf(report, place, series), [&](Form form) { return DrawTimeLine(text, series, stretches, form); }, html);
  }
}

void AppendTable(const Report& report, HtmlWriter& html) {
  HtmlTable table("table-time-lines", "What the time lines hold",
                  {"Model",
                   "Device",
                   "Inferences",
                   "Failed",
                   "Without a known time",
                   "Runs",
                   "Newest load (s)",
                   {"Drawn as", true}});
  for (const auto& [place, series] : report.drawn.pictured()) {
    const RunStarts& runs = series.runs();
    AddNames(report.labels[place], table);
    table.Number(static_cast<double>(series.time_line().count()), 0);
    table.Number(static_cast<double>(report.groups()[place].failed_inferences), 0);
    table.Number(static_cast<double>(series.without_time()), 0);
    const bool is_known = !runs.too_many() && runs.count() > 0;
    table.Number(is_known ? std::optional(static_cast<double>(runs.count())) : std::nullopt, 0,
                 runs.too_many() ? "more than 256" : "not recorded");
    table.Number(report.groups()[place].load_time_seconds, 2, "not recorded");
    table.Text(series.time_line().is_sliced() ? "slices of " + Lasting(series.time_line().slice_length())
                                              : "single inferences");
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

}  // namespace

Section TimeSection(const Report& report) {
  HtmlWriter body;
  AppendWhoIsMeant(report, body);
  body.Markup(
      "<p class=\"note\">Nothing joins the marks: where nothing was recorded nothing is drawn. A long gap is folded: a "
      "shaded band with its length above it. Dashed lines: a new run of the program, which loads the model "
      "anew. The pictures of one device share their axis of time.</p>\n");
  for (const auto& [device, places] : DevicesIn(report)) AppendDevice(report, device, places, body);
  AppendTable(report, body);
  return {"over-time", "Does it stay the same over time?", "Over time", AnswerTo(report), std::move(body).Take()};
}

}  // namespace inferometer::report::html
