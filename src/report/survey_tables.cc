#include "report/survey_tables.h"

#include <optional>
#include <string_view>

#include "report/table.h"
#include "report/terminal_text.h"

namespace inferometer::report {
namespace {

using probe::Publishable;

constexpr int kDecimals = 2;
constexpr double kUsPerMs = 1000;

Table FindingsTable(const probe::Survey& survey) {
  Table table("What can be measured here", {"For", "What", "State", "Cost us", "Step us", "Detail"});
  for (const probe::Finding& finding : survey.findings) {
    table.Text(NameOf(finding.group));
    table.Text(finding.name);
    table.Text(NameOf(finding.state));
    table.Number(finding.cost_us, kDecimals);
    const auto step_us = finding.step_ms ? std::optional(*finding.step_ms * kUsPerMs) : std::nullopt;
    table.Number(step_us, kDecimals);
    table.Text(finding.detail);
  }
  return table;
}

// Each command on a line of its own, so that it can be copied.
std::string NextSteps(const probe::Survey& survey) {
  std::string text;
  for (const probe::Finding& finding : survey.findings) {
    if (finding.next_steps.empty()) continue;
    text += TerminalText(finding.name) + ":\n";
    for (const std::string& step : finding.next_steps) text += "  " + TerminalText(step) + '\n';
  }
  return text.empty() ? text : "What to do for more\n" + text + '\n';
}

std::string_view Words(Publishable level) {
  switch (level) {
    case Publishable::kYes: return "yes";
    case Publishable::kWithCare: return "with care";
    case Publishable::kNo: return "no";
  }
  return "";
}

Table VerdictTable(const probe::Survey& survey) {
  Table table("Can figures from here be published?", {"Figure", "Publish", "Why"});
  for (const probe::Verdict& figure : survey.figures) {
    table.Text(figure.figure);
    table.Text(Words(figure.level));
    table.Text(figure.reason);
  }
  return table;
}

}  // namespace

std::string SurveyTables(const probe::Survey& survey) {
  std::string text = TerminalText(survey.machine) + "; " + TerminalText(survey.kernel) + "\n\n";
  text += FindingsTable(survey).Render(TableFormat::kText) + '\n';
  text += NextSteps(survey);
  text += VerdictTable(survey).Render(TableFormat::kText) + '\n';
  text += "Verdict: " + std::string(Words(survey.all.level)) + " (" + TerminalText(survey.all.reason) + ")\n";
  return text;
}

}  // namespace inferometer::report
