#pragma once
// How many values fall where, for drawing.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace inferometer::report::html {

// Counts values in bars of equal width between the smallest and the largest, which are known before. Where they reach
// far (Axis::kWide) the bars are equally wide on a log scale.
class Histogram {
 public:
  // `values` is how many there will be: the bars are as many as its square root, 1 to kMostBars. REQUIRES: low <= high,
  // finite.
  Histogram(double low, double high, std::size_t values);

  // A value beyond the ends is not counted.
  void Add(double value);

  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  // Where the `i`th bar begins; the last one ends at high().
  [[nodiscard]] double EdgeOf(std::size_t i) const;
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }

  static constexpr std::size_t kMostBars = 48;

 private:
  double low_;
  double high_;
  bool is_log_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace inferometer::report::html
