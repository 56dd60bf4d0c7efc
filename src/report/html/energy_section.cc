#include "report/html/energy_section.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <tuple>

#include "report/html/energy_speed.h"
#include "report/html/escape.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"
#include "report/html/quantity_section.h"
#include "report/html/strips.h"

namespace inferometer::report::html {
namespace {

using analyze::Block;
using analyze::Estimate;
using analyze::Group;
using analyze::GroupKey;

constexpr const char* kModelled = "model";
constexpr std::size_t kMostClouds = 6;  // groups whose single inferences can be told apart in one picture
constexpr Quantity kEnergy = {Block::kEnergy,
                              "energy",
                              "How much energy does an inference take?",
                              "Energy",
                              "mJ an inference",
                              "mJ",
                              "No energy was measured.",
                              1,
                              true};

// What energies must have in common to stand in one picture.
using Kind = std::tuple<std::string, std::optional<std::string>, std::string>;

Kind KindOf(const GroupKey& key) {
  const bool is_modelled = key.energy_source == kModelled;
  return {key.energy_source.value_or(""), key.energy_scope, is_modelled ? key.device_id : ""};
}

// The places of the groups with an energy, by kind.
std::map<Kind, std::vector<std::size_t>> KindsIn(const Report& report) {
  std::map<Kind, std::vector<std::size_t>> kinds;
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    const Group& group = report.groups()[i];
    if (group.Of(Block::kEnergy)) kinds[KindOf(group.key)].push_back(i);
  }
  return kinds;
}

// HTML: "by rapl, covering: package".
std::string HeadingOf(const GroupKey& key) {
  std::string out = "Energy <bdi>" + Escaped(EnergyKindOf(key)) + "</bdi>";
  if (key.energy_source == kModelled) out += ", on " + NameMarkup(key.device_name);
  return out;
}

std::string FigureOf(const Group& group) {
  const std::string average = Figure(group.Of(Block::kEnergy)->avg);
  if (!group.energy_uncertainty) return fmt::format("<b>{} mJ</b> (uncertainty not known)", average);
  return fmt::format("<b>{} ± {} mJ</b>", average, Figure(group.energy_uncertainty->avg_mj));
}

std::string AnswerOf(const Report& report, const std::vector<std::size_t>& places) {
  constexpr std::size_t kMostNamed = 3;
  std::string out = "<p>" + HeadingOf(report.groups()[places.front()].key) + ":</p>";
  for (std::size_t i = 0; i < places.size() && i < kMostNamed; ++i) {
    const Group& group = report.groups()[places[i]];
    out += fmt::format("<p>{}: {} on average ({})</p>", MarkupOf(report.labels[places[i]]), FigureOf(group),
                       CountOf(group.Of(Block::kEnergy)->count));
  }
  if (places.size() > kMostNamed) out += fmt::format("<p>and {} more.</p>", places.size() - kMostNamed);
  return out;
}

std::string AnswerTo(const Report& report) {
  constexpr std::size_t kMostKinds = 6;
  const auto kinds = KindsIn(report);
  if (kinds.empty()) return fmt::format("<p>{}</p>", kEnergy.absent);
  std::string out;
  std::size_t said = 0;
  for (const auto& [ignored, places] : kinds) {
    if (++said > kMostKinds) break;
    out += AnswerOf(report, places);
  }
  if (kinds.size() > kMostKinds) out += fmt::format("<p>And {} more kinds of energy.</p>", kinds.size() - kMostKinds);
  return out;
}

std::vector<std::size_t> Pictured(const Report& report, const std::vector<std::size_t>& places) {
  std::vector<std::size_t> pictured;
  for (const std::size_t place : places) {
    if (report.drawn.pictured().contains(place)) pictured.push_back(place);
  }
  return pictured;
}

std::optional<double> UncertaintyMj(const Group& group) {
  return group.energy_uncertainty ? std::optional(group.energy_uncertainty->avg_mj) : std::nullopt;
}

void AppendUncertain(const Report& report, const std::vector<std::size_t>& places, std::size_t number,
                     HtmlWriter& html) {
  const std::vector<std::string> labels = report.ShortLabels(places);
  std::vector<Uncertain> rows;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Group& group = report.groups()[places[i]];
    rows.push_back({labels[i], group.Of(Block::kEnergy)->avg, UncertaintyMj(group)});
  }
  const PictureText text = {fmt::format("energies-{}", number), "Average energy of an inference, with its uncertainty",
                            "mJ an inference"};
  AppendFigure(
      "Dot: average. Bar: the interval that holds the true average at about 95 %; it does not shrink with n, "
      "since the source errs the same way in every record.",
      [&](Form form) { return DrawUncertain(text, rows, form); }, html);
}

std::string CloudCaption(const std::vector<EnergySpeed>& drawn, std::size_t seen, bool with_clouds) {
  std::string out =
      "Energy of an inference against the speed of generation. Large marks: averages, with the uncertainty of "
      "the energy as a bar. ";
  if (!with_clouds) return out + "Single inferences are left out where there are more than six groups.";
  std::size_t dots = 0;
  for (const EnergySpeed& group : drawn) dots += group.inferences.size();
  if (dots == seen) return out + fmt::format("Faint dots: {}.", Counted(seen, "inference", "inferences"));
  return out + fmt::format("Faint dots: {} of {} inferences, drawn by lot, with the outermost of each group.",
                           Fixed(static_cast<double>(dots), 0), Fixed(static_cast<double>(seen), 0));
}

