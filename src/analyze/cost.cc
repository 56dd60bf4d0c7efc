#include "analyze/cost.h"

#include <algorithm>

namespace inferometer::analyze {
namespace {

constexpr double kMillijoulesPerKwh = 3.6e9;
constexpr double kMillijoulesPerWh = 3.6e6;

// The half width of the energy's interval, as a part of the energy.
std::optional<double> RelativeUncertainty(const Group& group) {
  const auto& energy = group.Of(Block::kEnergy);
  if (!group.energy_uncertainty || !energy || energy->total.value_or(0) <= 0) return std::nullopt;
  return group.energy_uncertainty->total_mj / *energy->total;
}

}  // namespace

std::optional<Estimate> CostPer1000Tokens(const Group& group, double price_per_kwh) {
  const auto& per_token_mj = group.Of(Block::kEnergyPerToken);
  if (!per_token_mj) return std::nullopt;
  Estimate cost;
  cost.value = per_token_mj->avg * 1000 / kMillijoulesPerKwh * price_per_kwh;
  if (const auto part = RelativeUncertainty(group)) {
    cost.low = cost.value * std::max(0.0, 1 - *part);
    cost.high = cost.value * (1 + *part);
  }
  return cost;
}

std::optional<Estimate> InferencesPerCharge(const Group& group, double battery_wh) {
  const auto& energy_mj = group.Of(Block::kEnergy);
  if (!energy_mj || energy_mj->avg <= 0) return std::nullopt;
  Estimate inferences;
  inferences.value = battery_wh * kMillijoulesPerWh / energy_mj->avg;
  if (const auto part = RelativeUncertainty(group)) {
    inferences.low = inferences.value / (1 + *part);
    if (*part < 1) inferences.high = inferences.value / (1 - *part);
  }
  return inferences;
}

}  // namespace inferometer::analyze
