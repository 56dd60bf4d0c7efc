#include "analyze/compare/drift.h"

#include <algorithm>
#include <cmath>

#include "analyze/compare/rank_tests.h"

namespace inferometer::analyze {
namespace {

constexpr double kTrendP = 0.01;
constexpr double kMostAutocorrelation = 0.3;
constexpr double kOneInTwenty = 1.645;  // standard deviations

// The exact p of values that only rise or only fall, which Student's t takes for 0: of 5 in a row one in 60 does.
double LeastTrendP(std::size_t n) { return n < 20 ? 2 / std::tgamma(static_cast<double>(n + 1)) : 0; }

struct Autocorrelation {
  double products = 0;
  double squares = 0;
  double values = 0;
  double series = 0;
};

void Add(std::span<const double> values, Autocorrelation& sum) {
  const std::vector<double> ranks = AverageRanks(values);
  const double middle = static_cast<double>(values.size() + 1) / 2;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    sum.squares += (ranks[i] - middle) * (ranks[i] - middle);
    if (i > 0) sum.products += (ranks[i] - middle) * (ranks[i - 1] - middle);
  }
  sum.values += static_cast<double>(values.size());
  ++sum.series;
}

}  // namespace

Drift FindDrift(std::span<const std::span<const double>> series) {
  Drift drift;
  Autocorrelation sum;
  for (const std::span<const double> values : series) {
    const auto trend = CorrelateWithOrder(values);
    if (!trend) continue;
    Add(values, sum);
    const double p = std::max(trend->p, LeastTrendP(values.size()));
    if (drift.spearman_p && *drift.spearman_p <= p) continue;
    drift.spearman_p = p;
    drift.spearman_rho = trend->rho;
  }
  if (!drift.spearman_p) return drift;
  drift.autocorrelation = sum.products / sum.squares + sum.series / sum.values;
  const double bound = std::max(kMostAutocorrelation, kOneInTwenty / std::sqrt(sum.values));
  const double trend_p = kTrendP * std::min(1.0, 2 / sum.series);  // as often by chance as in two
  drift.is_found = *drift.spearman_p < trend_p || *drift.autocorrelation > bound;
  return drift;
}

}  // namespace inferometer::analyze
