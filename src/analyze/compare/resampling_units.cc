#include "analyze/compare/resampling_units.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/quantile.h"

namespace inferometer::analyze {
namespace {

using Label = std::int32_t Observation::*;

bool AllHave(const TwoArms& arms, Label label) {
  const auto has = [label](const Observation& one) { return one.*label >= 0; };
  return std::all_of(arms.a.begin(), arms.a.end(), has) && std::all_of(arms.b.begin(), arms.b.end(), has);
}

// Units from 0 in the order in which they first come.
ArmUnits CutBy(const std::vector<Observation>& arm, Label label) {
  ArmUnits cut;
  std::unordered_map<std::int32_t, std::uint32_t> unit_of;
  for (const Observation& one : arm) {
    const auto unit = unit_of.emplace(one.*label, static_cast<std::uint32_t>(unit_of.size())).first->second;
    cut.values.push_back(one.value);
    cut.unit.push_back(unit);
  }
  cut.units = unit_of.size();
  return cut;
}

ArmUnits AsSeries(const std::vector<Observation>& arm) {
  ArmUnits series;
  for (const Observation& one : arm) {
    series.unit.push_back(static_cast<std::uint32_t>(series.values.size()));
    series.values.push_back(one.value);
  }
  series.units = series.values.size();
  return series;
}

std::vector<double> UnitMedians(const ArmUnits& arm) {
  std::vector<std::vector<double>> by_unit(arm.units);
  for (std::size_t i = 0; i < arm.values.size(); ++i) by_unit[arm.unit[i]].push_back(arm.values[i]);
  std::vector<double> medians;
  medians.reserve(arm.units);
  for (std::vector<double>& values : by_unit) medians.push_back(base::QuantileType7(values, 0.5));
  return medians;
}

// Blocks of both arms get their numbers in the order in which A has them.
std::unordered_map<std::int32_t, std::uint32_t> SharedBlocks(const TwoArms& arms) {
  std::unordered_map<std::int32_t, bool> in_b;
  for (const Observation& one : arms.b) in_b[one.block] = true;
  std::unordered_map<std::int32_t, std::uint32_t> shared;
  for (const Observation& one : arms.a) {
    if (in_b.contains(one.block)) shared.emplace(one.block, static_cast<std::uint32_t>(shared.size()));
  }
  return shared;
}

ArmUnits KeepShared(const std::vector<Observation>& arm,
                    const std::unordered_map<std::int32_t, std::uint32_t>& shared) {
  ArmUnits kept;
  kept.units = shared.size();
  for (const Observation& one : arm) {
    const auto found = shared.find(one.block);
    if (found == shared.end()) continue;
    kept.values.push_back(one.value);
    kept.unit.push_back(found->second);
  }
  return kept;
}

std::optional<Resampling> PairBlocks(const TwoArms& arms) {
  const auto shared = SharedBlocks(arms);
  if (shared.size() < kLeastUnits) return std::nullopt;
  Resampling paired{Units::kPairedBlocks, {KeepShared(arms.a, shared), KeepShared(arms.b, shared)}, {}, {}};
  paired.left_out = {arms.a.size() - paired.arms[0].values.size(), arms.b.size() - paired.arms[1].values.size()};
  std::vector<double> ratios = UnitMedians(paired.arms[1]);
  const std::vector<double> below = UnitMedians(paired.arms[0]);
  for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = std::log(ratios[i] / below[i]);
  paired.series.push_back(std::move(ratios));
  return paired;
}

std::optional<Resampling> CutBoth(const TwoArms& arms, Label label, Units units) {
  Resampling cut{units, {CutBy(arms.a, label), CutBy(arms.b, label)}, {}, {}};
  if (std::min(cut.arms[0].units, cut.arms[1].units) < kLeastUnits) return std::nullopt;
  for (const ArmUnits& arm : cut.arms) cut.series.push_back(UnitMedians(arm));
  return cut;
}

}  // namespace

std::string_view NameOf(Units units) {
  switch (units) {
    case Units::kPairedBlocks: return "paired blocks";
    case Units::kSeparateBlocks: return "blocks";
    case Units::kSessions: return "sessions";
    case Units::kMovingBlocks: return "moving blocks";
    case Units::kSeveral: return "different units in different strata";
  }
  return "";
}

Resampling ChooseUnits(const TwoArms& arms) {
  std::optional<Resampling> found;
  if (AllHave(arms, &Observation::block)) {
    found = PairBlocks(arms);
    if (!found) found = CutBoth(arms, &Observation::block, Units::kSeparateBlocks);
  } else if (AllHave(arms, &Observation::session)) {
    found = CutBoth(arms, &Observation::session, Units::kSessions);
  }
  if (found) return *std::move(found);
  Resampling series{Units::kMovingBlocks, {AsSeries(arms.a), AsSeries(arms.b)}, {}, {}};
  for (const ArmUnits& arm : series.arms) series.series.push_back(arm.values);
  return series;
}

}  // namespace inferometer::analyze
