#include "report/html/comparison_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/comparison_table.h"
#include "report/html/escape.h"
#include "report/html/forest.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {
namespace {

using analyze::ArmComparison;
using analyze::GroupAnswer;
using analyze::GroupComparison;
using analyze::Verdict;

constexpr std::size_t kMostReasons = 60;
constexpr std::size_t kMostReasonBytes = 1000;  // values of fields stand in them

std::string_view MetricOf(const GroupComparison& one) { return analyze::kCompareMetrics[one.comparison.metric].name; }

// A group's name as it is printed: all of a page's texts from files are short.
std::string NameOfGroup(const GroupAnswer& compared, std::size_t group) { return ShortName(compared.groups[group]); }

bool WasCompared(const ArmComparison& one) { return one.verdict != Verdict::kNotComparable && one.ratio; }

std::string AnswerOf(const GroupAnswer& compared) {
  std::map<std::string_view, std::size_t> verdicts;
  for (const GroupComparison& one : compared.comparisons) {
    if (one.comparison.comparison.n[0] + one.comparison.comparison.n[1] > 0) ++verdicts[VerdictWord(one.comparison)];
  }
  std::string out = fmt::format("<p>Held against {}: ", NameMarkup(compared.groups.front()));
  bool is_first = true;
  for (const auto& [word, count] : verdicts) {
    out += fmt::format("{}<b>{}</b> {}", is_first ? "" : ", ", count, word);
    is_first = false;
  }
  return out + (is_first ? "nothing was measured.</p>" : ".</p>");
}

// One picture a metric that any group could be compared in.
void AppendPicture(const GroupAnswer& compared, std::size_t metric, HtmlWriter& html) {
  std::vector<RatioRow> rows;
  std::size_t least = 0;
  std::size_t most = 0;
  for (const GroupComparison& one : compared.comparisons) {
    const ArmComparison& found = one.comparison.comparison;
    if (one.comparison.metric != metric || !WasCompared(found)) continue;
    rows.push_back({NameOfGroup(compared, one.group), *found.ratio, found.interval,
                    std::string(VerdictWord(one.comparison)), found.verdict != Verdict::kUndecided});
    const auto [fewer, more] = std::minmax(found.n[0], found.n[1]);
    least = rows.size() == 1 ? fewer : std::min(least, fewer);
    most = std::max(most, more);
  }
  if (rows.empty()) return;
  const std::string name(analyze::kCompareMetrics[metric].name);
  const PictureText text = {"forest-" + name, fmt::format("{} of each group by that of the first", name),
                            "ratio of " + name};
  AppendFigure(
      fmt::format("<b>{}</b>, n from {} to {}", name, least, most),
      [&](Form form) { return DrawForest(text, rows, compared.rules.margin, form); }, html);
}

void AppendTable(const GroupAnswer& compared, HtmlWriter& html) {
  HtmlTable table(
      "table-compared", "Each group against the first",
      {"Metric", "Group", "n", "n of the first", "Ratio", "Interval from", "to", Column("Verdict", true), "p (Holm)"});
  for (const GroupComparison& one : compared.comparisons) {
    const ArmComparison& found = one.comparison.comparison;
    if (found.n[0] + found.n[1] == 0) continue;
    const auto bound = [&](double analyze::Interval::*end) {
      return found.interval ? std::optional(*found.interval.*end) : std::nullopt;
    };
    table.Name(MetricOf(one));
    table.Name(compared.groups[one.group]);
    table.Number(static_cast<double>(found.n[1]), 0);
    table.Number(static_cast<double>(found.n[0]), 0);
    table.Number(found.ratio, 3, "none");
    table.Number(bound(&analyze::Interval::low), 3, "none");
    table.Number(bound(&analyze::Interval::high), 3, "none");
    table.Text(VerdictWord(one.comparison));
    table.Text(found.p_adjusted ? analyze::ShownP(*found.p_adjusted) : "none");
  }
  if (!table.empty()) html.Markup(std::move(table).Take("`inferometer analyze --compare --format json` has every row"));
}

// Each reason once, with what it is of.
void AppendReasons(const GroupAnswer& compared, HtmlWriter& html) {
  std::map<std::string, std::map<std::string, std::string>> metrics;  // by reason and group
  std::vector<std::string> order;
  for (const GroupComparison& one : compared.comparisons) {
    const ArmComparison& found = one.comparison.comparison;
    if (found.n[0] + found.n[1] == 0) continue;
    const std::string reason = found.reason.substr(0, kMostReasonBytes);
    const auto [place, is_new] = metrics.try_emplace(reason);
    if (is_new) order.push_back(reason);
    std::string& of_group = place->second[NameOfGroup(compared, one.group)];
    of_group += fmt::format("{}{}", of_group.empty() ? "" : ", ", MetricOf(one));
  }
  html.Markup("<h3>Why</h3>\n<ul class=\"method\">\n");
  for (std::size_t i = 0; i < std::min(order.size(), kMostReasons); ++i) {
    std::string whom;
    for (const auto& [group, names] : metrics[order[i]]) {
      whom += fmt::format("{}{} ({})", whom.empty() ? "" : "; ", group, names);
    }
    html.Markup("<li>");
    html.Text(whom + ": " + order[i]);
    html.Markup(".</li>\n");
  }
  html.Markup("</ul>\n");
  if (order.size() > kMostReasons) {
    html.Paragraph(Counted(order.size() - kMostReasons, "more reason", "more reasons") +
                   " in `inferometer analyze --compare --format json`.");
  }
}

std::string FieldsOf(const GroupAnswer& compared) {
  std::string fields;
  for (const std::string& field : compared.by) fields += (fields.empty() ? "" : ", ") + field;
  return fields;
}

}  // namespace

Section ComparisonSection(const Report& report) {
  if (report.compared == nullptr || report.compared->comparisons.empty()) return {};
  const GroupAnswer& compared = *report.compared;
  HtmlWriter body;
  body.Paragraph(fmt::format(
      "Groups by {}; the first by name is what the others are held against. Only records of the same conditions are "
      "compared (quantisation, threads, flags and so on), by ranks; a false verdict comes in at most 5 % of the "
      "answers on one metric (Holm). Mark: ratio of the medians, hollow where undecided. Bar: its interval, by "
      "bootstrap "
      "with seed {}. Shaded: within {:g} %, which counts as the same.",
      FieldsOf(compared), compared.rules.seed, 100 * compared.rules.margin));
  for (std::size_t metric = 0; metric < analyze::kCompareMetrics.size(); ++metric) {
    AppendPicture(compared, metric, body);
  }
  AppendTable(compared, body);
  AppendReasons(compared, body);
  if (compared.left_out > 0) {
    body.Paragraph(Counted(compared.left_out, "more group is not compared.", "more groups are not compared."));
  }
  return {"compared", "Which differences are more than chance?", "Comparison", AnswerOf(compared),
          std::move(body).Take()};
}

}  // namespace inferometer::report::html
