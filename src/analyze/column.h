#pragma once
// A long row of numbers.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "os/large_memory.h"

namespace inferometer::analyze {

// What std::vector<double> is, with the sum and the extremes kept beside the numbers; and it grows by realloc: a long
// one is moved by the page tables, not copied. One thread at a time.
class Column {
 public:
  void Add(double value) {
    if (size_ == capacity_) Reserve(std::max(kFirstCapacity, capacity_ + capacity_ / 2));
    values_.get()[size_] = value;
    least_ = size_ == 0 || value < least_ ? value : least_;
    most_ = size_ == 0 || value > most_ ? value : most_;
    sum_ += value;
    ++size_;
  }
  void Append(const Column& other) {
    if (other.empty()) return;
    const std::size_t size = size_ + other.size_;
    if (size > capacity_) Reserve(std::max(size, capacity_ + capacity_ / 2));
    std::copy_n(other.values_.get(), other.size_, values_.get() + size_);
    least_ = empty() ? other.least_ : std::min(least_, other.least_);
    most_ = empty() ? other.most_ : std::max(most_, other.most_);
    sum_ += other.sum_;
    size_ = size;
  }
  // Keeps the memory.
  void Clear() {
    size_ = 0;
    sum_ = 0;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // The order may be changed.
  [[nodiscard]] std::span<double> values() { return {values_.get(), size_}; }
  [[nodiscard]] double sum() const { return sum_; }
  // REQUIRES: not empty.
  [[nodiscard]] double least() const { return least_; }
  [[nodiscard]] double most() const { return most_; }

 private:
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
  double sum_ = 0;
  double least_ = 0;
  double most_ = 0;
};

}  // namespace inferometer::analyze
