#include "analyze/compare/ratio_bootstrap.h"

#include <algorithm>
#include <array>
#include <boost/random/beta_distribution.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/student_t_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cassert>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace inferometer::analyze {
namespace {

using Generator = boost::random::mt19937_64;  // Boost's distributions are fixed; those of std change with the library

constexpr double kWidestLevel = 0.05;
constexpr std::size_t kTail = static_cast<std::size_t>(kResamples * kWidestLevel / 2) + 2;

// The values of an arm in order of size, with the unit of each.
struct Sorted {
  explicit Sorted(const ArmUnits& arm) : values(arm.values.size()), unit(arm.values.size()) {
    std::vector<std::uint32_t> order(arm.values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto x, auto y) { return arm.values[x] < arm.values[y]; });
    for (std::size_t i = 0; i < order.size(); ++i) {
      values[i] = arm.values[order[i]];
      unit[i] = arm.unit[order[i]];
    }
  }
  // By rank from 0, between two where it has a fraction.
  [[nodiscard]] double At(double rank) const {
    const double inside = std::clamp(rank, 0.0, static_cast<double>(values.size() - 1));
    const auto below = static_cast<std::size_t>(inside);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (inside - std::floor(inside)) * (values[above] - values[below]);
  }
  std::vector<double> values;
  std::vector<std::uint32_t> unit;
};

// The median of as many values as there are, each drawn alone: its rank is that of the middle one of uniform numbers,
// which is a beta variate. Takes the same time whatever the number of values.
class SingleValues {
 public:
  explicit SingleValues(const Sorted& sorted) : sorted_(sorted), n_(sorted.values.size()), middle_((n_ + 1) / 2) {}
  double Median(Generator& random) {
    const auto n = static_cast<double>(n_);
    const auto m = static_cast<double>(middle_);
    const double first = boost::random::beta_distribution<>(m, n - m + 1)(random);
    if (n_ % 2 == 1) return ValueAt(first);
    // The next larger one is the least of n - m numbers between the first and 1.
    const double rest = std::pow(boost::random::uniform_01<>()(random), 1 / (n - m));
    return (ValueAt(first) + ValueAt(1 - (1 - first) * rest)) / 2;
  }

 private:
  [[nodiscard]] double ValueAt(double uniform) const {
    const auto place = static_cast<std::size_t>(uniform * static_cast<double>(n_));
    return sorted_.values[std::min(place, n_ - 1)];
  }
  const Sorted& sorted_;
  std::size_t n_;
  std::size_t middle_;
};

// The median of values that count as often as their units were drawn. REQUIRES: at least one was.
double MedianOfDrawn(const Sorted& sorted, std::span<const std::uint32_t> times) {
  std::uint64_t all = 0;
  for (const std::uint32_t unit : sorted.unit) all += times[unit];
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < sorted.values.size(); ++i) {
    so_far += times[sorted.unit[i]];
    if (2 * so_far < all) continue;
    if (2 * so_far > all) return sorted.values[i];
    std::size_t next = i + 1;
    while (times[sorted.unit[next]] == 0) ++next;
    return (sorted.values[i] + sorted.values[next]) / 2;
  }
  return sorted.values.back();
}

void DrawUnits(Generator& random, std::vector<std::uint32_t>& times) {
  std::fill(times.begin(), times.end(), 0U);
  boost::random::uniform_int_distribution<std::size_t> any(0, times.size() - 1);
  for (std::size_t i = 0; i < times.size(); ++i) ++times[any(random)];
}

// Blocks of `length` values in a row, as many values as there are.
void DrawMovingBlocks(Generator& random, std::size_t length, std::vector<std::uint32_t>& times) {
  std::fill(times.begin(), times.end(), 0U);
  boost::random::uniform_int_distribution<std::size_t> any(0, times.size() - 1);
  for (std::size_t drawn = 0; drawn < times.size();) {
    std::size_t at = any(random);
    for (std::size_t i = 0; i < length && drawn < times.size(); ++i, ++drawn) {
      ++times[at];
      at = at + 1 == times.size() ? 0 : at + 1;
    }
  }
}

// For many values: how far each unit pushes the share of values below the median away from a half.
std::vector<double> Pushes(const ArmUnits& arm, const Sorted& sorted, std::size_t block_length) {
  const double middle = sorted.At(static_cast<double>(sorted.values.size() - 1) / 2);
  std::vector<double> pushes(arm.units, 0.0);
  for (std::size_t i = 0; i < arm.values.size(); ++i) {
    const double below = arm.values[i] < middle ? 1 : arm.values[i] > middle ? 0 : 0.5;
    pushes[arm.unit[i] / block_length] += (below - 0.5) / static_cast<double>(arm.values.size());
  }
  pushes.resize((arm.units + block_length - 1) / block_length);
  return pushes;
}

