#pragma once
// A long row of numbers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
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
// of many numbers at once; and it grows by realloc: a long one is moved by the page tables, not copied. Its numbers may
// be let go: some when the quantiles are wanted of more than memory holds (Narrow), all when others keep them
// (GiveValuesTo); sum and extremes stay. One thread at a time.
class Column {
 public:
  void Add(double value) {
    if (stored_ == capacity_) Reserve(std::max(kFirstCapacity, capacity_ + capacity_ / 2));
    values_.get()[stored_++] = value;
  }
  // `value_at` gives the numbers from 0 to `count`.
  template <typename ValueAt>
  void AddAll(std::size_t count, ValueAt value_at) {
    if (stored_ + count > capacity_) Reserve(std::max(stored_ + count, capacity_ + capacity_ / 2));
    double* to = values_.get() + stored_;
    for (std::size_t i = 0; i < count; ++i) to[i] = value_at(i);
    stored_ += count;
  }
  // REQUIRES: `other` was not narrowed.
  void Append(const Column& other) {
    if (other.empty()) return;
    const bool are_counted = counted_ == stored_ && other.counted_ == other.stored_;
    if (!are_counted) Count();
    TakeValues({other.values_.get(), other.stored_});
    if (are_counted) {
      totals_.Add(other.totals_);
    } else {
      for (std::size_t i = 0; i < other.stored_; ++i) totals_.Add(other.values_.get()[i]);
    }
  }
  // Gives the values away and keeps what they come to, which `to` does not get: Append this to it later.
  void GiveValuesTo(Column& to) {
    Count();
    to.TakeValues({values_.get(), stored_});
    values_.reset();
    stored_ = counted_ = capacity_ = 0;
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
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane].Add(values_.get()[i + lane]);
    }
    for (; i < stored_; ++i) totals_.Add(values_.get()[i]);
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
  static constexpr std::size_t kLong = std::size_t{1} << 15;  // from here on growth is worth a system call
  struct Free {
    void operator()(double* values) const { std::free(values); }
  };
  static_assert(std::is_trivially_copyable_v<double>);

  void Reserve(std::size_t capacity) {
    void* grown = std::realloc(values_.get(), capacity * sizeof(double));
    if (grown == nullptr) throw std::bad_alloc();  // as a vector would
    static_cast<void>(values_.release());          // realloc freed it
    values_.reset(static_cast<double*>(grown));
    if (capacity >= kLong) os::TouchAhead(values_.get() + capacity_, (capacity - capacity_) * sizeof(double));
    capacity_ = capacity;
  }

  std::unique_ptr<double, Free> values_;
  std::size_t stored_ = 0;
  std::size_t counted_ = 0;  // of the stored, the first ones
  std::size_t capacity_ = 0;
  Totals totals_;
  std::unique_ptr<RankSelection> narrowed_;  // has the values then
  std::optional<std::vector<double>> quantiles_;
};

}  // namespace inferometer::analyze
