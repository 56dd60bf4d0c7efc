#include "report/html/heat_section.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "report/html/heat_speed.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

HeatSpeed PointsOf(const GroupSeries& series) { return {series.cool().Points(), series.throttled().Points()}; }

// The range of all pictures of each device, by its id.
std::map<std::string, HeatRange> RangesOf(const Report& report) {
  std::map<std::string, HeatRange> ranges;
  for (const auto& [place, series] : report.drawn.pictured()) {
    const HeatSpeed points = PointsOf(series);
    HeatRange& range = ranges[report.groups()[place].key.device_id];
    range.Add(points.cool);
    range.Add(points.throttled);
  }
  return ranges;
}

std::string ThrottlingOf(const Heat& heat) {
  if (heat.told == 0) return "nothing there tells of throttling";
  if (heat.throttled == 0) return "never throttled";
  return fmt::format("<b>throttled in {} of {}</b>", Fixed(static_cast<double>(heat.throttled), 0),
                     Counted(heat.told, "inference", "inferences"));
}

std::string DegreesOf(const Heat& heat) {
  return fmt::format("{} to {} °C", Fixed(heat.coolest_c, 1), Fixed(heat.hottest_c, 1));
}

std::string AnswerTo(const Report& report) {
  constexpr std::size_t kMostInSentences = 4;
  std::string out;
  std::size_t said = 0;
  std::size_t measured = 0;
  for (const auto& [place, series] : report.drawn.pictured()) {
    if (series.heat().measured == 0) continue;
    if (++measured > kMostInSentences) continue;
    ++said;
    out += fmt::format("<p>{}: {}, {}.</p>", MarkupOf(report.labels[place]), DegreesOf(series.heat()),
                       ThrottlingOf(series.heat()));
  }
  if (measured == 0) return "<p>No temperature was measured.</p>";
  if (measured > said) out += fmt::format("<p>And {} more: see the table.</p>", measured - said);
  return out;
}

std::string CaptionOf(const Report& report, std::size_t place, const GroupSeries& series) {
  const std::size_t seen = series.cool().seen() + series.throttled().seen();
  const HeatSpeed points = PointsOf(series);
  const std::size_t drawn = points.cool.size() + points.throttled.size();
  std::string out = CardHead(report.labels[place], seen) + "<br>" + ThrottlingOf(series.heat());
  if (drawn < seen) out += fmt::format("; {} drawn, by lot, with the outermost", drawn);
  return out;
}

void AppendPictures(const Report& report, HtmlWriter& html) {
  const auto ranges = RangesOf(report);
  HtmlWriter cards;
  bool has_any = false;
  for (const auto& [place, series] : report.drawn.pictured()) {
    const HeatSpeed points = PointsOf(series);
    if (points.cool.empty() && points.throttled.empty()) continue;
    has_any = true;
    const PictureText text = {fmt::format("heat-{}", place), "Temperature against speed of " + report.LabelText(place),
                              ""};
    AppendCard(CaptionOf(report, place, series),
               DrawHeatSpeed(text, points, ranges.at(report.groups()[place].key.device_id)), cards);
  }
  if (!has_any) return;
  html.Markup(
      "<p class=\"note\">Dots are inferences; crosses are inferences during which the machine was throttled. Pictures "
      "of a device have the same axis of temperature; speed begins at 0. Sensors sit in different places: compare "
      "temperatures within a device "
      "only.</p>\n<div class=\"cards\">\n");
  html.Markup(std::move(cards).Take());
  html.Markup("</div>\n");
}

// Who measured no temperature at all.
void AppendAbsent(const Report& report, HtmlWriter& html) {
  std::string names;
  std::size_t with = 0;
  for (const auto& [place, series] : report.drawn.pictured()) {
    if (series.heat().measured > 0) {
      ++with;
    } else {
      names += (names.empty() ? "" : ", ") + MarkupOf(report.labels[place]);
    }
  }
  if (with == 0 || names.empty()) return;
  html.Markup("<p>No temperature was measured of " + names + ".</p>\n");
}

void AppendTable(const Report& report, HtmlWriter& html) {
  HtmlTable table("table-heat", "Temperature (°C) and throttling",
                  {"Model", "Device", "With temperature", "Coolest", "Hottest", "Says whether throttled", "Throttled"});
  for (const auto& [place, series] : report.drawn.pictured()) {
    const Heat& heat = series.heat();
    if (heat.measured == 0 && heat.told == 0) continue;
    const bool is_measured = heat.measured > 0;
    AddNames(report.labels[place], table);
    table.Number(static_cast<double>(heat.measured), 0);
    table.Number(is_measured ? std::optional(heat.coolest_c) : std::nullopt, 1);
    table.Number(is_measured ? std::optional(heat.hottest_c) : std::nullopt, 1);
    table.Number(static_cast<double>(heat.told), 0);
    table.Number(heat.told > 0 ? std::optional(static_cast<double>(heat.throttled)) : std::nullopt, 0, "not told");
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

}  // namespace

Section HeatSection(const Report& report) {
  HtmlWriter body;
  AppendWhoIsMeant(report, body);
  AppendAbsent(report, body);
  AppendPictures(report, body);
  AppendTable(report, body);
  return {"heat", "Does heat cost speed?", "Heat", AnswerTo(report), std::move(body).Take()};
}

}  // namespace inferometer::report::html
