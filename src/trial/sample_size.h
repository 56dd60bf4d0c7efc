#pragma once
// How many blocks tell two arms apart, from the spread that a few blocks have shown.

#include <cstddef>
#include <span>

namespace inferometer::trial {

// The least that paired blocks are compared from (analyze::kLeastUnits).
inline constexpr std::size_t kPilotBlocks = 6;

struct SizeQuestion {
  double effect = 0.02;     // relative: a ratio of 1 + effect is to be found
  double level = 0.05;      // of the two-sided test, in its family: 0.05 by the number of pairs of arms
  double power = 0.8;       // how often it is to be found
  std::size_t most = 1000;  // no more are asked for
};

// `log_ratios`: of each block of the pilot, the logarithm of B by A. The number of blocks with which Wilcoxon's
// signed-rank test finds the effect: the paired t test's, (t(1 - level/2) + t(power))^2 s^2 / log(1 + effect)^2 with n
// - 1 degrees of freedom, by the 3/pi of what ranks see of it (Lehmann, "Nonparametrics", 1975). s is the upper limit
// of the pilot's standard deviation at 80 %: with the estimate itself, half of all benches would be too short (Browne,
// "On the use of a pilot sample for sample size determination", 1995).
//
// Only the sizes of the ratios count, never their signs. Where there is no difference, each sign is a toss of a coin
// whatever the sizes are, so that the test, which takes the pilot's blocks in, keeps its level exactly. (By the
// standard deviation it would be at 6.4 % where it says 5: a pilot that looks quieter than things are ends a bench
// early, and makes it look quiet.) The price: where the ratio is some standard deviations from 1, up to three times as
// many blocks.
//
// At least kPilotBlocks, and as many as the test needs to reach the level at all. REQUIRES: two values or more, effect
// above 0.
[[nodiscard]] std::size_t BlocksNeeded(std::span<const double> log_ratios, const SizeQuestion& question);

}  // namespace inferometer::trial
