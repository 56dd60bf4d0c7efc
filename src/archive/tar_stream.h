#pragma once
// Tar files by libarchive, whose types stay here.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/backup.h"
#include "inferometer/status.h"

namespace inferometer::archive {

// What was put into a tar.
struct TarEntry {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;  // CRC-32 of its bytes
};

// Writes GNU's format, which holds any name and any size, and every tar reads. One thread at a time.
class TarWriter {
 public:
  // `sink` takes the tar's bytes; its first failure ends the writing, and is returned.
  [[nodiscard]] static Result<TarWriter> Open(Compression compression, std::function<Status(std::string_view)> sink);
  ~TarWriter();
  TarWriter(TarWriter&&) noexcept;
  TarWriter& operator=(TarWriter&&) = delete;

  struct Added {
    bool is_there = false;
    std::uint64_t bytes = 0;
    std::string why;  // it is not there, or not as it was
  };
  // The file as long as it is when it is opened. One that is gone is left out; one that ends before, or cannot be read
  // to its end, has zeros there. An error is the tar's, which then is of no further use.
  [[nodiscard]] Result<Added> AddFile(const std::filesystem::path& file, const std::string& name);
  [[nodiscard]] Status AddFolder(const std::filesystem::path& folder, const std::string& name);
  // Call once, at the end.
  [[nodiscard]] Status Finish();
  // The files, in order.
  [[nodiscard]] const std::vector<TarEntry>& entries() const;

 private:
  struct State;
  explicit TarWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Reads a tar to its end: kDataLoss unless it holds exactly these files, in this order, and folders.
[[nodiscard]] Status CompareTar(const std::filesystem::path& tar, const std::vector<TarEntry>& entries);

}  // namespace inferometer::archive
