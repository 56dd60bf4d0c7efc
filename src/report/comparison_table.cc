#include "report/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace inferometer::report {
namespace {

using analyze::ArmComparison;
using analyze::MetricComparison;
using analyze::Verdict;

constexpr int kRatioDecimals = 3;

std::string MetricName(const MetricComparison& one) { return std::string(analyze::kCompareMetrics[one.metric].name); }

// Four significant digits, whatever the unit.
std::string Figure(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string MedianCell(const std::optional<analyze::MedianFigure>& median) {
  if (!median) return "-";
  if (!median->interval) return Figure(median->median);
  return fmt::format("{} ({} to {})", Figure(median->median), Figure(median->interval->low),
                     Figure(median->interval->high));
}

std::string RatioCell(const ArmComparison& comparison) {
  if (!comparison.ratio) return "-";
  const std::string ratio = fmt::format("{:.{}f}", *comparison.ratio, kRatioDecimals);
  if (!comparison.interval) return ratio;
  return fmt::format("{} ({:.3f} to {:.3f})", ratio, comparison.interval->low, comparison.interval->high);
}

std::string PCell(const ArmComparison& comparison) {
  if (!comparison.p_adjusted) return "-";
  const std::string shown = analyze::ShownP(*comparison.p_adjusted);
  return shown.starts_with("= ") ? shown.substr(2) : shown;
}

// Names of the facts in which strata differ.
std::set<std::string> DifferingFacts(const std::vector<MetricComparison>& all) {
  std::map<std::string, std::set<std::string>> values;
  for (const MetricComparison& one : all) {
    for (const auto& [name, value] : one.stratum) values[name].insert(value);
  }
  std::set<std::string> differing;
  for (const auto& [name, several] : values) {
    if (several.size() > 1) differing.insert(name);
  }
  return differing;
}

std::string TitleOf(const MetricComparison& one, const std::set<std::string>& differing) {
  if (one.stratum.empty()) return "B against A: medians and their ratio, with intervals";
  std::string title = "Only";
  for (const auto& [name, value] : one.stratum) {
    if (differing.contains(name)) title += fmt::format("{} {} {}", title.size() > 4 ? "," : "", name, value);
  }
  return title;
}

Table NewTable(const std::string& title) {
  return {title, {"metric", "n A", "n B", "A", "B", "B / A", "verdict", "p (Holm)"}};
}

void AddRow(const MetricComparison& one, Table& table) {
  const ArmComparison& comparison = one.comparison;
  table.Text(analyze::kCompareMetrics[one.metric].name);
  for (const std::size_t n : comparison.n) table.Number(static_cast<double>(n), 0);
  for (const auto& median : comparison.median) table.Text(MedianCell(median));
  table.Text(RatioCell(comparison));
  table.Text(VerdictWord(one));
  table.Text(PCell(comparison));
}

// Reasons with the metrics they are of, in the order in which they came; those with the same reason share a line.
class Reasons {
 public:
  // `group` is empty where there is only one pair.
  void Add(const std::string& reason, const std::string& group, const std::string& metric) {
    const auto found =
        std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.reason == reason; });
    Line& line = found == lines_.end() ? lines_.emplace_back(Line{reason, {}}) : *found;
    std::string& metrics = line.metrics[group];
    metrics += (metrics.empty() ? "" : ", ") + metric;
  }
  void AppendTo(TableFormat format, std::string& out) const {
    for (const Line& line : lines_) {
      std::string whom;
      for (const auto& [group, metrics] : line.metrics) {
        whom += whom.empty() ? "" : "; ";
        whom += group.empty() ? metrics : fmt::format("{} ({})", group, metrics);
      }
      out += fmt::format("{}: {}.\n", ShownAs(format, whom), ShownAs(format, line.reason));
      if (format == TableFormat::kMarkdown) out += '\n';
    }
  }

 private:
  struct Line {
    std::string reason;
    std::map<std::string, std::string> metrics;  // by group
  };
  std::vector<Line> lines_;
};

void AppendCount(std::string_view what, const std::array<std::size_t, 2>& counts, std::string& line) {
  if (counts[0] + counts[1] == 0) return;
  line += fmt::format("{}{} {} and {}", line.empty() ? "" : "; ", what, counts[0], counts[1]);
}

