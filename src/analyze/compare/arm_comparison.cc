#include "analyze/compare/arm_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyze/compare/holm.h"
#include "analyze/compare/rank_tests.h"

namespace inferometer::analyze {
namespace {

std::vector<double> ValuesOf(const std::vector<Observation>& arm) {
  std::vector<double> values;
  values.reserve(arm.size());
  for (const Observation& one : arm) values.push_back(one.value);
  return values;
}

bool AllAboveZero(const std::vector<Observation>& arm) {
  return std::all_of(arm.begin(), arm.end(), [](const Observation& one) { return one.value > 0; });
}

// Values that never leave the margin cannot bend a verdict about it, however they drift.
bool StaysWithinMargin(const ArmUnits& arm, double margin) {
  const auto [least, most] = std::minmax_element(arm.values.begin(), arm.values.end());
  return *most <= *least * (1 + margin);
}

void TestRanks(const Resampling& resampling, ArmComparison& comparison) {
  if (resampling.units == Units::kPairedBlocks) {
    std::vector<double> ratios = resampling.series[0];
    comparison.p = SignedRankP(ratios);
    const double middle = MedianOf(ratios).median;
    comparison.direction = middle > 0 ? 1 : middle < 0 ? -1 : 0;
    return;
  }
  const MannWhitney test = CompareRanks(resampling.series[0], resampling.series[1]);
  comparison.p = test.p;
  comparison.direction = test.delta > 0 ? 1 : test.delta < 0 ? -1 : 0;
}

void LookForDrift(const Resampling& resampling, const CompareRules& rules, ArmComparison& comparison) {
  comparison.drift = FindDrift(resampling.series);
  if (!comparison.drift.is_found) return;
  if (StaysWithinMargin(resampling.arms[0], rules.margin) && StaysWithinMargin(resampling.arms[1], rules.margin)) {
    comparison.drift.is_found = false;
    return;
  }
  comparison.reason = fmt::format(
      "CI not trustworthy: drift (value against run order: p = {:.2g}; autocorrelation {:.2f}); run both in turns, "
      "with "
      "cool-down",
      *comparison.drift.spearman_p, *comparison.drift.autocorrelation);
}

// The half width of the ratio's logarithm.
double SystematicOf(const SystematicError& error) { return std::hypot(error.relative[0], error.relative[1]); }

Interval WithSystematic(const Interval& statistical, double ratio, double systematic) {
  const double below = std::hypot(std::log(ratio / statistical.low), systematic);
  const double above = std::hypot(std::log(statistical.high / ratio), systematic);
  return {std::min(statistical.low, ratio * std::exp(-below)), std::max(statistical.high, ratio * std::exp(above))};
}

void SetIntervals(double level, ArmComparison& comparison) {
  if (std::min(comparison.n[0], comparison.n[1]) < kLeastForInterval) return;
  comparison.level = level;
  comparison.interval_statistical = IntervalOf(comparison.tails, level);
  const double systematic = comparison.systematic.value_or(0);
  comparison.interval = systematic > 0 ? WithSystematic(*comparison.interval_statistical, *comparison.ratio, systematic)
                                       : *comparison.interval_statistical;
}

bool IsWithinMargin(const std::optional<Interval>& interval, double margin) {
  return interval && interval->low >= 1 / (1 + margin) && interval->high <= 1 + margin;
}

bool HoldsOne(const Interval& interval) { return interval.low <= 1 && interval.high >= 1; }

// Whether A and B would change places if both energies were as wrong as they may be.
bool GapIsWithinErrors(const ArmComparison& comparison) {
  const auto& [a, b] = comparison.systematic_error->relative;
  const double ratio = *comparison.ratio;
  return ratio > 1 ? ratio * (1 - b) <= 1 + a : ratio * (1 + b) >= 1 - a;
}

void SetUndecided(const Adjusted& adjusted, ArmComparison& comparison) {
  comparison.verdict = Verdict::kUndecided;
  if (adjusted.p > kFalseVerdictRate) {
    comparison.reason = fmt::format("the ranks do not tell A and B apart (p = {:.2g} in the family)", adjusted.p);
  } else if (comparison.systematic.value_or(0) > 0) {
    comparison.reason = fmt::format(
        "the ranks differ (p = {:.2g}), but by the uncertainty of the energies themselves the ratio may be off by "
        "{:.0f} "
        "%, however many records there are",
        adjusted.p, 100 * *comparison.systematic);
  } else {
    comparison.reason =
        fmt::format("the ranks (p = {:.2g}) and the ratio of the medians point to different sides", adjusted.p);
  }
}

// The ratio is on the side of the ranks, and beyond what the energies' source may be off by.
bool IsClear(const ArmComparison& comparison) {
  const double ratio = *comparison.ratio;
  const int side = ratio > 1 ? 1 : ratio < 1 ? -1 : 0;
  if (side == 0 || side != comparison.direction) return false;
  if (comparison.systematic.value_or(0) == 0) return true;
  return comparison.interval && !HoldsOne(*comparison.interval);
}

void DecideOne(const Adjusted& adjusted, const CompareRules& rules, ArmComparison& comparison) {
  comparison.p_adjusted = adjusted.p;
  SetIntervals(adjusted.level, comparison);
  if (comparison.systematic_error && comparison.systematic_error->of_different_sources &&
      GapIsWithinErrors(comparison)) {
    comparison.verdict = Verdict::kNotComparable;
    comparison.reason = "the energies come from different sources, and the gap is within what these may be off by";
    return;
  }
  if (IsWithinMargin(comparison.interval, rules.margin)) {
    comparison.verdict = Verdict::kEquivalent;
    comparison.reason = fmt::format("the whole interval is within the margin of {:g} %", 100 * rules.margin);
    return;
  }
  if (adjusted.p > kFalseVerdictRate || !IsClear(comparison)) return SetUndecided(adjusted, comparison);
  comparison.verdict = *comparison.ratio > 1 ? Verdict::kHigher : Verdict::kLower;
  comparison.reason = fmt::format("the ranks differ (p = {:.2g} in the family)", adjusted.p);
  if (comparison.interval && HoldsOne(*comparison.interval)) {
    comparison.reason += "; the interval of the medians' ratio, which sees less, still holds 1";
  }
}

}  // namespace

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLower: return "lower";
    case Verdict::kHigher: return "higher";
    case Verdict::kEquivalent: return "equivalent";
    case Verdict::kUndecided: return "undecided";
    case Verdict::kNotComparable: return "not_comparable";
  }
  return "";
}

