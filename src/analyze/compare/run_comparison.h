#pragma once
// The answer of `inferometer compare`: each metric of B against A, over all strata first, then in each.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/compare/arm_comparison.h"
#include "analyze/compare/run_rows.h"

namespace inferometer::analyze {

struct RunQuestion {
  CompareRules rules;
  std::vector<std::size_t> metrics;  // places in kCompareMetrics
  std::vector<std::string> across;   // fields that may differ, as they are what is compared
};

struct MetricComparison {
  std::size_t metric = 0;                                    // place in kCompareMetrics
  std::vector<std::pair<std::string, std::string>> stratum;  // its facts; empty: over all strata
  std::size_t strata = 0;                                    // how many it is over
  std::array<std::size_t, 2> left_out{};  // values in no stratum with 5 of each side, or not comparable
  ArmComparison comparison;
};

struct RunComparison {
  std::vector<MetricComparison> comparisons;  // one a metric over all strata, then by stratum where there are several
  std::size_t strata_left_out = 0;            // beyond kMostStrata, not given one by one
  std::array<std::size_t, 2> records{};
  std::array<std::size_t, 2> failed{};
  std::array<std::size_t, 2> unmatched{};  // no record of the other side has the same facts
  std::array<std::size_t, 2> below_resolution{};
  std::vector<std::pair<std::string, std::array<std::size_t, 2>>> conditions;  // records of each side, by condition
};
inline constexpr std::size_t kMostStrata = 20;

// With what it was asked of, for whoever prints it.
struct RunAnswer {
  std::array<std::string, 2> names;  // A and B as they were given
  RunQuestion question;
  RunComparison comparison;
  std::size_t files_read = 0;
  std::vector<Damage> damaged;
};

// Whether B is worse than A by more than the margin: the verdict says so, and the ratio itself is beyond it.
[[nodiscard]] bool IsRegression(const MetricComparison& one, double margin);

// The comparisons over all strata are one family, those within strata another (Decide).
[[nodiscard]] RunComparison CompareRuns(RunRows& rows, const RunQuestion& question);

// One group against the first.
struct GroupComparison {
  std::size_t group = 0;  // its place in `arms`
  MetricComparison comparison;
};

// Each of `arms` from the second on against the first, metric by metric, over all strata; those of one metric are a
// family. The first must not have been chosen by its figures: what comes out best of many beats others by chance.
[[nodiscard]] std::vector<GroupComparison> CompareGroups(RunRows& rows, std::span<const std::size_t> arms,
                                                         const RunQuestion& question);

}  // namespace inferometer::analyze
