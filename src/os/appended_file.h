#pragma once
// A file that others may append to as well.

#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::os {

// Movable; one thread at a time.
class AppendedFile {
 public:
  // Creates it (mode 0644) where it is not there.
  [[nodiscard]] static Result<AppendedFile> Open(const std::filesystem::path& path);
  AppendedFile(AppendedFile&& other) noexcept;
  AppendedFile& operator=(AppendedFile&&) = delete;
  ~AppendedFile();

  // In one piece, so that lines of several writers do not mix, unless the disk is full. Not synced: a crash of the
  // machine may lose it.
  [[nodiscard]] Status Append(std::string_view line) const;

 private:
  AppendedFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::string path_;
};

}  // namespace inferometer::os