ArmComparison NotComparableBecause(std::string reason) {
  ArmComparison comparison;
  comparison.verdict = Verdict::kNotComparable;
  comparison.reason = std::move(reason);
  return comparison;
}

ArmComparison MeasureArms(const TwoArms& arms, const CompareRules& rules,
                          const std::optional<SystematicError>& systematic) {
  ArmComparison comparison;
  comparison.n = {arms.a.size(), arms.b.size()};
  if (arms.a.empty() || arms.b.empty()) {
    comparison.verdict = Verdict::kNotComparable;
    comparison.reason = fmt::format("not measured in {}", arms.a.empty() ? (arms.b.empty() ? "A and B" : "A") : "B");
    return comparison;
  }
  const std::vector<double> a = ValuesOf(arms.a);
  const std::vector<double> b = ValuesOf(arms.b);
  comparison.median = {MedianOf(a), MedianOf(b)};
  if (!AllAboveZero(arms.a) || !AllAboveZero(arms.b)) {
    comparison.verdict = Verdict::kNotComparable;
    comparison.reason = "some values are 0 or less, which have no ratio";
    return comparison;
  }
  comparison.delta = CompareRanks(a, b).delta;
  const Resampling resampling = ChooseUnits(arms);
  comparison.ratio = MedianOf(resampling.arms[1].values).median / MedianOf(resampling.arms[0].values).median;
  comparison.units = resampling.units;
  comparison.unit_counts = {resampling.arms[0].units, resampling.arms[1].units};
  comparison.systematic_error = systematic;
  if (systematic) comparison.systematic = SystematicOf(*systematic);
  if (std::min(a.size(), b.size()) < kLeastForVerdict) {
    comparison.reason =
        fmt::format("{} and {} values; a verdict needs {} of each", a.size(), b.size(), kLeastForVerdict);
    return comparison;
  }
  TestRanks(resampling, comparison);
  LookForDrift(resampling, rules, comparison);
  std::size_t block_length = 1;
  if (resampling.units == Units::kMovingBlocks) {
    block_length = BlockLength(comparison.drift.autocorrelation.value_or(0), std::min(a.size(), b.size()));
    comparison.block_length = block_length;
  }
  comparison.tails = BootstrapRatio(resampling, block_length, rules.seed);
  comparison.is_tested = !comparison.drift.is_found;
  if (!comparison.is_tested) SetIntervals(kFalseVerdictRate, comparison);
  return comparison;
}

void Decide(std::span<ArmComparison> family, const CompareRules& rules) {
  std::vector<ArmComparison*> tested;
  std::vector<double> p_values;
  for (ArmComparison& comparison : family) {
    if (!comparison.is_tested) continue;
    tested.push_back(&comparison);
    p_values.push_back(*comparison.p);
  }
  const std::vector<Adjusted> adjusted = Holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) DecideOne(adjusted[i], rules, *tested[i]);
}

}  // namespace inferometer::analyze
