#include "report/html/page.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "report/html/comparison_section.h"
#include "report/html/energy_section.h"
#include "report/html/escape.h"
#include "report/html/heat_section.h"
#include "report/html/html_table.h"
#include "report/html/method_section.h"
#include "report/html/number_text.h"
#include "report/html/quantity_section.h"
#include "report/html/reading_section.h"
#include "report/html/section.h"
#include "report/html/style.h"
#include "report/html/time_section.h"

namespace inferometer::report::html {
namespace {

// In the order of the page; one without an id is left out.
using MakeSection = Section (*)(const Report&);
constexpr MakeSection kSections[] = {
    [](const Report& report) { return QuantitySection(report, kInferenceTime); },
    [](const Report& report) { return QuantitySection(report, kFirstToken); },
    [](const Report& report) { return QuantitySection(report, kSpeed); },
    EnergySection,
    ComparisonSection,
    HeatSection,
    TimeSection,
    [](const Report& report) { return QuantitySection(report, kMemory); },
    [](const Report& report) { return QuantitySection(report, kCpu); },
    ConditionsSection,
    ReadingSection,
    MethodSection,
};

std::string HeadingOf(const Report& report) {
  std::set<std::string> models;
  std::set<std::string> devices;
  for (const analyze::Group& group : report.groups()) {
    models.insert(group.key.model_name);
    devices.insert(group.key.device_id);
  }
  if (models.empty()) return "No inferences";
  return Counted(models.size(), "model", "models") + " on " + Counted(devices.size(), "device", "devices");
}

void AppendHead(const std::string& heading, HtmlWriter& html) {
  html.Markup(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
      "data:; "
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>Inferometer report: ");
  html.Text(heading);
  html.Markup("</title>\n<style>\n" + StyleSheet() + "</style>\n</head>\n");
}

void AppendContents(const std::vector<Section>& sections, HtmlWriter& html) {
  html.Markup("<nav aria-label=\"Contents\"><ol>\n");
  for (const Section& section : sections) {
    html.Markup(fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.name));
  }
  html.Markup("</ol></nav>\n");
}

std::optional<double> MedianOf(const analyze::Group& group, analyze::Block block) {
  const auto& spread = group.Of(block);
  return spread ? std::optional(spread->p50) : std::nullopt;
}

// One line a pair of model and device.
void AppendAtAGlance(const Report& report, HtmlWriter& html) {
  using analyze::Block;
  HtmlTable table("table-glance", "Medians of each model and device; energy: average",
                  {"Model", "Device", "n", "ms an inference", "ms to first token", "tokens/s", "mJ an inference", "±",
                   Column("Energy from", true), "MB"});
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    const analyze::Group& group = report.groups()[i];
    const auto& energy = group.Of(Block::kEnergy);
    const auto& uncertainty = group.energy_uncertainty;
    AddNames(report.labels[i], table);
    table.Number(static_cast<double>(group.total_inferences - group.failed_inferences), 0);
    for (const Block block : {Block::kInferenceTime, Block::kTimeToFirstToken, Block::kTokensPerSecond}) {
      table.Number(MedianOf(group, block), 1);
    }
    table.Number(energy ? std::optional(energy->avg) : std::nullopt, 1);
    table.Number(uncertainty ? std::optional(uncertainty->avg_mj) : std::nullopt, 1, energy ? "not known" : "");
    table.Text(group.key.energy_source.value_or(""));
    table.Number(MedianOf(group, Block::kMemoryUsage), 1);
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

// Each question with its answer in a sentence.
void AppendInShort(const Report& report, const std::vector<Section>& sections, HtmlWriter& html) {
  html.Markup("<section aria-labelledby=\"in-short\">\n<h2 id=\"in-short\">In short</h2>\n<dl class=\"answers\">\n");
  for (const Section& section : sections) {
    if (section.answer.empty()) continue;
    html.Markup(
        fmt::format("<dt><a href=\"#{}\">{}</a></dt><dd>{}</dd>\n", section.id, section.question, section.answer));
  }
  html.Markup("</dl>\n");
  AppendAtAGlance(report, html);
  if (report.compared == nullptr || report.compared->comparisons.empty()) {
    html.Markup(
        "<p class=\"note\">This page describes what was measured. Whether a difference is more than chance it does not "
        "judge; with --compare it does.</p>\n");
  }
  html.Markup("</section>\n");
}

void AppendSection(const Section& section, HtmlWriter& html) {
  html.Markup(
      fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n<div class=\"answer\">{2}</div>\n{3}"
                  "</section>\n",
                  section.id, section.question, section.answer, section.body));
}

}  // namespace

std::string Page(const PageInput& input) {
  const Report report = {input.analysis, input.drawn, input.costs, LabelsOf(input.analysis.groups), input.compared};
  std::vector<Section> sections;
  for (const MakeSection make : kSections) {
    Section section = make(report);
    if (!section.id.empty()) sections.push_back(std::move(section));
  }
  const std::string heading = HeadingOf(report);
  HtmlWriter html;
  AppendHead(heading, html);
  html.Markup(
      "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<p class=\"over\">Inferometer "
      "report</p>\n<h1>");
  html.Text(heading);
  html.Markup("</h1>\n");
  AppendContents(sections, html);
  html.Markup("</header>\n<main id=\"main\">\n");
  AppendInShort(report, sections, html);
  for (const Section& section : sections) AppendSection(section, html);
  html.Markup("</main>\n<footer><p>Made by ");
  html.Text(input.program);
  html.Markup(". This page loads nothing and holds no script.</p></footer>\n</body>\n</html>\n");
  return std::move(html).Take();
}

}  // namespace inferometer::report::html
