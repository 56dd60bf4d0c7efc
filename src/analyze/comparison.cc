#include "analyze/comparison.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace inferometer::analyze {
namespace {

constexpr const char* kModelSource = "model";
// As in energy_quality of a record (docs/measuring.md).
constexpr double kMostRelativeUncertainty = 0.5;

using RankingKey =
    std::tuple<std::optional<std::string>, std::optional<std::string>, std::optional<std::string>>;  // as in Ranking

RankingKey KeyOf(const Group& group) {
  const bool is_modelled = group.key.energy_source == kModelSource;
  return {group.key.energy_source, group.key.energy_scope,
          is_modelled ? std::optional(group.key.device_id) : std::nullopt};
}

std::optional<double> AverageOf(const Group& group, Block block) {
  const auto& spread = group.Of(block);
  return spread ? std::optional(spread->avg) : std::nullopt;
}

// A model's error is the same for all that it ranks: they stand within one device.
bool IsBelowResolution(const Group& group) {
  const auto& energy = group.Of(Block::kEnergy);
  if (group.key.energy_source == kModelSource || !energy || !group.energy_uncertainty) return false;
  return group.energy_uncertainty->avg_mj > kMostRelativeUncertainty * energy->avg;
}

// Gives ranks by the average of `block`, least first.
void Rank(std::vector<Ranked>& entries, Block block, std::optional<std::size_t> Ranked::*rank) {
  std::vector<std::pair<double, Ranked*>> order;
  for (Ranked& entry : entries) {
    if (entry.is_below_resolution) continue;
    if (const auto average = AverageOf(*entry.group, block)) order.emplace_back(*average, &entry);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool ties = i > 0 && order[i].first == order[i - 1].first;
    order[i].second->*rank = ties ? order[i - 1].second->*rank : std::optional(i + 1);
  }
}

std::string LabelOf(const Ranking& ranking) {
  std::string label = ranking.energy_source.value_or("none");
  if (ranking.energy_scope) label += "/" + *ranking.energy_scope;
  return ranking.device_id ? label + " of " + *ranking.device_id : label;
}

std::string WhyNot(const Ranking& first, const Ranking& second) {
  if (first.energy_source != second.energy_source) return "the energies come from different sources";
  if (first.energy_scope != second.energy_scope) return "the energies cover different parts of the machine";
  return "a modelled energy may be off by 60 %, differently on each device";
}

void NamePairs(Comparison& comparison) {
  for (std::size_t i = 0; i < comparison.rankings.size(); ++i) {
    for (std::size_t j = i + 1; j < comparison.rankings.size(); ++j) {
      const Ranking& first = comparison.rankings[i];
      const Ranking& second = comparison.rankings[j];
      if (!first.energy_source || !second.energy_source) continue;
      if (comparison.not_comparable.size() == kMostPairs) {
        ++comparison.pairs_left_out;
        continue;
      }
      comparison.not_comparable.push_back({LabelOf(first), LabelOf(second), WhyNot(first, second)});
    }
  }
}

}  // namespace

Comparison Compare(const std::vector<Group>& groups) {
  std::map<RankingKey, std::vector<Ranked>> by_kind;
  for (const Group& group : groups) by_kind[KeyOf(group)].push_back({&group, {}, {}, IsBelowResolution(group)});
  Comparison comparison;
  for (auto& [key, entries] : by_kind) {
    Rank(entries, Block::kEnergy, &Ranked::rank_per_inference);
    Rank(entries, Block::kEnergyPerToken, &Ranked::rank_per_token);
    const auto place = [](const Ranked& one) {
      return one.rank_per_inference.value_or(std::numeric_limits<std::size_t>::max());
    };
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const Ranked& a, const Ranked& b) { return place(a) < place(b); });
    comparison.rankings.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::move(entries)});
  }
  NamePairs(comparison);
  return comparison;
}

}  // namespace inferometer::analyze
