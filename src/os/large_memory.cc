#include "os/large_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace inferometer::os {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;
constexpr std::size_t kTouchedBytes = std::size_t{1} << 18;  // from here on growth is worth a system call
constexpr std::size_t kEarlyBytes = std::size_t{1} << 16;
constexpr std::size_t kRoomToGrow = 4;
constexpr std::size_t kMostBytes = std::numeric_limits<std::size_t>::max() / 2 / kRoomToGrow;
// So many rows may have a huge page before they fill one: 64 MB at most.
constexpr int kMostEarly = 32;
std::atomic<int> early_left{kMostEarly};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of the process

}  // namespace

LargeMemory::LargeMemory(std::size_t bytes) : begin_(nullptr), mapped_bytes_(bytes == 0 ? 1 : bytes) {
  begin_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin_ == MAP_FAILED) {
    begin_ = nullptr;
    throw std::bad_alloc();
  }
  // A wish: without huge pages the memory works all the same.
  if (mapped_bytes_ >= kHugePageBytes) static_cast<void>(::madvise(begin_, mapped_bytes_, MADV_HUGEPAGE));
}

LargeMemory::~LargeMemory() {
  if (begin_ != nullptr) ::munmap(begin_, mapped_bytes_);
}

GrowingMemory::GrowingMemory(GrowingMemory&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)),
      capacity_bytes_(std::exchange(other.capacity_bytes_, 0)),
      mapped_(std::exchange(other.mapped_, nullptr)),
      mapped_bytes_(std::exchange(other.mapped_bytes_, 0)),
      is_early_(std::exchange(other.is_early_, false)) {}

GrowingMemory& GrowingMemory::operator=(GrowingMemory&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(capacity_bytes_, other.capacity_bytes_);
  std::swap(mapped_, other.mapped_);
  std::swap(mapped_bytes_, other.mapped_bytes_);
  std::swap(is_early_, other.is_early_);
  return *this;
}

void GrowingMemory::Grow(std::size_t used_bytes, std::size_t bytes) {
  if ((mapped_ != nullptr || bytes >= kEarlyBytes) && MoveToHugePages(used_bytes, bytes)) return;
  if (mapped_ != nullptr) throw std::bad_alloc();
  void* grown = std::realloc(begin_, bytes);
  if (grown == nullptr) throw std::bad_alloc();
  if (bytes >= kTouchedBytes) TouchAhead(static_cast<char*>(grown) + capacity_bytes_, bytes - capacity_bytes_);
  begin_ = grown;
  capacity_bytes_ = bytes;
}

// What is not touched of them costs nothing, so there are many more than are needed now: growing seldom copies.
bool GrowingMemory::MoveToHugePages(std::size_t used_bytes, std::size_t bytes) {
  if (bytes > kMostBytes) return false;
  GrowingMemory longer;
  longer.is_early_ = bytes < kHugePageBytes;
  if (longer.is_early_ && early_left.fetch_sub(1) <= 0) {
    early_left.fetch_add(1);
    longer.is_early_ = false;
    return false;
  }
  const std::size_t capacity = (bytes * kRoomToGrow + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  longer.mapped_bytes_ = capacity + kHugePageBytes;
  void* mapped =
      ::mmap(nullptr, longer.mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return false;
  longer.mapped_ = mapped;
  const std::uintptr_t into_page = reinterpret_cast<std::uintptr_t>(mapped) % kHugePageBytes;
  longer.begin_ = static_cast<char*>(mapped) + (into_page == 0 ? 0 : kHugePageBytes - into_page);
  longer.capacity_bytes_ = capacity;
  static_cast<void>(::madvise(longer.begin_, capacity, MADV_HUGEPAGE));  // a wish
  if (used_bytes > 0) std::memcpy(longer.begin_, begin_, used_bytes);
  *this = std::move(longer);
  return true;
}

void GrowingMemory::Free() {
  if (mapped_ != nullptr) {
    ::munmap(mapped_, mapped_bytes_);
  } else {
    std::free(begin_);
  }
  if (is_early_) early_left.fetch_add(1);
  begin_ = mapped_ = nullptr;
  capacity_bytes_ = mapped_bytes_ = 0;
  is_early_ = false;
}

void TouchAhead(void* begin, std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t into_page = address % page;
  const std::uintptr_t skipped = into_page == 0 ? 0 : page - into_page;
  if (skipped + page > bytes) return;
  const std::uintptr_t length = (bytes - skipped) / page * page;
  static_cast<void>(::madvise(static_cast<char*>(begin) + skipped, length, MADV_POPULATE_WRITE));
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

}  // namespace inferometer::os
