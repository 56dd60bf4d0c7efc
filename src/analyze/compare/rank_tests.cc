#include "analyze/compare/rank_tests.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace inferometer::analyze {
namespace {

constexpr std::size_t kSmallSample = 8;           // SciPy's bound for the exact distribution of U
constexpr double kMostExactPairs = 1e6;           // of what the exact distribution takes in memory
constexpr std::size_t kMostExactSignedRank = 50;  // SciPy's

struct Ranks {
  std::vector<double> of;  // in the order of the values
  double ties = 0;         // sum of t^3 - t over groups of t equal values
};

Ranks RanksOf(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return values[x] < values[y]; });
  Ranks ranks{std::vector<double>(values.size())};
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const auto equal = static_cast<double>(end - begin);
    ranks.ties += equal * equal * equal - equal;
    for (std::size_t i = begin; i < end; ++i) ranks.of[order[i]] = static_cast<double>(begin + end + 1) / 2;
  }
  return ranks;
}

double UpperTail(double z) { return boost::math::cdf(boost::math::complement(boost::math::normal(), z)); }

double TwoSided(double one_side) { return std::min(1.0, 2 * one_side); }

// How often each U comes over all ways to mix n and m values: the coefficients of the Gaussian binomial, by multiplying
// with (1 - q^(m+i)) and dividing by (1 - q^i).
std::vector<double> CountsOfU(std::size_t n, std::size_t m) {
  std::vector<double> counts(n * m + 1, 0.0);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t k = counts.size(); k-- > m + i;) counts[k] -= counts[k - m - i];
    for (std::size_t k = i; k < counts.size(); ++k) counts[k] += counts[k - i];
  }
  return counts;
}

// P(U >= u) for the larger of U and its mirror. REQUIRES: u is whole and at least n m / 2.
double ExactTail(double u, std::size_t n, std::size_t m) {
  const std::vector<double> counts = CountsOfU(std::min(n, m), std::max(n, m));
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  const std::size_t mirrored = n * m - static_cast<std::size_t>(std::lround(u));
  const auto end = counts.begin() + static_cast<std::ptrdiff_t>(mirrored) + 1;
  return std::accumulate(counts.begin(), end, 0.0) / all;
}

// The ranks of two samples put together.
struct MixedRanks {
  MixedRanks(std::span<const double> a, std::span<const double> b)
      : n(static_cast<double>(b.size())), m(static_cast<double>(a.size())) {
    std::vector<double> all(b.begin(), b.end());
    all.insert(all.end(), a.begin(), a.end());
    const Ranks ranks = RanksOf(all);
    const auto end_of_b = ranks.of.begin() + static_cast<std::ptrdiff_t>(b.size());
    u = std::accumulate(ranks.of.begin(), end_of_b, 0.0) - n * (n + 1) / 2;
    ties = ranks.ties;
  }
  // Of u, where both are drawn from the same.
  [[nodiscard]] double Variance() const {
    const double all = n + m;
    return n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  }
  double n;  // values of b
  double m;  // of a
  double u = 0;
  double ties = 0;
};

double NormalTail(const MixedRanks& mixed, double u) {
  const double variance = mixed.Variance();
  if (!(variance > 0)) return 0.5;  // all values are equal
  return UpperTail((u - mixed.n * mixed.m / 2 - 0.5) / std::sqrt(variance));
}

// Ranks of the sizes of what is not 0.
struct SignedRanks {
  [[nodiscard]] double Variance() const {
    const auto n = static_cast<double>(count);
    return (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
  }
  std::size_t count = 0;
  double above = 0;  // sum of the ranks of what is above 0
  double ties = 0;
};

SignedRanks SignedRanksOf(std::span<const double> differences) {
  std::vector<double> sizes;
  std::vector<bool> is_above;
  for (const double difference : differences) {
    if (difference == 0) continue;
    sizes.push_back(std::abs(difference));
    is_above.push_back(difference > 0);
  }
  const Ranks ranks = RanksOf(sizes);
  SignedRanks signed_ranks{sizes.size(), 0, ranks.ties};
  for (std::size_t i = 0; i < sizes.size(); ++i) signed_ranks.above += is_above[i] ? ranks.of[i] : 0;
  return signed_ranks;
}

// P(W <= w) for sums of a random half of the ranks 1 to n.
double ExactSignedRankTail(double w, std::size_t n) {
  std::vector<double> counts(n * (n + 1) / 2 + 1, 0.0);
  counts[0] = 1;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    for (std::size_t k = counts.size(); k-- > rank;) counts[k] += counts[k - rank];
  }
  const auto end = counts.begin() + static_cast<std::ptrdiff_t>(std::lround(w)) + 1;
  return std::accumulate(counts.begin(), end, 0.0) / std::exp2(static_cast<double>(n));
}

}  // namespace

