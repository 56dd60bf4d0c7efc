#pragma once
// A bounded number of points that stand for all.

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace inferometer::report::html {

struct Point {
  double x = 0;
  double y = 0;
  auto operator<=>(const Point&) const = default;
};

// Keeps all points while they are few; of more, those with the smallest hashes, and always those that lie farthest to
// each of the four sides. Which are kept depends on the points only, not on their order.
class PointSample {
 public:
  explicit PointSample(std::size_t most) : most_(most) {}

  // `hash` is evenly distributed, and the same for the same record.
  void Add(std::uint64_t hash, Point point);

  [[nodiscard]] std::size_t seen() const { return seen_; }
  // At most `most` and four, in the order of their hashes.
  [[nodiscard]] std::vector<Point> Points() const;

 private:
  using Entry = std::pair<std::uint64_t, Point>;
  std::size_t most_;
  std::size_t seen_ = 0;
  std::set<Entry> kept_;            // equal ones are one dot
  std::array<Entry, 4> outermost_;  // left, right, lowest, highest; once something was seen
};

}  // namespace inferometer::report::html
