#pragma once
// What the load generator knows that it has handed over, for the checker. Lines of text in a file that is mapped into
// memory: they survive the death of the process without a system call, which a fault could hit.
//
//   offered <the record as one line of JSON>   before it is handed over
//   durable <stream> <sequence>                everything up to there survives a power cut, says the keeper

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::faults {

// One thread at a time. Zero bytes fill the file behind the last line.
class Oracle {
 public:
  // Makes the file with room for `bytes`, on a file system that the faults leave alone.
  [[nodiscard]] static Result<Oracle> Create(const std::filesystem::path& path, std::size_t bytes);
  Oracle(Oracle&& other) noexcept;
  Oracle& operator=(Oracle&&) = delete;
  ~Oracle();

  void Offered(std::string_view record_line);
  // Notes what has changed only.
  void Durable(std::string_view stream, std::uint64_t sequence);

 private:
  Oracle(char* bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  void Append(std::string_view line);

  char* bytes_;
  std::size_t size_;
  std::size_t end_ = 0;
  std::uint64_t durable_ = 0;
};

}  // namespace inferometer::faults
