#include "os/large_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

namespace inferometer::os {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;

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
