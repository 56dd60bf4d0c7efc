#include "report/html/quantity_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/distribution.h"
#include "report/html/escape.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"
#include "report/html/strips.h"

namespace inferometer::report::html {
namespace {

using analyze::Block;
using analyze::Group;
using analyze::Spread;

constexpr std::size_t kMostInSentences = 3;  // groups of which each is named; of more, the first and the last

// The places of the groups that have the quantity, smallest value first.
std::vector<std::size_t> Ordered(const Report& report, const Quantity& quantity) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    if (report.groups()[i].Of(quantity.block)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return report.groups()[a].Of(quantity.block)->p50 < report.groups()[b].Of(quantity.block)->p50;
  });
  return order;
}

// Of durations the long ones hurt.
bool IsDuration(const Quantity& quantity) {
  return quantity.block == Block::kInferenceTime || quantity.block == Block::kTimeToFirstToken;
}

std::string OneAnswer(const Report& report, std::size_t place, const Quantity& quantity) {
  const Spread& spread = *report.groups()[place].Of(quantity.block);
  std::string out = fmt::format("<p>{}: <b>{} {}</b> in the median", MarkupOf(report.labels[place]), Figure(spread.p50),
                                quantity.unit);
  if (spread.p95 && IsDuration(quantity)) out += fmt::format(", 95 % up to {} {}", Figure(*spread.p95), quantity.unit);
  return out + fmt::format(" ({})</p>", CountOf(spread.count));
}

std::string RangeAnswer(const Report& report, const std::vector<std::size_t>& order, const Quantity& quantity) {
  const std::string pairs = Counted(order.size(), "pair of model and device", "pairs of model and device");
  const auto median = [&](std::size_t place) { return Figure(report.groups()[place].Of(quantity.block)->p50); };
  if (median(order.front()) == median(order.back())) {
    return fmt::format("<p>Medians of {} are all <b>{} {}</b>.</p>", pairs, median(order.front()), quantity.unit);
  }
  const auto end = [&](std::size_t place) {
    const Spread& spread = *report.groups()[place].Of(quantity.block);
    return fmt::format("<b>{} {}</b> ({}, {})", Figure(spread.p50), quantity.unit, MarkupOf(report.labels[place]),
                       CountOf(spread.count));
  };
  return fmt::format("<p>Medians of {} go from {} to {}.</p>", pairs, end(order.front()), end(order.back()));
}

std::string AnswerTo(const Report& report, const Quantity& quantity) {
  const std::vector<std::size_t> order = Ordered(report, quantity);
  if (order.empty()) return fmt::format("<p>{}</p>", quantity.absent);
  if (order.size() > kMostInSentences) return RangeAnswer(report, order, quantity);
  std::string out;
  for (const std::size_t place : order) out += OneAnswer(report, place, quantity);
  return out;
}

void AppendStrips(const Report& report, const Quantity& quantity, HtmlWriter& html) {
  std::vector<std::size_t> places = Ordered(report, quantity);
  std::erase_if(places, [&](std::size_t place) { return !report.drawn.pictured().contains(place); });
  if (places.empty()) return;
  const std::vector<std::string> labels = report.ShortLabels(places);
  std::vector<Strip> strips;
  for (std::size_t i = 0; i < places.size(); ++i) {
    strips.push_back({labels[i], *report.groups()[places[i]].Of(quantity.block)});
  }
  const PictureText text = {std::string("strips-") + quantity.id,
                            std::string(quantity.name) + " of each model and device", quantity.axis};
  AppendFigure(
      "Line: smallest to largest value. Dot and figure: median. Thick: from there to where 95 % of the values "
      "lie below, where at least 59 were measured.",
      [&](Form form) { return DrawStrips(text, strips, form); }, html);
}

// What a card's picture says in figures.
std::string CardCaption(const Report& report, std::size_t place, const Spread& spread, const Quantity& quantity) {
  std::string out = CardHead(report.labels[place], spread.count) + fmt::format("<br>median {}", Figure(spread.p50));
  if (spread.p95) out += ", p95 " + Figure(*spread.p95);
  if (spread.p99) out += ", p99 " + Figure(*spread.p99);
  return out + " " + quantity.unit;
}

void AppendTable(const Report& report, const Quantity& quantity, HtmlWriter& html) {
  const bool with_counts = quantity.block == Block::kInferenceTime;
  std::vector<Column> header = {"Model", "Device", "n"};
  if (with_counts) header.insert(header.end(), {Column("Failed"), Column("Runs on", true)});
  for (const char* name : {"Min", "p50", "Average", "p95", "p99", "Max"}) header.emplace_back(name);
  HtmlTable table(std::string("table-") + quantity.id, fmt::format("{} ({})", quantity.name, quantity.unit), header);
  for (std::size_t i = 0; i < report.groups().size(); ++i) {
    const Group& group = report.groups()[i];
    const auto& spread = group.Of(quantity.block);
    if (!spread && !with_counts) continue;
    AddNames(report.labels[i], table);
    table.Number(spread ? static_cast<double>(spread->count) : 0, 0);
    if (with_counts) {
      table.Number(static_cast<double>(group.failed_inferences), 0);
      table.Text(group.key.compute_device.value_or("not recorded"));
    }
    for (const char* name : {"min", "p50", "avg", "p95", "p99", "max"}) {
      const char* absent = !spread ? "not measured" : std::string_view(name) == "p95" ? "n < 59" : "n < 299";
      table.Number(spread ? StatisticOf(*spread, name) : std::nullopt, quantity.decimals, absent);
    }
  }
  if (!table.empty()) html.Markup(std::move(table).Take(kAllRows));
}

}  // namespace

void AppendDistributions(const Report& report, const Quantity& quantity, HtmlWriter& html) {
  HtmlWriter cards;
  for (const auto& [place, series] : report.drawn.pictured()) {
    const auto& spread = report.groups()[place].Of(quantity.block);
    const auto& histogram = series.Of(quantity.block);
    if (!spread || !histogram || histogram->total() == 0) continue;
    const PictureText text = {fmt::format("histogram-{}-{}", quantity.id, place),
                              fmt::format("{} of {}", quantity.name, report.LabelText(place)), quantity.axis};
    AppendCard(CardCaption(report, place, *spread, quantity), DrawDistribution(text, *histogram, *spread), cards);
  }
  const std::string all = std::move(cards).Take();
  if (all.empty()) return;
  html.Markup(
      "<h3>How the values spread</h3>\n<p class=\"note\">Bars count inferences. Each axis goes from the smallest to "
      "the "
      "largest value of its own group.</p>\n<div class=\"cards\">\n");
  html.Markup(all);
  html.Markup("</div>\n");
}

Section QuantitySection(const Report& report, const Quantity& quantity) {
  HtmlWriter body;
  AppendWhoIsPictured(report, body);
  AppendStrips(report, quantity, body);
  if (quantity.has_distributions) AppendDistributions(report, quantity, body);
  AppendTable(report, quantity, body);
  return {quantity.id, quantity.question, quantity.name, AnswerTo(report, quantity), std::move(body).Take()};
}

}  // namespace inferometer::report::html
