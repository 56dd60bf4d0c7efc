#include "analyze/compare/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "analyze/compare/strata.h"

namespace inferometer::analyze {
namespace {

using Rows = std::array<std::vector<const ComparedRow*>, 2>;

constexpr std::string_view kModel = "model";  // how the sources that estimate begin

// The values of one metric in one stratum, fit to be compared.
struct Part {
  const Stratum* stratum = nullptr;
  Rows rows;
  std::optional<SystematicError> systematic;
};

// What there is to compare of one metric.
struct Parts {
  std::vector<Part> comparable;
  std::vector<std::string> refusals;
  std::vector<std::string> absent;
  std::array<std::size_t, 2> measured{};  // values, comparable or not
};

std::size_t Smaller(const Rows& rows) { return std::min(rows[0].size(), rows[1].size()); }

Rows WithMetric(const Rows& rows, std::size_t metric) {
  Rows with;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    std::copy_if(rows[arm].begin(), rows[arm].end(), std::back_inserter(with[arm]),
                 [metric](const ComparedRow* row) { return row->Has(metric); });
  }
  return with;
}

// The median of what the energies may be off by; nothing where one does not say.
std::optional<double> ErrorOf(const std::vector<const ComparedRow*>& rows) {
  std::vector<double> errors;
  errors.reserve(rows.size());
  for (const ComparedRow* row : rows) {
    if (row->energy_error < 0) return std::nullopt;
    errors.push_back(static_cast<double>(row->energy_error));
  }
  return MedianOf(errors).median;
}

// Cuts a stratum's energies up by where they come from.
class EnergyParts {
 public:
  EnergyParts(const RunRows& all, const Stratum& stratum, const Rows& rows) : all_(all), stratum_(stratum) {
    for (std::size_t arm = 0; arm < 2; ++arm) {
      for (const ComparedRow* row : rows[arm]) by_kind_[row->energy_kind][arm].push_back(row);
    }
  }
  void AddTo(Parts& parts) const {
    bool any_shared = false;
    for (const auto& [kind, rows] : by_kind_) {
      if (Smaller(rows) == 0) continue;
      any_shared = true;
      Add(rows, false, parts);
    }
    if (!any_shared) AddOfDifferentKinds(parts);
  }

 private:
  void Add(const Rows& rows, bool of_different_sources, Parts& parts) const {
    const bool is_modelled = IsModelled(rows[0]) || IsModelled(rows[1]);
    if (is_modelled && (stratum_.devices[0] != stratum_.devices[1] || stratum_.devices[0].size() > 1)) {
      parts.refusals.emplace_back("a modelled energy may be off by 60 %, differently on each device");
      return;
    }
    const auto a = ErrorOf(rows[0]);
    const auto b = ErrorOf(rows[1]);
    if (!a || !b) {
      parts.refusals.emplace_back("some energies do not tell their uncertainty");
      return;
    }
    parts.comparable.push_back({&stratum_, rows, SystematicError{{*a, *b}, of_different_sources}});
  }
  void AddOfDifferentKinds(Parts& parts) const {
    Rows rows;
    for (const auto& [kind, one] : by_kind_) {
      for (std::size_t arm = 0; arm < 2; ++arm) {
        if (one[arm].empty()) continue;
        if (!rows[arm].empty()) {
          parts.refusals.emplace_back("the energies come from several sources");
          return;
        }
        rows[arm] = one[arm];
      }
    }
    const EnergyKind a = all_.KindOf(*rows[0].front());
    const EnergyKind b = all_.KindOf(*rows[1].front());
    if (a.scope != b.scope) {
      parts.refusals.push_back(
          fmt::format("the energies cover different parts of the machine ({} and {})", a.scope, b.scope));
      return;
    }
    if (!ErrorOf(rows[0]) || !ErrorOf(rows[1])) {
      parts.refusals.push_back(fmt::format("the energies come from different sources ({} and {})", a.source, b.source));
      return;
    }
    Add(rows, true, parts);
  }
  [[nodiscard]] bool IsModelled(const std::vector<const ComparedRow*>& rows) const {
    return all_.KindOf(*rows.front()).source.starts_with(kModel);
  }

  const RunRows& all_;
  const Stratum& stratum_;
  std::map<std::int32_t, Rows> by_kind_;
};

TwoArms ArmsOf(const Part& part, std::size_t metric) {
  std::array<std::vector<Observation>, 2> arms;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    arms[arm].reserve(part.rows[arm].size());
    for (const ComparedRow* row : part.rows[arm]) arms[arm].push_back({row->values[metric], row->block, row->session});
  }
  return {std::move(arms[0]), std::move(arms[1])};
}

