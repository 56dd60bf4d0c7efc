#pragma once
// Holm's step-down over a family of tests: the chance that any true hypothesis of them is rejected stays at the level
// of one (S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
// 1979).

#include <span>
#include <vector>

namespace inferometer::analyze {

inline constexpr double kFalseVerdictRate = 0.05;  // of the whole family

struct Adjusted {
  double p = 1;                      // to be held against kFalseVerdictRate itself
  double level = kFalseVerdictRate;  // what this test's own p was held against: its interval is of 1 - level
};

// In the order of `p_values`. REQUIRES: all within 0 and 1.
[[nodiscard]] std::vector<Adjusted> Holm(std::span<const double> p_values);

}  // namespace inferometer::analyze
