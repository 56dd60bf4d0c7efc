#include "report/html/point_sample.h"

#include <iterator>

namespace inferometer::report::html {
namespace {

// Whether `a` lies farther to one of the sides; of two that lie equally far, the one with the smaller hash.
template <typename Entry>
bool IsFarther(std::size_t side, const Entry& a, const Entry& b) {
  const auto distance = [&](const Point& p) { return side == 0 ? -p.x : side == 1 ? p.x : side == 2 ? -p.y : p.y; };
  if (distance(a.second) != distance(b.second)) return distance(a.second) > distance(b.second);
  return a < b;
}

}  // namespace

void PointSample::Add(std::uint64_t hash, Point point) {
  const Entry entry{hash, point};
  for (std::size_t side = 0; side < outermost_.size(); ++side) {
    if (seen_ == 0 || IsFarther(side, entry, outermost_[side])) outermost_[side] = entry;
  }
  ++seen_;
  kept_.insert(entry);
  if (kept_.size() > most_) kept_.erase(std::prev(kept_.end()));
}

std::vector<Point> PointSample::Points() const {
  std::set<Entry> entries = kept_;
  if (seen_ > 0) entries.insert(outermost_.begin(), outermost_.end());
  std::vector<Point> points;
  points.reserve(entries.size());
  for (const Entry& entry : entries) points.push_back(entry.second);
  return points;
}

}  // namespace inferometer::report::html