// The largest of what the parts may be off by: it is in all of them the same way.
std::optional<SystematicError> SystematicOf(const std::vector<Part>& parts) {
  std::optional<SystematicError> largest;
  for (const Part& part : parts) {
    if (!part.systematic) continue;
    if (!largest) largest = SystematicError{};
    for (std::size_t arm = 0; arm < 2; ++arm) {
      largest->relative[arm] = std::max(largest->relative[arm], part.systematic->relative[arm]);
    }
    largest->of_different_sources = largest->of_different_sources || part.systematic->of_different_sources;
  }
  return largest;
}

ArmComparison Measure(const std::vector<Part>& parts, std::size_t metric, const CompareRules& rules) {
  std::vector<TwoArms> strata;
  strata.reserve(parts.size());
  for (const Part& part : parts) strata.push_back(ArmsOf(part, metric));
  return MeasureStrata(strata, rules, SystematicOf(parts));
}

std::vector<Part> WithEnough(const std::vector<Part>& parts) {
  std::vector<Part> enough;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(enough),
               [](const Part& part) { return Smaller(part.rows) >= kLeastForVerdict; });
  return enough;
}

class Comparing {
 public:
  // REQUIRES: `rows` are sorted.
  Comparing(const RunRows& rows, const ArmPair& arms, const RunQuestion& question)
      : rows_(rows), arms_(arms), question_(question), strata_(MatchStrata(rows, arms, question.across)) {}

  RunComparison Answer() {
    RunComparison answer;
    CountRecords(answer);
    std::vector<MetricComparison> by_stratum;
    for (const std::size_t metric : question_.metrics) {
      const Parts parts = PartsOf(metric);
      answer.comparisons.push_back(Overall(metric, parts));
      AddStrata(metric, parts, answer, by_stratum);
    }
    DecideAll(answer.comparisons);
    DecideAll(by_stratum);
    for (MetricComparison& one : by_stratum) answer.comparisons.push_back(std::move(one));
    for (MetricComparison& one : answer.comparisons) {
      if (one.comparison.ratio) one.comparison.reason += NotesOn(one);
    }
    return answer;
  }

  // Without its verdict, which the family gives.
  MetricComparison Overall(std::size_t metric) { return Overall(metric, PartsOf(metric)); }

  // What the reason of a comparison adds.
  [[nodiscard]] std::string NotesOn(const MetricComparison& one) const {
    std::vector<std::string> absent = strata_.absent;
    absent.insert(absent.end(), absent_[one.metric].begin(), absent_[one.metric].end());
    std::string notes;
    if (const auto& sessions = one.comparison.sessions) {
      notes += fmt::format("; of {} and {} sessions, too few to tell how one run differs from the next", (*sessions)[0],
                           (*sessions)[1]);
    }
    if (!strata_.differing.empty()) notes += "; differs as compared: " + Joined(strata_.differing);
    if (!absent.empty()) notes += "; absent on both sides and taken for equal: " + Joined(absent);
    return notes;
  }

 private:
  void CountRecords(RunComparison& answer) const {
    std::map<std::string, std::array<std::size_t, 2>> conditions;
    for (std::size_t arm = 0; arm < 2; ++arm) {
      const ArmCounts counts = rows_.CountsOf(arms_[arm]);
      answer.records[arm] = counts.total;
      answer.failed[arm] = counts.failed;
      answer.below_resolution[arm] = counts.below_resolution;
      for (const auto& [name, count] : counts.conditions) conditions[name][arm] = count;
    }
    answer.unmatched = strata_.unmatched;
    answer.conditions.assign(conditions.begin(), conditions.end());
  }

