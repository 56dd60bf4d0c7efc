#include "analyze/compare/arm_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "analyze/compare/holm.h"
#include "analyze/compare/rank_tests.h"

namespace inferometer::analyze {
namespace {

constexpr double kLeastShownP = 1e-99;  // what is far smaller underflows to 0, which no p is

std::vector<double> ValuesOf(const std::vector<Observation>& arm) {
  std::vector<double> values;
  values.reserve(arm.size());
  for (const Observation& one : arm) values.push_back(one.value);
  return values;
}

bool AllAboveZero(const std::vector<Observation>& arm) {
  return std::all_of(arm.begin(), arm.end(), [](const Observation& one) { return one.value > 0; });
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
    comparison.reason = fmt::format("the ranks do not tell A and B apart (p {} in the family)", ShownP(adjusted.p));
  } else if (comparison.systematic.value_or(0) > 0) {
    comparison.reason = fmt::format(
        "the ranks differ (p {}), but by the uncertainty of the energies themselves the ratio may be off by "
        "{:.0f} "
        "%, however many records there are",
        ShownP(adjusted.p), 100 * *comparison.systematic);
  } else {
    comparison.reason =
        fmt::format("the ranks (p {}) and the ratio of the medians point to different sides", ShownP(adjusted.p));
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
  comparison.reason = fmt::format("the ranks differ (p {} in the family)", ShownP(adjusted.p));
  if (comparison.interval && HoldsOne(*comparison.interval)) {
    comparison.reason += "; the interval of the medians' ratio, which sees less, still holds 1";
  }
}

// Measures B against A stratum by stratum, and puts the strata's figures together.
class Measuring {
 public:
  // Both must outlive this.
  Measuring(std::span<const TwoArms> strata, const CompareRules& rules) : strata_(strata), rules_(rules) {}

  ArmComparison Answer(const std::optional<SystematicError>& systematic) {
    for (const TwoArms& arms : strata_) {
      found_.n[0] += arms.a.size();
      found_.n[1] += arms.b.size();
    }
    if (IsRefused()) return std::move(found_);
    MeasureSizes();
    if (!std::isfinite(*found_.ratio) || *found_.ratio == 0) {
      found_.ratio.reset();
      found_.verdict = Verdict::kNotComparable;
      found_.reason = "the ratio of the medians is beyond what a number holds";
      return std::move(found_);
    }
    found_.systematic_error = systematic;
    if (systematic) found_.systematic = SystematicOf(*systematic);
    if (std::min(found_.n[0], found_.n[1]) < kLeastForVerdict) {
      found_.reason =
          fmt::format("{} and {} values; a verdict needs {} of each", found_.n[0], found_.n[1], kLeastForVerdict);
      return std::move(found_);
    }
    TestRanks();
    LookForDrift();
    Bootstrap();
    CountSessions();
    found_.is_tested = !found_.drift.is_found;
    if (!found_.is_tested) SetIntervals(kFalseVerdictRate, found_);
    return std::move(found_);
  }

 private:
  bool IsRefused() {
    const auto& [a, b] = found_.n;
    if (a == 0 || b == 0) {
      found_ = NotComparableBecause(fmt::format("not measured in {}", a > 0 ? "B" : b > 0 ? "A" : "A and B"));
      found_.n = {a, b};
      return true;
    }
    if (strata_.size() == 1) {
      found_.median = {MedianOf(ValuesOf(strata_[0].a)), MedianOf(ValuesOf(strata_[0].b))};
    }
    const auto is_above_zero = [](const TwoArms& arms) { return AllAboveZero(arms.a) && AllAboveZero(arms.b); };
    if (std::all_of(strata_.begin(), strata_.end(), is_above_zero)) return false;
    found_.verdict = Verdict::kNotComparable;
    found_.reason = "some values are 0 or less, which have no ratio";
    return true;
  }

  // What is resampled, which may leave values out, and of the rest the ratio and Cliff's delta.
  void MeasureSizes() {
    found_.n = {};
    for (const TwoArms& arms : strata_) AddStratum(cut_.emplace_back(ChooseUnits(arms)));
    double all_weights = 0;
    for (const double weight : weights_) all_weights += weight;
    double logarithm = 0;
    double wins = 0;
    double pairs = 0;
    for (std::size_t i = 0; i < cut_.size(); ++i) {
      const auto& [a, b] = cut_[i].arms;
      weights_[i] /= all_weights;
      logarithm += weights_[i] * std::log(ratios_[i]);
      const double pairs_here = static_cast<double>(a.values.size()) * static_cast<double>(b.values.size());
      wins += CompareRanks(a.values, b.values).delta * pairs_here;
      pairs += pairs_here;
    }
    found_.ratio = cut_.size() == 1 ? ratios_[0] : std::exp(logarithm);
    found_.delta = wins / pairs;
    if (cut_.size() == 1) found_.median = {MedianOf(cut_[0].arms[0].values), MedianOf(cut_[0].arms[1].values)};
  }