double SumOfProducts(const std::vector<double>& x, const std::vector<double>& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

// Draws the ranks of both medians from their limit.
class LimitOfRanks {
 public:
  LimitOfRanks(const Resampling& resampling, const std::array<Sorted, 2>& sorted, std::size_t block_length)
      : sorted_(sorted) {
    const bool is_series = resampling.units == Units::kMovingBlocks;
    std::array<std::vector<double>, 2> pushes;
    for (std::size_t arm = 0; arm < 2; ++arm) {
      pushes[arm] = Pushes(resampling.arms[arm], sorted[arm], is_series ? block_length : 1);
      deviation_[arm] = std::sqrt(SumOfProducts(pushes[arm], pushes[arm]));
      freedom_[arm] = static_cast<double>(pushes[arm].size() - 1);
    }
    if (resampling.units == Units::kPairedBlocks && deviation_[0] > 0 && deviation_[1] > 0) {
      together_ = SumOfProducts(pushes[0], pushes[1]) / (deviation_[0] * deviation_[1]);
    }
  }
  double Ratio(Generator& random) {
    const double first = boost::random::student_t_distribution<>(freedom_[0])(random);
    const double own = boost::random::student_t_distribution<>(freedom_[1])(random);
    const double second = together_ * first + std::sqrt(std::max(0.0, 1 - together_ * together_)) * own;
    return MedianAt(1, second) / MedianAt(0, first);
  }

 private:
  [[nodiscard]] double MedianAt(std::size_t arm, double deviations) const {
    const auto n = static_cast<double>(sorted_[arm].values.size());
    return sorted_[arm].At((n - 1) / 2 + n * deviation_[arm] * deviations);
  }
  const std::array<Sorted, 2>& sorted_;
  std::array<double, 2> deviation_{};  // of the share of values below the median
  std::array<double, 2> freedom_{};
  double together_ = 0;  // correlation of both arms' shares
};

RatioTails TailsOf(std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  return {{ratios.begin(), ratios.begin() + kTail}, {ratios.end() - kTail, ratios.end()}};
}

template <typename Draw>
std::vector<double> Drawn(std::size_t count, Draw draw) {
  std::vector<double> ratios(count);
  for (double& ratio : ratios) ratio = draw();
  return ratios;
}

std::vector<double> DrawUnitRatios(const Resampling& resampling, const std::array<Sorted, 2>& sorted,
                                   std::size_t block_length, std::size_t count, Generator& random) {
  std::array<std::vector<std::uint32_t>, 2> times;
  for (std::size_t arm = 0; arm < 2; ++arm) times[arm].resize(resampling.arms[arm].units);
  return Drawn(count, [&] {
    std::array<double, 2> median{};
    for (std::size_t arm = 0; arm < 2; ++arm) {
      if (resampling.units == Units::kMovingBlocks) {
        DrawMovingBlocks(random, block_length, times[arm]);
      } else if (resampling.units == Units::kPairedBlocks && arm == 1) {
        times[1] = times[0];
      } else {
        DrawUnits(random, times[arm]);
      }
      median[arm] = MedianOfDrawn(sorted[arm], times[arm]);
    }
    return median[1] / median[0];
  });
}

std::vector<double> DrawRatios(const Resampling& resampling, std::size_t block_length, std::size_t count,
                               Generator& random) {
  const std::array<Sorted, 2> sorted = {Sorted(resampling.arms[0]), Sorted(resampling.arms[1])};
  if (std::max(sorted[0].values.size(), sorted[1].values.size()) > kMostExact) {
    LimitOfRanks ranks(resampling, sorted, block_length);
    return Drawn(count, [&] { return ranks.Ratio(random); });
  }
  if (resampling.units == Units::kMovingBlocks && block_length <= 1) {
    SingleValues a(sorted[0]);
    SingleValues b(sorted[1]);
    return Drawn(count, [&] {
      const double below = a.Median(random);
      return b.Median(random) / below;
    });
  }
  return DrawUnitRatios(resampling, sorted, block_length, count, random);
}

// Adds the weighted logarithms of `ratios` to `sums`: one to each, or random ones where there are fewer.
void AddLogarithms(const std::vector<double>& ratios, double weight, Generator& random, std::vector<double>& sums) {
  boost::random::uniform_int_distribution<std::size_t> any(0, ratios.size() - 1);
  const bool one_to_each = ratios.size() == sums.size();
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * std::log(ratios[one_to_each ? i : any(random)]);
}

}  // namespace

RatioTails BootstrapRatio(const Resampling& resampling, std::size_t block_length, std::uint64_t seed) {
  Generator random(seed);
  return TailsOf(DrawRatios(resampling, block_length, kResamples, random));
}

RatioTails BootstrapRatios(std::span<const ResampledStratum> strata, std::uint64_t seed) {
  if (strata.size() == 1) return BootstrapRatio(*strata[0].resampling, strata[0].block_length, seed);
  Generator random(seed);
  const std::size_t count = strata.size() <= kMostStrataInFull ? kResamples : kResamplesOfMany;
  std::vector<double> means(kResamples, 0.0);
  for (const ResampledStratum& one : strata) {
    AddLogarithms(DrawRatios(*one.resampling, one.block_length, count, random), one.weight, random, means);
  }
  for (double& mean : means) mean = std::exp(mean);
  return TailsOf(std::move(means));
}

Interval IntervalOf(const RatioTails& tails, double level) {
  assert(level <= kWidestLevel);
  const double position = level / 2 * static_cast<double>(kResamples - 1);
  const auto below = static_cast<std::size_t>(position);
  const double fraction = position - std::floor(position);
  const auto between = [fraction](double from, double to) { return from + fraction * (to - from); };
  const std::size_t last = kTail - 1;
  return {between(tails.low[below], tails.low[below + 1]),
          between(tails.high[last - below], tails.high[last - below - 1])};
}

std::size_t BlockLength(double autocorrelation, std::size_t n) {
  const double r = std::clamp(autocorrelation, 0.0, 0.9);
  const double rest = 1 - r * r;
  const double length = std::cbrt(6 * r * r * static_cast<double>(n) / (rest * rest));
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(length)), 1, std::max<std::size_t>(n / 3, 1));
}

}  // namespace inferometer::analyze
