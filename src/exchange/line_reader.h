#pragma once
// A file line by line, in bounded memory.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "os/input_stream.h"

namespace inferometer::exchange {

// A longer one is no response of a server's any more.
inline constexpr std::size_t kLongestLineBytes = std::size_t{1} << 22;

struct Line {
  std::string_view text;   // without its end (LF or CR LF); empty where it is too long
  std::size_t number = 0;  // from 1 on
  bool is_too_long = false;
};

// One thread at a time.
class LineReader {
 public:
  explicit LineReader(os::InputStream input) : input_(std::move(input)) {}
  // Nothing at the end of the file. The line lives until the next call.
  [[nodiscard]] Result<std::optional<Line>> Next();

 private:
  // False at the end of the file.
  [[nodiscard]] Result<bool> Fill();

  os::InputStream input_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not yet handed on
  std::size_t number_ = 0;
};

}  // namespace inferometer::exchange
