#include "report/html/reading_section.h"

#include <fmt/format.h>

#include <optional>

#include "report/html/escape.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

constexpr std::size_t kMostNamed = 50;  // damaged files, disagreements

std::string ValuesOf(const std::set<std::string>& values) {
  std::string text;
  std::size_t said = 0;
  for (const std::string& value : values) {
    if (++said > Conditions::kMostValues) return text + ", and more";
    text += (text.empty() ? "" : ", ") + ShortName(value);
  }
  return text;
}

// The conditions that some group has.
std::vector<std::size_t> KnownConditions(const Report& report) {
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < kConditions.size(); ++i) {
    for (const auto& [ignored, series] : report.drawn.pictured()) {
      if (series.conditions().Of(i).empty()) continue;
      known.push_back(i);
      break;
    }
  }
  return known;
}

void AppendDamage(const analyze::Analysis& analysis, HtmlWriter& html) {
  if (analysis.damaged.empty()) return;
  html.Markup(fmt::format("<p><b>{} left out</b>, since damaged:</p>\n<ul>\n",
                          Counted(analysis.damaged.size(), "file was", "files were")));
  for (std::size_t i = 0; i < analysis.damaged.size() && i < kMostNamed; ++i) {
    const analyze::Damage& damage = analysis.damaged[i];
    html.Markup("<li>" + NameMarkup(damage.file) + ": ");
    html.Text(damage.error.substr(0, 500));
    html.Markup("</li>\n");
  }
  html.Markup("</ul>\n");
  if (analysis.damaged.size() > kMostNamed) {
    html.Markup(fmt::format("<p>And {} more.</p>\n", analysis.damaged.size() - kMostNamed));
  }
}

void AppendDisagreements(const analyze::Analysis& analysis, HtmlWriter& html) {
  if (analysis.disagreements.empty()) return;
  HtmlTable table("table-disagreements", "Summary blocks that differ from their records; the records count",
                  {"File", {"Figure", true}, "In the summary", "From the records"}, 1);
  for (std::size_t i = 0; i < analysis.disagreements.size() && i < kMostNamed; ++i) {
    const analyze::Disagreement& one = analysis.disagreements[i];
    table.Name(one.file);
    table.Text(one.field);
    table.Number(one.summary, 3);
    table.Number(one.records, 3, "nothing");
  }
  html.Markup(std::move(table).Take(kAllRows));
  if (analysis.disagreements.size() > kMostNamed) {
    html.Markup(fmt::format("<p>And {} more.</p>\n", analysis.disagreements.size() - kMostNamed));
  }
}

// Flags say what makes a record unfit to compare.
void AppendFlags(const Report& report, HtmlWriter& html) {
  AppendWhoIsMeant(report, html);
  HtmlTable table("table-flags", "Flagged inferences", {"Model", "Device", {"Flag", true}, "Inferences", "Of"});
  for (const auto& [place, series] : report.drawn.pictured()) {
    for (const auto& [flag, count] : series.flags()) {
      AddNames(report.labels[place], table);
      table.Text(flag);
      table.Number(static_cast<double>(count), 0);
      table.Number(static_cast<double>(report.groups()[place].total_inferences), 0);
    }
  }
  if (table.empty()) {
    html.Paragraph("No inference has a flag: nothing was seen that makes one unfit to compare.");
    return;
  }
  html.Paragraph("A flag says what makes an inference unfit to compare. Flagged ones are in all figures of this page.");
  html.Markup(std::move(table).Take(kAllRows));
}

std::string FailuresOf(std::size_t failed) {
  if (failed == 0) return "none failed";
  return fmt::format("{} failed and {} in no average", Fixed(static_cast<double>(failed), 0),
                     failed == 1 ? "is" : "are");
}

std::string AnswerTo(const Report& report) {
  std::size_t total = 0;
  std::size_t failed = 0;
  for (const analyze::Group& group : report.groups()) {
    total += group.total_inferences;
    failed += group.failed_inferences;
  }
  std::string out = fmt::format("<p>{} in {}; {}.", Counted(total, "inference", "inferences"),
                                Counted(report.analysis.files_read, "file", "files"), FailuresOf(failed));
  if (!report.analysis.damaged.empty()) {
    out += fmt::format(" <b>{} left out.</b>",
                       Counted(report.analysis.damaged.size(), "damaged file was", "damaged files were"));
  }
  if (report.drawn.records() != total) {
    out += fmt::format(" The pictures hold {}: some came while the page was made, or stand in a damaged file.",
                       Fixed(static_cast<double>(report.drawn.records()), 0));
  }
  return out + "</p>";
}

}  // namespace

Section ConditionsSection(const Report& report) {
  const std::vector<std::size_t> known = KnownConditions(report);
  HtmlWriter body;
  AppendWhoIsMeant(report, body);
  if (!known.empty()) {
    std::vector<Column> header = {"Model", "Device"};
    for (const std::size_t i : known) header.emplace_back(kConditions[i].name, true);
    HtmlTable table("table-conditions", "Machine, engine and model file, as the files say", header);
    for (const auto& [place, series] : report.drawn.pictured()) {
      AddNames(report.labels[place], table);
      for (const std::size_t i : known) {
        const std::string values = ValuesOf(series.conditions().Of(i));
        table.Text(values.empty() ? "not recorded" : values);
      }
    }
    body.Markup(std::move(table).Take(kAllRows));
  }
  const char* answer = known.empty() ? "<p>The files do not say.</p>"
                                     : "<p>Figures hold for the machine, engine and settings they were measured "
                                       "with.</p>";
  return {"conditions", "Under which conditions was it measured?", "Conditions", answer, std::move(body).Take()};
}

Section ReadingSection(const Report& report) {
  HtmlWriter body;
  AppendDamage(report.analysis, body);
  AppendDisagreements(report.analysis, body);
  AppendFlags(report, body);
  return {"read", "What was read, and what was left out?", "What was read", AnswerTo(report), std::move(body).Take()};
}

}  // namespace inferometer::report::html