  void AddStratum(const Resampling& cut) {
    const auto a = static_cast<double>(cut.arms[0].values.size());
    const auto b = static_cast<double>(cut.arms[1].values.size());
    weights_.push_back(a * b / (a + b));
    ratios_.push_back(MedianOf(cut.arms[1].values).median / MedianOf(cut.arms[0].values).median);
    for (std::size_t arm = 0; arm < 2; ++arm) {
      found_.n[arm] += cut.arms[arm].values.size();
      found_.unit_counts[arm] += cut.arms[arm].units;
    }
    found_.units = found_.units.value_or(cut.units) == cut.units ? cut.units : Units::kSeveral;
  }

  void TestRanks() {
    RankLean all;
    for (const Resampling& cut : cut_) {
      const bool is_paired = cut.units == Units::kPairedBlocks;
      const RankLean one = is_paired ? SignedLeanOf(cut.series[0]) : LeanOf(cut.series[0], cut.series[1]);
      all.sum += one.sum;
      all.variance += one.variance;
    }
    found_.direction = all.sum > 0 ? 1 : all.sum < 0 ? -1 : 0;
    if (cut_.size() > 1) {
      found_.p = LeanP(all);
    } else if (cut_[0].units == Units::kPairedBlocks) {
      found_.p = SignedRankP(cut_[0].series[0]);
    } else {
      found_.p = CompareRanks(cut_[0].series[0], cut_[0].series[1]).p;
    }
  }

  void LookForDrift() {
    std::vector<std::span<const double>> series;
    for (const Resampling& cut : cut_) series.insert(series.end(), cut.series.begin(), cut.series.end());
    found_.drift = FindDrift(series);
    if (!found_.drift.is_found) return;
    if (StaysWithinMargin()) {
      found_.drift.is_found = false;
      return;
    }
    found_.reason = fmt::format(
        "CI not trustworthy: drift (value against run order: p {}; autocorrelation {:.2f}); run both in turns, "
        "with cool-down",
        ShownP(*found_.drift.spearman_p), *found_.drift.autocorrelation);
  }

  // Values that never leave the margin cannot bend a verdict about it, however they drift.
  [[nodiscard]] bool StaysWithinMargin() const {
    const auto stays = [this](const ArmUnits& arm) {
      const auto [least, most] = std::minmax_element(arm.values.begin(), arm.values.end());
      return *most <= *least * (1 + rules_.margin);
    };
    return std::all_of(cut_.begin(), cut_.end(),
                       [&](const Resampling& cut) { return stays(cut.arms[0]) && stays(cut.arms[1]); });
  }

  void Bootstrap() {
    std::vector<ResampledStratum> resampled;
    for (std::size_t i = 0; i < cut_.size(); ++i) {
      ResampledStratum one{&cut_[i], 1, weights_[i]};
      if (cut_[i].units == Units::kMovingBlocks) {
        const std::size_t shorter = std::min(strata_[i].a.size(), strata_[i].b.size());
        one.block_length = BlockLength(found_.drift.autocorrelation.value_or(0), shorter);
        found_.block_length = std::max(found_.block_length.value_or(0), one.block_length);
      }
      resampled.push_back(one);
    }
    found_.tails = BootstrapRatios(resampled, rules_.seed);
  }

  // Where they are the reason that each arm is one series.
  void CountSessions() {
    std::array<std::set<std::int32_t>, 2> sessions;
    for (std::size_t i = 0; i < cut_.size(); ++i) {
      if (cut_[i].units != Units::kMovingBlocks) return;
      for (const Observation& one : strata_[i].a) sessions[0].insert(one.session);
      for (const Observation& one : strata_[i].b) sessions[1].insert(one.session);
    }
    const bool all_tell = !sessions[0].contains(-1) && !sessions[1].contains(-1);
    const std::size_t fewer = std::min(sessions[0].size(), sessions[1].size());
    if (all_tell && fewer < kLeastUnits) found_.sessions = {sessions[0].size(), sessions[1].size()};
  }

  std::span<const TwoArms> strata_;
  const CompareRules& rules_;
  std::vector<Resampling> cut_;  // each stratum
  std::vector<double> weights_;  // of each
  std::vector<double> ratios_;   // of each
  ArmComparison found_;
};

}  // namespace

std::string ShownP(double p) { return p < kLeastShownP ? "< 1e-99" : fmt::format("= {:.2g}", p); }

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

ArmComparison MeasureStrata(std::span<const TwoArms> strata, const CompareRules& rules,
                            const std::optional<SystematicError>& systematic) {
  return Measuring(strata, rules).Answer(systematic);
}

ArmComparison MeasureArms(const TwoArms& arms, const CompareRules& rules,
                          const std::optional<SystematicError>& systematic) {
  return MeasureStrata({&arms, 1}, rules, systematic);
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