  [[nodiscard]] Parts PartsOf(std::size_t metric) const {
    Parts parts;
    for (const auto& [key, same] : rows_.classes()) {
      for (std::size_t arm = 0; arm < 2; ++arm) {
        const auto rows = same.RowsOf(arms_[arm]);
        const auto has = [metric](const ComparedRow& row) { return row.Has(metric); };
        parts.measured[arm] += static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), has));
      }
    }
    for (const Stratum& stratum : strata_.both) {
      Rows rows = WithMetric(stratum.rows, metric);
      if (Smaller(rows) == 0) continue;
      std::string why = WhyPromptsDiffer(rows, question_.rules.margin, question_.across, parts.absent);
      if (!why.empty()) {
        parts.refusals.push_back(std::move(why));
      } else if (kCompareMetrics[metric].is_energy) {
        EnergyParts(rows_, stratum, rows).AddTo(parts);
      } else {
        parts.comparable.push_back({&stratum, std::move(rows), std::nullopt});
      }
    }
    return parts;
  }

  [[nodiscard]] std::string WhyNothing(const Parts& parts) const {
    if (parts.measured[0] == 0) return parts.measured[1] == 0 ? "not measured in A and B" : "not measured in A";
    if (parts.measured[1] == 0) return "not measured in B";
    if (!strata_.why_none.empty()) return strata_.why_none;
    if (!parts.refusals.empty()) return parts.refusals.front();
    return "no stratum has values of both sides";
  }

  [[nodiscard]] MetricComparison Overall(std::size_t metric, const Parts& parts) {
    MetricComparison overall{metric, {}, 0, {}, {}};
    std::vector<Part> enough = WithEnough(parts.comparable);
    if (enough.empty() && !parts.comparable.empty()) enough.push_back(parts.comparable.front());
    overall.strata = enough.size();
    overall.comparison =
        enough.empty() ? NotComparableBecause(WhyNothing(parts)) : Measure(enough, metric, question_.rules);
    for (std::size_t arm = 0; arm < 2; ++arm) {
      if (enough.empty()) overall.comparison.n[arm] = parts.measured[arm];
      if (!enough.empty()) overall.left_out[arm] = parts.measured[arm] - overall.comparison.n[arm];
    }
    absent_[metric] = parts.absent;
    return overall;
  }

  // Where there are several with enough values; the rest stands in left_out.
  void AddStrata(std::size_t metric, const Parts& parts, RunComparison& answer,
                 std::vector<MetricComparison>& to) const {
    const std::vector<Part> enough = WithEnough(parts.comparable);
    if (enough.size() < 2) return;
    for (std::size_t i = 0; i < enough.size(); ++i) {
      if (i >= kMostStrata) {
        ++answer.strata_left_out;
        continue;
      }
      to.push_back({metric, enough[i].stratum->facts, 1, {}, Measure({enough[i]}, metric, question_.rules)});
    }
  }

  void DecideAll(std::vector<MetricComparison>& all) const {
    std::vector<ArmComparison> family;
    family.reserve(all.size());
    for (MetricComparison& one : all) family.push_back(std::move(one.comparison));
    Decide(family, question_.rules);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].comparison = std::move(family[i]);
  }

  const RunRows& rows_;
  const ArmPair arms_;
  const RunQuestion& question_;
  Strata strata_;
  std::array<std::vector<std::string>, kCompareMetrics.size()> absent_;
};

}  // namespace

bool IsRegression(const MetricComparison& one, double margin) {
  if (!one.stratum.empty() || !one.comparison.ratio) return false;
  switch (kCompareMetrics[one.metric].better) {
    case Better::kLower: return one.comparison.verdict == Verdict::kHigher && *one.comparison.ratio > 1 + margin;
    case Better::kHigher: return one.comparison.verdict == Verdict::kLower && *one.comparison.ratio < 1 / (1 + margin);
    case Better::kNeither: return false;
  }
  return false;
}

RunComparison CompareRuns(RunRows& rows, const RunQuestion& question) {
  rows.Sort();
  return Comparing(rows, {0, 1}, question).Answer();
}

std::vector<GroupComparison> CompareGroups(RunRows& rows, std::span<const std::size_t> arms,
                                           const RunQuestion& question) {
  rows.Sort();
  const std::size_t pairs = arms.empty() ? 0 : arms.size() - 1;
  std::vector<std::vector<ArmComparison>> families(question.metrics.size());
  std::vector<GroupComparison> all(pairs * families.size());
  std::vector<std::string> notes(all.size());
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    Comparing comparing(rows, {arms[0], arms[pair + 1]}, question);
    for (std::size_t i = 0; i < families.size(); ++i) {
      const std::size_t place = i * pairs + pair;
      all[place] = {pair + 1, comparing.Overall(question.metrics[i])};
      notes[place] = comparing.NotesOn(all[place].comparison);
      families[i].push_back(std::move(all[place].comparison.comparison));
    }
  }
  for (std::size_t place = 0; place < all.size(); ++place) {
    std::vector<ArmComparison>& family = families[place / pairs];
    if (place % pairs == 0) Decide(family, question.rules);
    ArmComparison& comparison = all[place].comparison.comparison;
    comparison = std::move(family[place % pairs]);
    if (comparison.ratio) comparison.reason += notes[place];
  }
  return all;
}

}  // namespace inferometer::analyze
