#pragma once
// A file that is read and written at places of it, through FileCalls.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "os/files.h"

namespace inferometer::os {

// Writes all of `bytes`, however short the single writes are. After an error any part of them may stand in the file.
// Not durable before SyncData.
[[nodiscard]] Status WriteAllAt(FileCalls& calls, int fd, std::string_view bytes, std::uint64_t offset);

// Fills all of `into`, however short the single reads are. A file that ends before is kDataLoss.
[[nodiscard]] Status ReadExactlyAt(FileCalls& calls, int fd, std::span<char> into, std::uint64_t offset);

// Owns a descriptor of `calls`, which must outlive it, and closes it at destruction. Every message names the path.
// Movable; what was moved from holds no file. One thread at a time.
class OpenFile {
 public:
  [[nodiscard]] static Result<OpenFile> Open(FileCalls& calls, const std::filesystem::path& path, Access access);
  // Takes over a descriptor that is open; `path` is for messages only.
  OpenFile(FileCalls& calls, int fd, const std::filesystem::path& path)
      : calls_(&calls), fd_(fd), path_(path.string()) {}
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  // What close(2) says is lost here: whoever needs to know calls Close, and SyncData before.
  ~OpenFile();

  // REQUIRES of all below but is_open, Close and Release: is_open().
  [[nodiscard]] Status WriteAllAt(std::string_view bytes, std::uint64_t offset);
  [[nodiscard]] Status ReadExactlyAt(std::span<char> into, std::uint64_t offset) const;
  // As many bytes as there are up to the end of the file; 0 at the end.
  [[nodiscard]] Result<std::size_t> ReadUpTo(std::span<char> into, std::uint64_t offset) const;
  // As FileCalls has them.
  [[nodiscard]] Status SyncData();
  [[nodiscard]] Result<std::uint64_t> Size() const;
  [[nodiscard]] Status Truncate(std::uint64_t bytes);
  [[nodiscard]] Status Allocate(std::uint64_t bytes);

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // Closes now; holds no file afterwards, whatever is returned. Ok when none was held.
  [[nodiscard]] Status Close();
  // Hands the descriptor to the caller, who closes it.
  [[nodiscard]] int Release();

 private:
  Status Named(const Status& status) const;

  FileCalls* calls_;
  int fd_ = -1;
  std::string path_;
};

}  // namespace inferometer::os