std::string CountsLine(const analyze::RunComparison& all) {
  std::string line;
  AppendCount("failed and not compared", all.failed, line);
  AppendCount("without a counterpart of the same stratum", all.unmatched, line);
  AppendCount("energies below resolution", all.below_resolution, line);
  for (const auto& [name, counts] : all.conditions) AppendCount(name + " (a stratum of its own)", counts, line);
  return line.empty() ? "" : "Records of A and of B: " + line + ".\n";
}

std::string MethodLine(const analyze::RunAnswer& answer) {
  std::string resampled;
  for (const MetricComparison& one : answer.comparison.comparisons) {
    if (!one.comparison.units) continue;
    resampled = NameOf(*one.comparison.units);
    break;
  }
  std::string line = fmt::format(
      "Verdicts: ranks, false for any at most 5 % of the time (Holm); margin {:g} %. Intervals: {} resamples{}{}, seed "
      "{}.\n",
      100 * answer.question.rules.margin, analyze::kResamples, resampled.empty() ? "" : " of ", resampled,
      answer.question.rules.seed);
  return line;
}

}  // namespace

std::string_view VerdictWord(const MetricComparison& one) {
  const analyze::CompareMetric& metric = analyze::kCompareMetrics[one.metric];
  const Verdict verdict = one.comparison.verdict;
  if (verdict == Verdict::kNotComparable) return "not comparable";
  if (!metric.is_speed || (verdict != Verdict::kLower && verdict != Verdict::kHigher)) return NameOf(verdict);
  const bool is_better = (verdict == Verdict::kLower) == (metric.better == analyze::Better::kLower);
  return is_better ? "faster" : "slower";
}

std::string RunAnswerTables(const analyze::RunAnswer& answer, TableFormat format) {
  const std::vector<MetricComparison>& all = answer.comparison.comparisons;
  std::string out =
      fmt::format("A: {}, {} records\nB: {}, {} records\n\n", ShownAs(format, answer.names[0]),
                  answer.comparison.records[0], ShownAs(format, answer.names[1]), answer.comparison.records[1]);
  const std::set<std::string> differing = DifferingFacts(all);
  std::vector<std::pair<std::string, Table>> tables;  // by title
  for (const MetricComparison& one : all) {
    const std::string title = TitleOf(one, differing);
    const auto same = [&](const auto& table) { return table.first == title; };
    auto found = std::find_if(tables.begin(), tables.end(), same);
    if (found == tables.end()) found = tables.insert(tables.end(), {title, NewTable(title)});
    AddRow(one, found->second);
  }
  for (const auto& [title, table] : tables) out += table.Render(format) + '\n';
  Reasons reasons;
  for (const MetricComparison& one : all) {
    if (one.stratum.empty()) reasons.Add(one.comparison.reason, "", MetricName(one));
  }
  reasons.AppendTo(format, out);
  out += '\n' + CountsLine(answer.comparison) + MethodLine(answer);
  if (answer.comparison.strata_left_out > 0) {
    out += fmt::format("{} comparisons within smaller strata are not shown.\n", answer.comparison.strata_left_out);
  }
  return out;
}

std::string GroupAnswerTables(const analyze::GroupAnswer& answer, TableFormat format) {
  std::string out;
  if (answer.comparisons.empty()) return out;
  Reasons reasons;
  for (std::size_t metric = 0; metric < analyze::kCompareMetrics.size(); ++metric) {
    Table table(fmt::format("{}: each against {}", analyze::kCompareMetrics[metric].name, answer.groups.front()),
                {"group", "n", "median", "first's median", "ratio", "verdict", "p (Holm)"});
    for (const analyze::GroupComparison& group : answer.comparisons) {
      const MetricComparison& one = group.comparison;
      if (one.metric != metric || one.comparison.n[0] + one.comparison.n[1] == 0) continue;
      table.Text(answer.groups[group.group]);
      table.Number(static_cast<double>(one.comparison.n[1]), 0);
      table.Text(MedianCell(one.comparison.median[1]));
      table.Text(MedianCell(one.comparison.median[0]));
      table.Text(RatioCell(one.comparison));
      table.Text(VerdictWord(one));
      table.Text(PCell(one.comparison));
      reasons.Add(one.comparison.reason, answer.groups[group.group], MetricName(one));
    }
    if (!table.empty()) out += '\n' + table.Render(format);
  }
  if (out.empty()) return out;
  out += '\n';
  reasons.AppendTo(format, out);
  if (answer.left_out > 0) out += fmt::format("{} more groups are not compared.\n", answer.left_out);
  return out;
}

}  // namespace inferometer::report
