#include "os/large_memory.h"

#include <sys/mman.h>

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

}  // namespace inferometer::os
