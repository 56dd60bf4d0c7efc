#include "report/analysis_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "report/terminal_text.h"

namespace inferometer::report {
namespace {

using analyze::Block;
using analyze::Estimate;
using analyze::Group;

// How a block is shown.
struct BlockStyle {
  Block block;
  const char* title;
  int decimals;
};
constexpr int kCostDecimals = 9;  // a small model's thousand tokens cost some millionths
constexpr BlockStyle kTime = {Block::kInferenceTime, "Inference time (ms)", 1};
constexpr BlockStyle kOthers[] = {
    {Block::kTimeToFirstToken, "Time to first token (ms)", 1},
    {Block::kTokensPerSecond, "Generation speed (tokens/s)", 1},
    {Block::kEnergy, "Energy of an inference (mJ)", 1},
    {Block::kEnergyPerToken, "Energy of a generated token (mJ)", 2},
    {Block::kMemoryUsage, "Memory (MB)", 1},
    {Block::kCpuUsage, "CPU (% of one core)", 1},
};

class TableSet {
 public:
  TableSet(TableFormat format, const analyze::CostQuestion& question) : format_(format), question_(question) {}

  void Put(const Table& table) {
    if (table.empty()) return;
    if (!out_.empty()) out_ += '\n';
    out_ += table.Render(format_);
  }
  void PutSentence(const std::string& sentence) {
    out_ += (format_ == TableFormat::kMarkdown ? "- " : "") + ShownAs(format_, sentence) + '\n';
  }
  void Gap() { out_ += '\n'; }

  void PutCosts(const std::vector<const Group*>& groups) {
    if (question_.price_per_kwh) {
      const double price = *question_.price_per_kwh;
      const auto cost = [&](const Group& group) { return CostPer1000Tokens(group, price); };
      PutEstimates(fmt::format("Cost of 1,000 generated tokens, at {} per kWh", price), groups, kCostDecimals, cost);
    }
    if (question_.battery_wh) {
      const double battery = *question_.battery_wh;
      const auto inferences = [&](const Group& group) { return InferencesPerCharge(group, battery); };
      PutEstimates(fmt::format("Inferences on a charge of {} Wh", battery), groups, 0, inferences);
    }
  }
  [[nodiscard]] std::string Take() && { return std::move(out_); }

 private:
  template <typename EstimateOf>
  void PutEstimates(const std::string& title, const std::vector<const Group*>& groups, int decimals,
                    EstimateOf estimate_of) {
    Table table(title, {"Device", "Model", "Energy source", "Estimate", "Low", "High"});
    for (const Group* group : groups) {
      const std::optional<Estimate> estimate = estimate_of(*group);
      if (!estimate) continue;
      table.Text(group->key.device_name);
      table.Text(group->key.model_name);
      table.Text(group->key.energy_source.value_or("-"));
      table.Number(estimate->value, decimals);
      table.Number(estimate->low, decimals);
      table.Number(estimate->high, decimals);
    }
    Put(table);
  }

