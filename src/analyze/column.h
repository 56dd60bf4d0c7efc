#pragma once
// A long row of numbers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "analyze/rank_selection.h"
#include "os/large_memory.h"

namespace inferometer::analyze {

// The quantiles that are asked of a column.
inline constexpr std::array kQuantiles = {0.5, 0.95, 0.99};

// What std::vector<double> is, with the sum and the extremes of the numbers, which are taken when they are asked for,
// of many numbers at once; and a long one grows without being copied each time. Its numbers may be let go: some when
// the quantiles are wanted of more than memory holds (Narrow), all when others keep them (GiveValuesTo); sum and
// extremes stay. One thread at a time.
class Column {
 public:
  void Add(double value) {
    MakeRoom(1);
    values()[stored_++] = value;
  }
  // `value_at` gives the numbers from 0 to `count`.
  template <typename ValueAt>
  void AddAll(std::size_t count, ValueAt value_at) {
    MakeRoom(count);
    double* to = values() + stored_;
    for (std::size_t i = 0; i < count; ++i) to[i] = value_at(i);
    stored_ += count;
  }
  // REQUIRES: `other` was not narrowed.
  void Append(const Column& other) {
    if (other.empty()) return;
    const bool are_counted = counted_ == stored_ && other.counted_ == other.stored_;
    if (!are_counted) Count();
    TakeValues({other.values(), other.stored_});
    if (are_counted) {
      totals_.Add(other.totals_);
    } else {
      for (std::size_t i = 0; i < other.stored_; ++i) totals_.Add(other.values()[i]);
    }
  }
  // Gives the values away and keeps what they come to, which `to` does not get: Append this to it later.
  void GiveValuesTo(Column& to) {
    Count();
    to.TakeValues({values(), stored_});
    memory_.Free();
    stored_ = counted_ = 0;
  }
  // Keeps the memory.
  void Clear() {
    stored_ = counted_ = 0;
    totals_ = {};
    narrowed_.reset();
    quantiles_.reset();
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return totals_.of + stored_ - counted_; }
  [[nodiscard]] double sum() { return Count().sum; }
  // REQUIRES: not empty.
  [[nodiscard]] double least() { return Count().least; }
  [[nodiscard]] double most() { return Count().most; }

  // How many numbers it holds.
  [[nodiscard]] std::size_t kept() const { return narrowed_ ? narrowed_->kept() : stored_; }
  [[nodiscard]] bool is_narrowed() const { return narrowed_ != nullptr; }
  // Holds at most `most` afterwards, those near the quantiles.
  void Narrow(std::size_t most);
  // Finds Quantiles() once and for all: numbers that are added later do not count. False: it was narrowed too far, and
  // all numbers must be given once more; it will hold at most `most` of them. REQUIRES: not empty.
  [[nodiscard]] bool FindQuantiles(std::size_t most);
  // In the order of kQuantiles. REQUIRES: it was not narrowed, or FindQuantiles succeeded; not empty.
  [[nodiscard]] std::vector<double> Quantiles();

 private:
  // Of all numbers but those that are stored and not counted.
  struct Totals {
    std::size_t of = 0;
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();

    void Add(double value) {
      ++of;
      sum += value;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    void Add(const Totals& other) {
      of += other.of;
      sum += other.sum;
      least = std::min(least, other.least);
      most = std::max(most, other.most);
    }
  };

  // Takes in the numbers since the last time, in lanes that the processor adds up side by side.
  const Totals& Count() {
    constexpr std::size_t kLanes = 4;
    std::array<Totals, kLanes> lanes;
    std::size_t i = counted_;
    for (; i + kLanes <= stored_; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane].Add(values()[i + lane]);
    }
    for (; i < stored_; ++i) totals_.Add(values()[i]);
    for (const Totals& lane : lanes) totals_.Add(lane);
    counted_ = stored_;
    return totals_;
  }

  // The values only, as counted ones. REQUIRES: all before them are counted.
  void TakeValues(std::span<const double> values) {
    if (quantiles_) return;
    if (narrowed_) return narrowed_->Take(values);
    AddAll(values.size(), [&](std::size_t i) { return values[i]; });
    counted_ = stored_;
  }

  static constexpr std::size_t kFirstCapacity = 64;
  static_assert(std::is_trivially_copyable_v<double>);

  [[nodiscard]] double* values() const { return static_cast<double*>(memory_.data()); }
  [[nodiscard]] std::size_t capacity() const { return memory_.capacity_bytes() / sizeof(double); }
  // For so many more.
  void MakeRoom(std::size_t count) {
    if (stored_ + count <= capacity()) return;
    const std::size_t wanted = std::max({stored_ + count, capacity() + capacity() / 2, kFirstCapacity});
    memory_.Grow(stored_ * sizeof(double), wanted * sizeof(double));
  }

  os::GrowingMemory memory_;
  std::size_t stored_ = 0;
  std::size_t counted_ = 0;  // of the stored, the first ones
  Totals totals_;
  std::unique_ptr<RankSelection> narrowed_;  // has the values then
  std::optional<std::vector<double>> quantiles_;
};

}  // namespace inferometer::analyze
