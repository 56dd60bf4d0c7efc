#pragma once
// How far the ratio of two medians may be off by chance.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analyze/compare/median_interval.h"
#include "analyze/compare/resampling_units.h"

namespace inferometer::analyze {

inline constexpr std::size_t kResamples = 10000;

// Where the ratios of resampled medians, B by A, lie: their two tails, sorted, which is all that intervals of 95 % and
// more need.
struct RatioTails {
  std::vector<double> low;   // the smallest
  std::vector<double> high;  // the largest
};

// Percentile bootstrap of kResamples resamples, the same for the same seed. `block_length` counts for
// moving blocks only. Above kMostExact values an arm the medians' ranks are drawn from their limit, Student's t with
// one less than the units as its degrees of freedom.
[[nodiscard]] RatioTails BootstrapRatio(const Resampling& resampling, std::size_t block_length, std::uint64_t seed);
inline constexpr std::size_t kMostExact = 5000;

// One stratum of several. The resampling must outlive the call.
struct ResampledStratum {
  const Resampling* resampling = nullptr;
  std::size_t block_length = 1;
  double weight = 1;  // of all strata together 1
};
// Where the weighted geometric means of the strata's ratios lie, each stratum resampled for itself. Of more than
// kMostStrataInFull, each is resampled kResamplesOfMany times, and the means are made of random ones of these.
[[nodiscard]] RatioTails BootstrapRatios(std::span<const ResampledStratum> strata, std::uint64_t seed);
inline constexpr std::size_t kMostStrataInFull = 20;
inline constexpr std::size_t kResamplesOfMany = 500;

// The interval of 1 - level. REQUIRES: level at most 0.05.
[[nodiscard]] Interval IntervalOf(const RatioTails& tails, double level);

// Length of the moving blocks for `n` values whose ranks have the given autocorrelation: Carlstein's for a series of
// the first order, (6 r^2 n / (1 - r^2)^2)^(1/3) (E. Carlstein, "The use of subseries values for estimating the
// variance of a general statistic from a stationary sequence", Annals of Statistics 14, 1986), at least 1, which
// resamples single values. Blocks wrap around (Politis and Romano 1992), so that every value counts the same.
[[nodiscard]] std::size_t BlockLength(double autocorrelation, std::size_t n);

}  // namespace inferometer::analyze
