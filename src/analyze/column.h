#pragma once
// A long row of numbers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "os/large_memory.h"

namespace inferometer::analyze {

// What std::vector<double> is, with the sum and the extremes of the numbers, which are taken when they are asked for,
// of many numbers at once; and it grows by realloc: a long one is moved by the page tables, not copied. One thread at a
// time.
class Column {
 public:
  void Add(double value) {
    if (size_ == capacity_) Reserve(std::max(kFirstCapacity, capacity_ + capacity_ / 2));
    values_.get()[size_++] = value;
  }
  void Append(const Column& other) {
    if (other.empty()) return;
    const std::size_t size = size_ + other.size_;
    if (size > capacity_) Reserve(std::max(size, capacity_ + capacity_ / 2));
    std::copy_n(other.values_.get(), other.size_, values_.get() + size_);
    if (totals_.of == size_ && other.totals_.of == other.size_) totals_.Add(other.totals_);
    size_ = size;
  }
  // Keeps the memory.
  void Clear() {
    size_ = 0;
    totals_ = {};
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Their order may be changed.
  [[nodiscard]] std::span<double> values() {
    Count();
    return {values_.get(), size_};
  }
  [[nodiscard]] double sum() { return Count().sum; }
  // REQUIRES: not empty.
  [[nodiscard]] double least() { return Count().least; }
  [[nodiscard]] double most() { return Count().most; }

 private:
  // Of the first numbers of the column.
  struct Totals {
    std::size_t of = 0;  // as many numbers
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();

    void Add(double value) {
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
    std::size_t i = totals_.of;
    for (; i + kLanes <= size_; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane].Add(values_.get()[i + lane]);
    }
    for (; i < size_; ++i) totals_.Add(values_.get()[i]);
    for (const Totals& lane : lanes) totals_.Add(lane);
    totals_.of = size_;
    return totals_;
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
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  Totals totals_;
};

}  // namespace inferometer::analyze