  TableFormat format_;
  const analyze::CostQuestion& question_;
  std::string out_;
};

void AddNames(const Group& group, Table& table) {
  table.Text(group.key.device_name);
  table.Text(group.key.model_name);
}

// min p50 avg p95 p99 max, "-" where a figure is not there.
void AddSpread(const std::optional<analyze::Spread>& spread, int decimals, Table& table) {
  for (const char* statistic : {"min", "p50", "avg", "p95", "p99", "max"}) {
    table.Number(spread ? StatisticOf(*spread, statistic) : std::nullopt, decimals);
  }
}

std::vector<std::string> Header(std::vector<std::string> before, const std::vector<std::string>& after = {}) {
  std::vector<std::string> header = {"Device", "Model"};
  std::move(before.begin(), before.end(), std::back_inserter(header));
  for (const char* name : {"Min", "p50", "Average", "p95", "p99", "Max"}) header.emplace_back(name);
  header.insert(header.end(), after.begin(), after.end());
  return header;
}

std::optional<double> AverageOf(const Group& group, Block block) {
  const auto& spread = group.Of(block);
  return spread ? std::optional(spread->avg) : std::nullopt;
}

std::optional<double> AverageUncertaintyMj(const Group& group) {
  return group.energy_uncertainty ? std::optional(group.energy_uncertainty->avg_mj) : std::nullopt;
}

// One line a group, before the tables with the spread of each quantity.
Table OverviewTable(const std::vector<Group>& groups) {
  Table table("Averages of an inference",
              {"Device", "Model", "Inferences", "ms", "First token ms", "tokens/s", "mJ", "+/-", "mJ per token", "MB"});
  for (const Group& group : groups) {
    AddNames(group, table);
    table.Number(static_cast<double>(group.total_inferences), 0);
    table.Number(AverageOf(group, Block::kInferenceTime), 1);
    table.Number(AverageOf(group, Block::kTimeToFirstToken), 1);
    table.Number(AverageOf(group, Block::kTokensPerSecond), 1);
    table.Number(AverageOf(group, Block::kEnergy), 1);
    table.Number(AverageUncertaintyMj(group), 1);
    table.Number(AverageOf(group, Block::kEnergyPerToken), 2);
    table.Number(AverageOf(group, Block::kMemoryUsage), 1);
  }
  return table;
}

Table TimeTable(const std::vector<Group>& groups) {
  Table table(kTime.title, Header({"Runs on", "Inferences", "Failed"}));
  for (const Group& group : groups) {
    AddNames(group, table);
    table.Text(group.key.compute_device.value_or("-"));
    table.Number(static_cast<double>(group.total_inferences), 0);
    table.Number(static_cast<double>(group.failed_inferences), 0);
    AddSpread(group.Of(kTime.block), kTime.decimals, table);
  }
  return table;
}

Table PlainTable(const std::vector<Group>& groups, const BlockStyle& style) {
  Table table(style.title, Header({}));
  for (const Group& group : groups) {
    const auto& spread = group.Of(style.block);
    if (!spread) continue;
    AddNames(group, table);
    AddSpread(spread, style.decimals, table);
  }
  return table;
}

// Of energies it is said, too, where they come from and what they cover.
Table EnergyTable(const std::vector<Group>& groups, const BlockStyle& style) {
  Table table(style.title, Header({"Source", "Scope"}, {"Total", "+/-"}));
  for (const Group& group : groups) {
    const auto& spread = group.Of(style.block);
    if (!spread) continue;
    AddNames(group, table);
    table.Text(group.key.energy_source.value_or("-"));
    table.Text(group.key.energy_scope.value_or("-"));
    AddSpread(spread, style.decimals, table);
    table.Number(spread->total, style.decimals);
    table.Number(AverageUncertaintyMj(group), style.decimals);
  }
  return table;
}

Table LoadTable(const std::vector<Group>& groups) {
  Table table("Load time of the model (s)", {"Device", "Model", "Load time"});
  for (const Group& group : groups) {
    if (!group.load_time_seconds) continue;
    AddNames(group, table);
    table.Number(group.load_time_seconds, 2);
  }
  return table;
}

std::optional<double> AsNumber(std::optional<std::size_t> rank) {
  return rank ? std::optional(static_cast<double>(*rank)) : std::nullopt;
}

std::string TitleOf(const analyze::Ranking& ranking) {
  if (!ranking.energy_source) return "Not ranked: no energy was measured";
  std::string title = "Least energy first, energy by " + TerminalText(*ranking.energy_source);
  if (ranking.energy_source == analyze::kUnspecifiedSource) title = "Least energy first, of a source not recorded";
  if (ranking.energy_scope) title += ", covering the " + TerminalText(*ranking.energy_scope);
  if (ranking.device_id) title += ", within device " + TerminalText(*ranking.device_id);
  return title;
}

Table RankingTable(const analyze::Ranking& ranking) {
  Table table(TitleOf(ranking), {"Rank", "Device", "Model", "mJ per inference", "+/-", "Rank by token", "mJ per token",
                                 "tokens/s", "ms per inference", "Inferences"});
  for (const analyze::Ranked& one : ranking.entries) {
    table.Number(AsNumber(one.rank_per_inference), 0);
    AddNames(*one.group, table);
    table.Number(AverageOf(*one.group, Block::kEnergy), 1);
    table.Number(AverageUncertaintyMj(*one.group), 1);
    table.Number(AsNumber(one.rank_per_token), 0);
    table.Number(AverageOf(*one.group, Block::kEnergyPerToken), 2);
    table.Number(AverageOf(*one.group, Block::kTokensPerSecond), 1);
    table.Number(AverageOf(*one.group, Block::kInferenceTime), 1);
    table.Number(static_cast<double>(one.group->total_inferences), 0);
  }
  return table;
}

void PutUnranked(const analyze::Comparison& comparison, TableSet& tables) {
  bool is_first = true;
  for (const analyze::Ranking& ranking : comparison.rankings) {
    for (const analyze::Ranked& one : ranking.entries) {
      if (!one.is_below_resolution) continue;
      if (is_first) tables.Gap();
      is_first = false;
      tables.PutSentence(fmt::format("Not ranked: {} with {}, since the uncertainty of its energy is above half of it.",
                                     TerminalText(one.group->key.device_name),
                                     TerminalText(one.group->key.model_name)));
    }
  }
}

}  // namespace

std::string GroupTables(const std::vector<Group>& groups, const analyze::CostQuestion& question, TableFormat format) {
  TableSet tables(format, question);
  tables.Put(OverviewTable(groups));
  tables.Put(TimeTable(groups));
  for (const BlockStyle& style : kOthers) {
    tables.Put(style.block == Block::kEnergy ? EnergyTable(groups, style) : PlainTable(groups, style));
  }
  tables.Put(LoadTable(groups));
  std::vector<const Group*> all;
  all.reserve(groups.size());
  for (const Group& group : groups) all.push_back(&group);
  tables.PutCosts(all);
  return std::move(tables).Take();
}

std::string ComparisonTables(const analyze::Comparison& comparison, const analyze::CostQuestion& question,
                             TableFormat format) {
  TableSet tables(format, question);
  std::vector<const Group*> all;
  for (const analyze::Ranking& ranking : comparison.rankings) {
    tables.Put(RankingTable(ranking));
    for (const analyze::Ranked& one : ranking.entries) all.push_back(one.group);
  }
  tables.PutCosts(all);
  PutUnranked(comparison, tables);
  if (comparison.not_comparable.empty()) return std::move(tables).Take();
  tables.Gap();
  for (const analyze::NotComparable& pair : comparison.not_comparable) {
    tables.PutSentence(fmt::format("Not comparable: {} and {}, since {}.", pair.first, pair.second, pair.reason));
  }
  if (comparison.pairs_left_out > 0) {
    tables.PutSentence(fmt::format("{} more pairs are not comparable.", comparison.pairs_left_out));
  }
  return std::move(tables).Take();
}

}  // namespace inferometer::report
