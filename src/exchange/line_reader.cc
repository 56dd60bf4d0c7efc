#include "exchange/line_reader.h"

#include <span>
#include <utility>

namespace inferometer::exchange {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

}  // namespace

Result<bool> LineReader::Fill() {
  buffer_.erase(0, std::exchange(begin_, 0));
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kPieceBytes);
  const auto read = input_.Read(std::span(buffer_).subspan(size));
  buffer_.resize(size + (read.ok() ? *read : 0));
  if (!read.ok()) return read.status();
  return *read > 0;
}

Result<std::optional<Line>> LineReader::Next() {
  bool is_too_long = false;
  std::size_t end = 0;
  for (std::size_t from = begin_; (end = buffer_.find('\n', from)) == std::string::npos;) {
    if (buffer_.size() - begin_ > kLongestLineBytes) {
      is_too_long = true;
      begin_ = buffer_.size();
    }
    from = buffer_.size() - begin_;  // Fill moves what is left to the front
    ASSIGN_OR_RETURN(const bool is_more, Fill());
    if (is_more) continue;
    end = buffer_.size();
    if (end == 0 && !is_too_long) return std::optional<Line>();
    break;
  }
  is_too_long = is_too_long || end - begin_ > kLongestLineBytes;
  std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
  if (text.ends_with('\r')) text.remove_suffix(1);
  begin_ = std::min(end + 1, buffer_.size());
  return std::optional(Line{is_too_long ? std::string_view() : text, ++number_, is_too_long});
}

}  // namespace inferometer::exchange