void AppendEnergySpeed(const Report& report, const std::vector<std::size_t>& places, std::size_t number,
                       HtmlWriter& html) {
  std::vector<EnergySpeed> drawn;
  std::size_t seen = 0;
  const bool with_clouds = places.size() <= kMostClouds;
  const std::vector<std::string> labels = report.ShortLabels(places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Group& group = report.groups()[places[i]];
    const auto& speed = group.Of(Block::kTokensPerSecond);
    if (!speed) continue;
    const PointSample& points = report.drawn.pictured().at(places[i]).energy_by_speed();
    EnergySpeed one = {labels[i], speed->avg, group.Of(Block::kEnergy)->avg, UncertaintyMj(group), {}};
    if (with_clouds) one.inferences = points.Points();
    seen += points.seen();
    drawn.push_back(std::move(one));
  }
  if (drawn.empty()) {
    html.Markup("<p class=\"note\">Energy against speed: the speed of generation was not measured.</p>\n");
    return;
  }
  const PictureText text = {fmt::format("energy-speed-{}", number), "Energy of an inference against speed", ""};
  AppendFigure(
      CloudCaption(drawn, seen, with_clouds), [&](Form form) { return DrawEnergySpeed(text, drawn, form); }, html);
}

void AppendSpread(const Report& report, Block block, const char* id, const char* caption, int decimals,
                  HtmlWriter& html) {
  const bool is_total = block == Block::kEnergy;
  std::vector<Column> header = {"Model", "Device", "n", {"Source", true}, {"Scope", true}, "Min", "p50", "Average"};
  if (is_total) header.emplace_back("± (average)");
  for (const char* name : {"p95", "p99", "Max"}) header.emplace_back(name);
  if (is_total) header.insert(header.end(), {Column("Total"), Column("± (total)")});
  HtmlTable table(id, caption, header);
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    const Group& group = report.groups()[i];
    const auto& spread = group.Of(block);
    if (!spread) continue;
    AddNames(report.labels[i], table);
    table.Number(static_cast<double>(spread->count), 0);
    table.Text(group.key.energy_source.value_or("not recorded"));
    table.Text(group.key.energy_scope.value_or("not recorded"));
    for (const double value : {spread->min, spread->p50, spread->avg}) table.Number(value, decimals);
    if (is_total) table.Number(UncertaintyMj(group), decimals, "not known");
    table.Number(spread->p95, decimals, "n < 59");
    table.Number(spread->p99, decimals, "n < 299");
    table.Number(spread->max, decimals);
    if (!is_total) continue;
    table.Number(spread->total, decimals);
    const auto& uncertainty = group.energy_uncertainty;
    table.Number(uncertainty ? std::optional(uncertainty->total_mj) : std::nullopt, decimals, "not known");
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

template <typename EstimateOf>
void AppendEstimates(const Report& report, const char* id, const std::string& caption, int decimals,
                     EstimateOf estimate_of, HtmlWriter& html) {
  HtmlTable table(id, caption, {"Model", "Device", {"Energy source", true}, "Estimate", "Low", "High"});
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    const std::optional<Estimate> estimate = estimate_of(report.groups()[i]);
    if (!estimate) continue;
    AddNames(report.labels[i], table);
    table.Text(report.groups()[i].key.energy_source.value_or("not recorded"));
    table.Number(estimate->value, decimals);
    table.Number(estimate->low, decimals, "not known");
    table.Number(estimate->high, decimals, estimate->low ? "no bound" : "not known");
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

void AppendCosts(const Report& report, HtmlWriter& html) {
  constexpr int kCostDecimals = 9;  // as `inferometer analyze` prints them
  if (const auto price = report.costs.price_per_kwh) {
    AppendEstimates(
        report, "table-cost", fmt::format("Cost of 1,000 generated tokens, at {} per kWh", *price), kCostDecimals,
        [&](const Group& group) { return CostPer1000Tokens(group, *price); }, html);
  }
  if (const auto battery = report.costs.battery_wh) {
    AppendEstimates(
        report, "table-battery", fmt::format("Inferences on a charge of {} Wh", *battery), 0,
        [&](const Group& group) { return InferencesPerCharge(group, *battery); }, html);
  }
}

}  // namespace

Section EnergySection(const Report& report) {
  HtmlWriter body;
  AppendWhoIsPictured(report, body);
  const auto kinds = KindsIn(report);
  if (kinds.size() > 1) {
    body.Markup(
        "<p class=\"note\">Energies of different source or scope are not comparable, nor are a model's estimates for "
        "different devices: each has pictures of its own.</p>\n");
  }
  std::size_t number = 0;
  for (const auto& [ignored, places] : kinds) {
    const std::vector<std::size_t> pictured = Pictured(report, places);
    if (pictured.empty()) continue;
    body.Markup("<h3>" + HeadingOf(report.groups()[pictured.front()].key) + "</h3>\n");
    AppendUncertain(report, pictured, number, body);
    AppendEnergySpeed(report, pictured, number, body);
    ++number;
  }
  AppendDistributions(report, kEnergy, body);
  AppendSpread(report, Block::kEnergy, "table-energy", "Energy of an inference (mJ)", 1, body);
  AppendSpread(report, Block::kEnergyPerToken, "table-energy-token", "Energy of a generated token (mJ)", 2, body);
  AppendCosts(report, body);
  return {kEnergy.id, kEnergy.question, kEnergy.name, AnswerTo(report), std::move(body).Take()};
}

}  // namespace inferometer::report::html
