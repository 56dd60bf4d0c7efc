#include "analyze/rank_selection.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>

#include "base/quantile.h"

namespace inferometer::analyze {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A gap that holds too much is cut into so many at once: 64 bits of a double are through in 6 passes.
constexpr std::size_t kSlices = 4096;

// Whole numbers in the order of the doubles.
std::uint64_t KeyOf(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
}

double ValueOf(std::uint64_t key) {
  return std::bit_cast<double>((key >> 63) != 0 ? key & ~(std::uint64_t{1} << 63) : ~key);
}

// Edges between `low` and `high` that cut it into slices alike in the order of the doubles.
std::vector<double> SlicesBetween(double low, double high) {
  const std::uint64_t begin = KeyOf(low);
  const std::uint64_t width = KeyOf(high) - begin;
  const std::uint64_t step = std::max<std::uint64_t>(1, width / kSlices);
  std::vector<double> edges;
  for (std::uint64_t at = step; at < width; at += step) edges.push_back(ValueOf(begin + at));
  return edges;
}

}  // namespace

RankSelection::RankSelection(std::span<const double> q) : q_(q.begin(), q.end()) { gaps_.front().is_kept = true; }

void RankSelection::Take(std::span<const double> values) {
  if (edges_.empty() && gaps_.front().is_kept) {
    gaps_.front().values.insert(gaps_.front().values.end(), values.begin(), values.end());
    gaps_.front().count += values.size();
    kept_ += values.size();
    return;
  }
  for (const double value : values) TakeOne(value, 1);
}

// How many edges are below a number. Of a few, by looking at each, since no processor foresees where numbers fall.
std::size_t RankSelection::EdgesBelow(double value) const {
  constexpr std::size_t kFew = 16;
  if (edges_.size() > kFew) {
    return static_cast<std::size_t>(std::lower_bound(edges_.begin(), edges_.end(), value) - edges_.begin());
  }
  std::size_t below = 0;
  for (const double edge : edges_) below += static_cast<std::size_t>(edge < value);
  return below;
}

// REQUIRES: `times` is 1 where the gap is kept.
void RankSelection::TakeOne(double value, std::size_t times) {
  const std::size_t index = EdgesBelow(value);
  if (index < edges_.size() && edges_[index] == value) {
    at_edges_[index] += times;
    return;
  }
  Gap& gap = gaps_[index];
  gap.count += times;
  if (!gap.is_kept) return;
  gap.values.push_back(value);
  ++kept_;
}

std::size_t RankSelection::count() const {
  std::size_t count = std::accumulate(at_edges_.begin(), at_edges_.end(), std::size_t{0});
  for (const Gap& gap : gaps_) count += gap.count;
  return count;
}

RankSelection::Slot RankSelection::SlotOf(std::size_t rank) const {
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    if (rank < gaps_[i].count) return {false, i, rank};
    rank -= gaps_[i].count;
    if (rank < at_edges_[i]) return {true, i, 0};
    rank -= at_edges_[i];
  }
  return {false, edges_.size(), rank};
}

double RankSelection::ValueIn(Gap& gap, std::size_t rank) const {
  const auto nth = gap.values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(gap.values.begin(), nth, gap.values.end());
  return *nth;
}

double RankSelection::LowOf(std::size_t gap) const { return gap == 0 ? -kInfinity : edges_[gap - 1]; }
double RankSelection::HighOf(std::size_t gap) const { return gap == edges_.size() ? kInfinity : edges_[gap]; }

// An edge that has the rank or is the next below it that is known.
double RankSelection::LowEdgeAt(std::size_t rank) {
  const Slot slot = SlotOf(rank);
  if (slot.is_edge) return edges_[slot.index];
  return gaps_[slot.index].is_kept ? ValueIn(gaps_[slot.index], slot.rank) : HighOf(slot.index);
}

double RankSelection::HighEdgeAt(std::size_t rank) {
  const Slot slot = SlotOf(rank);
  if (slot.is_edge) return edges_[slot.index];
  return gaps_[slot.index].is_kept ? ValueIn(gaps_[slot.index], slot.rank) : LowOf(slot.index);
}