std::vector<double> AverageRanks(std::span<const double> values) { return RanksOf(values).of; }

MannWhitney CompareRanks(std::span<const double> a, std::span<const double> b) {
  const MixedRanks mixed(a, b);
  const double pairs = mixed.n * mixed.m;
  const double larger = std::max(mixed.u, pairs - mixed.u);
  const bool exact = std::min(a.size(), b.size()) <= kSmallSample && mixed.ties == 0 && pairs <= kMostExactPairs;
  return {mixed.u, TwoSided(exact ? ExactTail(larger, b.size(), a.size()) : NormalTail(mixed, larger)),
          2 * mixed.u / pairs - 1};
}

double SignedRankP(std::span<const double> differences) {
  const SignedRanks signed_ranks = SignedRanksOf(differences);
  if (signed_ranks.count == 0) return 1;
  const auto n = static_cast<double>(signed_ranks.count);
  const double all = n * (n + 1) / 2;
  const double smaller = std::min(signed_ranks.above, all - signed_ranks.above);
  const bool has_zeros = signed_ranks.count != differences.size();
  if (signed_ranks.count <= kMostExactSignedRank && signed_ranks.ties == 0 && !has_zeros) {
    return TwoSided(ExactSignedRankTail(smaller, signed_ranks.count));
  }
  return TwoSided(UpperTail((all / 2 - smaller) / std::sqrt(signed_ranks.Variance())));
}

RankLean LeanOf(std::span<const double> a, std::span<const double> b) {
  const MixedRanks mixed(a, b);
  const double all = mixed.n + mixed.m;
  return {(mixed.u - mixed.n * mixed.m / 2) / (all + 1), mixed.Variance() / ((all + 1) * (all + 1))};
}

RankLean SignedLeanOf(std::span<const double> differences) {
  const SignedRanks signed_ranks = SignedRanksOf(differences);
  if (signed_ranks.count == 0) return {};
  const auto n = static_cast<double>(signed_ranks.count);
  return {(signed_ranks.above - n * (n + 1) / 4) / (n + 1), signed_ranks.Variance() / ((n + 1) * (n + 1))};
}

double LeanP(const RankLean& all) {
  if (!(all.variance > 0)) return 1;
  return TwoSided(UpperTail(std::abs(all.sum) / std::sqrt(all.variance)));
}

std::optional<RankCorrelation> CorrelateWithOrder(std::span<const double> values) {
  if (values.size() < 3) return std::nullopt;
  const Ranks ranks = RanksOf(values);
  const auto n = static_cast<double>(values.size());
  const double middle = (n + 1) / 2;
  const double order_squares = n * (n * n - 1) / 12;
  const double rank_squares = order_squares - ranks.ties / 12;
  if (!(rank_squares > 0)) return std::nullopt;
  double products = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    products += (ranks.of[i] - middle) * (static_cast<double>(i + 1) - middle);
  RankCorrelation found;
  found.rho = std::clamp(products / std::sqrt(order_squares * rank_squares), -1.0, 1.0);
  const double rest = 1 - found.rho * found.rho;
  if (!(rest > 0)) {
    found.p = 0;
  } else {
    const double t = std::abs(found.rho) * std::sqrt((n - 2) / rest);
    found.p = TwoSided(boost::math::cdf(boost::math::complement(boost::math::students_t(n - 2), t)));
  }
  return found;
}

}  // namespace inferometer::analyze
