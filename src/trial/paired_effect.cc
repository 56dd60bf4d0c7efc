#include "trial/paired_effect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/quantile.h"

namespace inferometer::trial {
namespace {

constexpr double kOneTail = 0.025;

// P(X = k) for n throws of a coin.
double CoinProbability(std::size_t n, std::size_t k) {
  const auto log_choose = std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
                          std::lgamma(static_cast<double>(n - k) + 1);
  return std::exp(log_choose - static_cast<double>(n) * std::log(2.0));
}

}  // namespace

std::optional<std::size_t> MedianIntervalRank(std::size_t n) {
  double tail = 0;
  std::size_t below = 0;  // values that may lie under the interval
  while (below < n / 2 && tail + CoinProbability(n, below) <= kOneTail) tail += CoinProbability(n, below++);
  if (below == 0) return std::nullopt;
  return below - 1;
}

PairedEffect EffectOf(std::span<const Pair> pairs) {
  std::vector<double> percents;
  percents.reserve(pairs.size());
  for (const Pair& pair : pairs) percents.push_back(100 * (pair.with_seconds / pair.without_seconds - 1));
  PairedEffect effect{base::QuantileType7(percents, 0.5), std::nullopt, std::nullopt, pairs.size()};
  if (const auto rank = MedianIntervalRank(percents.size())) {
    std::sort(percents.begin(), percents.end());
    effect.low_percent = percents[*rank];
    effect.high_percent = percents[percents.size() - 1 - *rank];
  }
  return effect;
}

}  // namespace inferometer::trial
