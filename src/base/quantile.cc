#include "base/quantile.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace inferometer::base {
namespace {

constexpr std::size_t kFewValues = 4096;  // below, selecting one by one is as fast
constexpr std::size_t kBuckets = 4096;

// The order statistics asked for, found without sorting the rest: values are counted in buckets of equal width, and
// only the buckets that hold an asked rank are gathered and sorted. Exact, since a smaller value never falls into a
// later bucket.
class RankFinder {
 public:
  // REQUIRES: `values` outlives the finder; its extremes are different and their difference is finite.
  RankFinder(std::span<const double> values, const Extremes& extremes)
      : values_(values),
        least_(extremes.least),
        scale_(static_cast<double>(kBuckets - 1) / (extremes.most - extremes.least)),
        before_(kBuckets + 1) {
    for (const double value : values_) ++before_[BucketOf(value) + 1];
    for (std::size_t i = 0; i < kBuckets; ++i) before_[i + 1] += before_[i];
  }

  void Ask(std::size_t rank) { asked_[BucketHolding(rank)] = 1; }
  // REQUIRES: after the last Ask.
  void Gather() {
    for (const double value : values_) {
      if (asked_[BucketOf(value)] != 0) gathered_.push_back(value);
    }
    std::sort(gathered_.begin(), gathered_.end());
  }
  // REQUIRES: after Gather; `rank` was asked.
  [[nodiscard]] double At(std::size_t rank) const {
    const std::size_t bucket = BucketHolding(rank);
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < bucket; ++i) left_out += asked_[i] != 0 ? 0 : before_[i + 1] - before_[i];
    return gathered_[rank - left_out];
  }

 private:
  [[nodiscard]] std::size_t BucketOf(double value) const { return static_cast<std::size_t>((value - least_) * scale_); }
  [[nodiscard]] std::size_t BucketHolding(std::size_t rank) const {
    return static_cast<std::size_t>(std::upper_bound(before_.begin(), before_.end(), rank) - before_.begin()) - 1;
  }

  std::span<const double> values_;
  double least_;
  double scale_;
  std::vector<std::size_t> before_;  // how many values stand in earlier buckets
  std::vector<std::uint8_t> asked_ = std::vector<std::uint8_t>(kBuckets);
  std::vector<double> gathered_;
};

// By partial sorting. REQUIRES: not empty.
double OneQuantile(std::span<double> values, double q) {
  assert(!values.empty());
  const QuantilePlace place(q, values.size());
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(place.below);
  std::nth_element(values.begin(), nth, values.end());
  if (place.fraction == 0.0) return *nth;
  const double above = *std::min_element(nth + 1, values.end());
  return place.Between(*nth, above);
}

}  // namespace

QuantilePlace::QuantilePlace(double q, std::size_t count) {
  const double position = q * static_cast<double>(count - 1);
  below = static_cast<std::size_t>(std::floor(position));
  fraction = position - static_cast<double>(below);
  above = fraction == 0.0 ? below : below + 1;
}

double QuantileType7(std::vector<double>& values, double q) { return OneQuantile(values, q); }

std::vector<double> QuantilesType7(std::span<double> values, const Extremes& extremes, std::span<const double> q) {
  std::vector<double> found;
  const double width = extremes.most - extremes.least;
  const double scale = static_cast<double>(kBuckets - 1) / width;
  if (values.size() < kFewValues || !std::isnormal(width) || !std::isfinite(scale)) {
    for (const double one : q) found.push_back(OneQuantile(values, one));
    return found;
  }
  RankFinder ranks(values, extremes);
  for (const double one : q) {
    const QuantilePlace place(one, values.size());
    ranks.Ask(place.below);
    ranks.Ask(place.above);
  }
  ranks.Gather();
  for (const double one : q) {
    const QuantilePlace place(one, values.size());
    found.push_back(place.Between(ranks.At(place.below), ranks.At(place.above)));
  }
  return found;
}

}  // namespace inferometer::base