// Around where each quantile would be if what was not seen yet were like what was, as wide as `most` lets it. Edges
// themselves are only counted, so that between those of two ranks there are fewer numbers than ranks.
std::vector<RankSelection::Range> RankSelection::RangesWithin(std::size_t most) {
  const std::size_t seen = count();
  const std::size_t reach = most / (2 * q_.size());
  std::vector<Range> ranges;
  for (const double q : q_) {
    const std::size_t rank = base::QuantilePlace(q, seen).below;
    const Range range{LowEdgeAt(rank - std::min(rank, reach)), HighEdgeAt(std::min(rank + reach, seen - 1))};
    // The other way round: the quantile lies in a gap that is not kept, of which the edges stay.
    ranges.push_back(range.low <= range.high ? range : Range{range.high, range.low});
  }
  return ranges;
}

void RankSelection::Narrow(std::size_t most) {
  if (kept_ <= most || kept_ == 0) return;
  Rebuild(RangesWithin(most));
}

// The edges that the ranges have, with those in them; what was kept in them stays.
void RankSelection::Rebuild(std::span<const Range> ranges) {
  const auto is_wanted = [&](double low, double high) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& r) { return r.low <= low && high <= r.high; });
  };
  std::set<double> edges;
  for (const Range& range : ranges) edges.insert({range.low, range.high});
  for (const double edge : edges_) {
    if (is_wanted(edge, edge)) edges.insert(edge);
  }
  RankSelection next(q_);
  next.edges_.assign(edges.begin(), edges.end());
  next.at_edges_.assign(edges.size(), 0);
  next.gaps_.assign(edges.size() + 1, {});
  for (std::size_t i = 0; i < next.gaps_.size(); ++i) {
    const std::size_t within =
        static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), next.LowOf(i)) - edges_.begin());
    next.gaps_[i].is_kept = gaps_[within].is_kept && is_wanted(next.LowOf(i), next.HighOf(i));
  }
  for (std::size_t i = 0; i < edges_.size(); ++i) next.TakeOne(edges_[i], at_edges_[i]);
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    if (gaps_[i].is_kept) {
      for (const double value : gaps_[i].values) next.TakeOne(value, 1);
    } else if (gaps_[i].count > 0) {
      const auto at = std::upper_bound(next.edges_.begin(), next.edges_.end(), LowOf(i));
      next.gaps_[static_cast<std::size_t>(at - next.edges_.begin())].count += gaps_[i].count;
    }
    gaps_[i] = {};
  }
  edges_ = std::move(next.edges_);
  at_edges_ = std::move(next.at_edges_);
  gaps_ = std::move(next.gaps_);
  kept_ = next.kept_;
}

bool RankSelection::End(std::size_t most) {
  of_ = count();
  assert(of_ > 0);
  std::set<std::size_t> missing;  // gaps
  for (const double q : q_) {
    const base::QuantilePlace place(q, of_);
    for (const std::size_t rank : {place.below, place.above}) {
      if (found_.contains(rank)) continue;
      const Slot slot = SlotOf(rank);
      if (slot.is_edge) {
        found_[rank] = edges_[slot.index];
      } else if (gaps_[slot.index].is_kept) {
        found_[rank] = ValueIn(gaps_[slot.index], slot.rank);
      } else {
        missing.insert(slot.index);
      }
    }
  }
  const std::vector<std::size_t> gaps(missing.begin(), missing.end());
  if (!gaps.empty()) SearchAgain(gaps, most);
  return gaps.empty();
}

// Keeps what lies in these gaps, or cuts those that hold too much.
void RankSelection::SearchAgain(std::span<const std::size_t> gaps, std::size_t most) {
  std::set<double> edges;
  std::vector<Range> kept;
  for (const std::size_t gap : gaps) {
    const Range range{LowOf(gap), HighOf(gap)};
    edges.insert({range.low, range.high});
    if (gaps_[gap].count <= most / gaps.size()) {
      kept.push_back(range);
    } else {
      const std::vector<double> slices = SlicesBetween(range.low, range.high);
      edges.insert(slices.begin(), slices.end());
    }
  }
  edges_.assign(edges.begin(), edges.end());
  at_edges_.assign(edges_.size(), 0);
  gaps_.assign(edges_.size() + 1, {});
  kept_ = 0;
  for (const Range& range : kept) {
    const auto high = std::lower_bound(edges_.begin(), edges_.end(), range.high);
    gaps_[static_cast<std::size_t>(high - edges_.begin())].is_kept = true;
  }
}

std::vector<double> RankSelection::Quantiles() const {
  std::vector<double> quantiles;
  for (const double q : q_) {
    const base::QuantilePlace place(q, of_);
    quantiles.push_back(place.Between(found_.at(place.below), found_.at(place.above)));
  }
  return quantiles;
}

}  // namespace inferometer::analyze
