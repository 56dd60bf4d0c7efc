#pragma once
// Exact quantiles of more numbers than memory holds.

#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace inferometer::analyze {

// Takes numbers in any order. At first it keeps all of them; Narrow lets go those that seem far from the quantiles and
// goes on counting how many lie where. Should a quantile turn out to be among what was let go, the numbers are needed
// once more, and each such pass asks for fewer: at most 6, whatever they are. The answer is the same in every case. One
// thread at a time.
class RankSelection {
 public:
  // `q` are the quantiles wanted, from 0 to 1, by type 7 (base/quantile.h).
  explicit RankSelection(std::span<const double> q);

  void Take(std::span<const double> values);
  // How many numbers it holds.
  [[nodiscard]] std::size_t kept() const { return kept_; }
  // Holds no more than `most` afterwards.
  void Narrow(std::size_t most);

  // All numbers were taken. True: Quantiles() are known. False: take them all once more, and end again; it will hold no
  // more than `most` meanwhile. REQUIRES: there were some, in every pass the same.
  [[nodiscard]] bool End(std::size_t most);
  // In the order in which they were asked for. REQUIRES: End said true.
  [[nodiscard]] std::vector<double> Quantiles() const;

 private:
  // What lies strictly between two edges, or before the first, or behind the last.
  struct Gap {
    bool is_kept = false;
    std::size_t count = 0;
    std::vector<double> values;  // where kept
  };
  // The edges between which a quantile is looked for: its neighbours by rank.
  struct Range {
    double low;
    double high;
  };
  struct Slot {
    bool is_edge;
    std::size_t index;
    std::size_t rank;  // inside the gap
  };

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] Slot SlotOf(std::size_t rank) const;
  [[nodiscard]] double ValueIn(Gap& gap, std::size_t rank) const;
  [[nodiscard]] double LowEdgeAt(std::size_t rank);
  [[nodiscard]] double HighEdgeAt(std::size_t rank);
  [[nodiscard]] double LowOf(std::size_t gap) const;
  [[nodiscard]] double HighOf(std::size_t gap) const;
  [[nodiscard]] std::vector<Range> RangesWithin(std::size_t most);
  void Rebuild(std::span<const Range> ranges);
  void SearchAgain(std::span<const std::size_t> gaps, std::size_t most);
  [[nodiscard]] std::size_t EdgesBelow(double value) const;
  void TakeOne(double value, std::size_t times);

  std::vector<double> q_;
  std::vector<double> edges_;          // rising
  std::vector<std::size_t> at_edges_;  // how many numbers are equal to each
  std::vector<Gap> gaps_{1};           // one more than edges
  std::size_t kept_ = 0;
  std::map<std::size_t, double> found_;  // by rank
  std::size_t of_ = 0;                   // numbers in all, from the first End on
};

}  // namespace inferometer::analyze
