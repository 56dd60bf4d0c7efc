#pragma once
// Whether values depend on when they were taken: then intervals and tests, which take them for independent, are wrong.

#include <optional>
#include <span>

namespace inferometer::analyze {

struct Drift {
  std::optional<double> spearman_rho;     // of the series with the smaller p
  std::optional<double> spearman_p;       // of value against order; at least 2 / n!
  std::optional<double> autocorrelation;  // of ranks at lag 1, over all series together, its bias of -1/n taken off
  bool is_found = false;
};

// A trend: Spearman's p below 0.01 in any of two series, of more below 0.02 by their number. Slow ups and downs:
// autocorrelation above 0.3, and in short series above what one in twenty without any would show. Ranks, because one
// outlier in a hundred hides the autocorrelation of values; of all series together, because that of one is too
// uncertain below some 50 values. Below 0 it is no reason: what jumps to and fro makes intervals too wide, not too
// narrow. docs/comparing.md has the rates.
[[nodiscard]] Drift FindDrift(std::span<const std::span<const double>> series);

}  // namespace inferometer::analyze
