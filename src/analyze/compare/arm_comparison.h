#pragma once
// One quantity of two arms: how B stands to A, and whether that may be said at all. docs/comparing.md tells the
// procedure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analyze/compare/drift.h"
#include "analyze/compare/median_interval.h"
#include "analyze/compare/ratio_bootstrap.h"
#include "analyze/compare/resampling_units.h"

namespace inferometer::analyze {

// Of B against A.
enum class Verdict : std::uint8_t { kLower, kHigher, kEquivalent, kUndecided, kNotComparable };
[[nodiscard]] std::string_view NameOf(Verdict verdict);

struct CompareRules {
  double margin = 0.02;  // ratios from 1 / (1 + margin) to 1 + margin count as the same
  std::uint64_t seed = 1;
};

inline constexpr std::size_t kLeastForVerdict = 5;   // values an arm
inline constexpr std::size_t kLeastForInterval = 6;  // values an arm

// What the energies' source may be off by, in every record the same way, so that no number of records makes it smaller.
// Relative, k = 2, of A and B.
struct SystematicError {
  std::array<double, 2> relative{};
  bool of_different_sources = false;  // then the ratio must be beyond what both may be off by
};

// A value that is absent could not be told; `reason` says why.
struct ArmComparison {
  std::array<std::size_t, 2> n{};
  std::array<std::optional<MedianFigure>, 2> median;  // absent where the values are of several strata
  std::optional<double> ratio;                        // median of B by median of A; over strata see MeasureStrata
  std::optional<Interval> interval;                   // of the ratio, with the systematic error
  std::optional<Interval> interval_statistical;       // without
  std::optional<double> level;                        // the intervals are of 1 - level
  std::optional<double> p;                            // by ranks, for itself
  std::optional<double> p_adjusted;                   // Holm's, over the family
  std::optional<double> delta;                        // Cliff's, of the single values
  std::optional<Units> units;
  std::array<std::size_t, 2> unit_counts{};
  std::optional<std::size_t> block_length;             // of moving blocks; over strata the longest
  std::optional<std::array<std::size_t, 2>> sessions;  // where the values' own were too few to be resampled
  Drift drift;
  std::optional<double> systematic;  // of the ratio, relative, k = 2
  Verdict verdict = Verdict::kUndecided;
  std::string reason;

  // What Decide still needs.
  RatioTails tails;
  int direction = 0;  // in which direction the ranks point
  bool is_tested = false;
  std::optional<SystematicError> systematic_error;
};

// Everything but the verdict, which needs the whole family; a comparison that cannot be tested has its verdict and
// reason.
[[nodiscard]] ArmComparison MeasureArms(const TwoArms& arms, const CompareRules& rules,
                                        const std::optional<SystematicError>& systematic = std::nullopt);

// The same over several strata, which may differ in level and in how many values each arm has. B is held against A
// within each only: ranks by van Elteren's test, the ratio as the geometric mean of the strata's ratios, weighted by
// n m / (n + m), drift by each stratum's own series. REQUIRES: not empty; of several, each has values of both arms.
[[nodiscard]] ArmComparison MeasureStrata(std::span<const TwoArms> strata, const CompareRules& rules,
                                          const std::optional<SystematicError>& systematic = std::nullopt);

// "= 0.012", or "< 1e-99": p for people.
[[nodiscard]] std::string ShownP(double p);

[[nodiscard]] ArmComparison NotComparableBecause(std::string reason);

// Verdicts, adjusted p and intervals of those that were tested, as one family (Holm): the chance of any false lower or
// higher among them is at most 5 %.
void Decide(std::span<ArmComparison> family, const CompareRules& rules);

}  // namespace inferometer::analyze
