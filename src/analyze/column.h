#pragma once
// A long row of numbers.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace inferometer::analyze {

// What std::vector<double> is, except that it grows by realloc: a long one is moved by the page tables, not copied, and
// so touches no more memory than it holds. One thread at a time.
class Column {
 public:
  void Add(double value) {
    if (size_ == capacity_) Reserve(std::max<std::size_t>(kFirstCapacity, capacity_ * 2));
    values_.get()[size_++] = value;
  }
  void Append(std::span<const double> values) {
    if (size_ + values.size() > capacity_) Reserve(std::max(size_ + values.size(), capacity_ * 2));
    std::copy(values.begin(), values.end(), values_.get() + size_);
    size_ += values.size();
  }
  // Keeps the memory.
  void Clear() { size_ = 0; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<double> values() { return {values_.get(), size_}; }
  [[nodiscard]] std::span<const double> values() const { return {values_.get(), size_}; }

 private:
  static constexpr std::size_t kFirstCapacity = 64;
  struct Free {
    void operator()(double* values) const { std::free(values); }
  };
  static_assert(std::is_trivially_copyable_v<double>);

  void Reserve(std::size_t capacity) {
    void* grown = std::realloc(values_.get(), capacity * sizeof(double));
    if (grown == nullptr) throw std::bad_alloc();  // as a vector would
    static_cast<void>(values_.release());          // realloc freed it
    values_.reset(static_cast<double*>(grown));
    capacity_ = capacity;
  }

  std::unique_ptr<double, Free> values_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace inferometer::analyze
