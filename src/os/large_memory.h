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

// Memory for a row of numbers that grows at its end: by realloc while it is short, which moves a longer one by the page
// tables, and in huge pages once it is long. A few rows of a process may have them early: each takes a whole one then,
// but is spared hundreds of faults. Movable; throws std::bad_alloc when there is no memory.
class GrowingMemory {
 public:
  GrowingMemory() = default;
  GrowingMemory(GrowingMemory&& other) noexcept;
  GrowingMemory& operator=(GrowingMemory&& other) noexcept;
  ~GrowingMemory() { Free(); }

  // Makes room for `bytes` or more; the first `used_bytes` stay what they are. REQUIRES: bytes > capacity_bytes().
  void Grow(std::size_t used_bytes, std::size_t bytes);
  void Free();
  // Aligned for any type.
  [[nodiscard]] void* data() const { return begin_; }
  [[nodiscard]] std::size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  [[nodiscard]] bool MoveToHugePages(std::size_t used_bytes, std::size_t bytes);

  void* begin_ = nullptr;
  std::size_t capacity_bytes_ = 0;
  void* mapped_ = nullptr;  // nullptr: begin_ is malloc's
  std::size_t mapped_bytes_ = 0;
  bool is_early_ = false;
};

// Gets the whole pages of memory that is about to be filled, at once instead of one fault each. A wish: where the
// system cannot, they come one by one.
void TouchAhead(void* begin, std::size_t bytes);

}  // namespace inferometer::os
