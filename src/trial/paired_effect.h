#pragma once
// What a change does, from pairs of runs with and without it.

#include <cstddef>
#include <optional>
#include <span>

namespace inferometer::trial {

// In percent of the run without: above 0, the change makes it slower.
struct PairedEffect {
  double median_percent;
  // Of the median, at least 95 %, by order statistics of the pairs: no shape of the noise is assumed, only that pairs
  // do not depend on each other. Absent below 6 pairs.
  std::optional<double> low_percent;
  std::optional<double> high_percent;
  std::size_t pairs;
};

struct Pair {
  double with_seconds;
  double without_seconds;
};

// REQUIRES: not empty, all above 0.
[[nodiscard]] PairedEffect EffectOf(std::span<const Pair> pairs);

// The rank k (from 0) for which the k-th smallest and the k-th largest of `n` values hold the median between them with
// at least 95 %. Absent below 6.
[[nodiscard]] std::optional<std::size_t> MedianIntervalRank(std::size_t n);

}  // namespace inferometer::trial
