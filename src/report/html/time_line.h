#pragma once
// What a group's inferences measured, by when they began, in bounded memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "inferometer/record.h"

namespace inferometer::report::html {

// The quantities that are drawn over time, in this order from top to bottom.
enum class Row : std::uint8_t { kInferenceTimeMs, kTokensPerSecond, kTemperatureC };
inline constexpr std::size_t kRows = 3;

// One inference.
struct Moment {
  WallTime time;
  std::array<std::optional<double>, kRows> values;
  bool failed = false;
  bool throttled = false;
  auto operator<=>(const Moment&) const = default;
};

// All inferences of one slice of time: what lies between is not told.
struct Slice {
  struct Range {
    double least = 0;
    double most = 0;
  };
  WallTime first;
  WallTime last;
  std::array<std::optional<Range>, kRows> ranges;
  std::size_t failed = 0;
  std::size_t throttled = 0;

  void Add(const Slice& other);
};

// Keeps each inference while they are few, and then for each slice of time the smallest and the largest value. The
// slices' length is a power of two microseconds, the least with which at most kMostSlices cover all; so what is kept
// does not depend on the order in which it came.
class TimeLine {
 public:
  explicit TimeLine(std::size_t most_moments) : most_moments_(most_moments) {}

  void Add(const Moment& moment);
  // Puts the moments in order. Call once, after the last Add.
  void Finish();

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] bool is_sliced() const { return count_ > most_moments_; }
  // All of them, by time; empty when it is sliced.
  [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }
  // By time; empty unless it is sliced.
  [[nodiscard]] std::vector<Slice> Slices() const;
  [[nodiscard]] std::chrono::microseconds slice_length() const;
  [[nodiscard]] bool Has(Row row) const { return has_[static_cast<std::size_t>(row)]; }

  static constexpr std::size_t kMostSlices = 240;

 private:
  void AddToSlices(const Moment& moment);
  void Widen();
  [[nodiscard]] std::size_t Span() const;

  std::size_t most_moments_;
  std::size_t count_ = 0;
  std::array<bool, kRows> has_{};
  std::vector<Moment> moments_;
  std::map<std::int64_t, Slice> slices_;  // by time >> shift_
  unsigned shift_ = 0;
};

}  // namespace inferometer::report::html
