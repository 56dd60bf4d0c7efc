#pragma once
// Reading many files one after another into the same memory.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::os {

// Holds one file at a time, followed by `padding_bytes` zero bytes, as parsers that read ahead ask for. Grows to the
// largest file it met. One thread at a time.
class FileBuffer {
 public:
  explicit FileBuffer(std::size_t padding_bytes) : padding_bytes_(padding_bytes) {}

  // Replaces the content. The view lives until the next Read. A file of more than `most_bytes` is kResourceExhausted;
  // what is not a regular file (a pipe would wait for ever) is kInvalidArgument. A file that grows meanwhile is read as
  // far as it went at the beginning.
  [[nodiscard]] Result<std::string_view> Read(const std::filesystem::path& path, std::size_t most_bytes);

 private:
  // A cache line: the kernel copies half as fast again to memory that lies across lines, as that of plain `new` does.
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(char* bytes) const { ::operator delete(bytes, kAlignment); }
  };
  [[nodiscard]] Result<std::string_view> Fill(int fd, const std::filesystem::path& path, std::size_t most_bytes);

  std::size_t padding_bytes_;
  std::size_t capacity_ = 0;
  std::unique_ptr<char, Free> bytes_;
};

}  // namespace inferometer::os
