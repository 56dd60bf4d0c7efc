#pragma once
// For tests and benchmarks: memory of a known size that is resident.

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace inferometer::os {

// Anonymous pages, each touched once; given back at destruction. Throws std::bad_alloc when there are not so many.
class TouchedPages {
 public:
  explicit TouchedPages(std::size_t bytes)
      : bytes_(bytes), pages_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (pages_ == MAP_FAILED) throw std::bad_alloc();
    constexpr std::size_t kPageBytes = 4096;  // smaller than or equal to every machine's
    for (std::size_t at = 0; at < bytes; at += kPageBytes) static_cast<volatile char*>(pages_)[at] = 1;
  }
  ~TouchedPages() { ::munmap(pages_, bytes_); }
  TouchedPages(const TouchedPages&) = delete;
  TouchedPages& operator=(const TouchedPages&) = delete;

 private:
  std::size_t bytes_;
  void* pages_;
};

}  // namespace inferometer::os
