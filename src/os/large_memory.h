#pragma once
// Memory for large tables that are read here and there.

#include <cstddef>
#include <utility>

namespace inferometer::os {

// Zeroed bytes, in huge pages where the system gives them: fewer page faults, and fewer misses in the processor's table
// of pages. Movable; throws std::bad_alloc when there is no memory, as `new` does.
class LargeMemory {
 public:
  explicit LargeMemory(std::size_t bytes);
  LargeMemory(LargeMemory&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), mapped_bytes_(std::exchange(other.mapped_bytes_, 0)) {}
  LargeMemory& operator=(LargeMemory&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(mapped_bytes_, other.mapped_bytes_);
    return *this;
  }
  ~LargeMemory();

  // Aligned for any type.
  [[nodiscard]] void* data() const { return begin_; }

 private:
  void* begin_;
  std::size_t mapped_bytes_;
};

// Gets the whole pages of memory that is about to be filled, at once instead of one fault each. A wish: where the
// system cannot, they come one by one.
void TouchAhead(void* begin, std::size_t bytes);

}  // namespace inferometer::os
