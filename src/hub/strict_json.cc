#include "hub/strict_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "record/json_walk.h"
#include "record/json_write.h"

namespace inferometer::hub {
namespace {

using record::JsonFailure;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kEscapeBytes = 6;  // \uXXXX

bool IsHighSurrogate(unsigned unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(unsigned unit) { return unit >= 0xdc00 && unit < 0xe000; }

// The unit of the \uXXXX that begins at `at`, if one does.
std::optional<unsigned> UnitAt(std::string_view text, std::size_t at) {
  if (at + kEscapeBytes > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* end = text.data() + at + kEscapeBytes;
  if (std::from_chars(text.data() + at + 2, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

constexpr std::size_t kMostShown = 64;  // of a key that nobody vouches for

// REQUIRES: no deeper than kMostJsonDepth
Status CheckKeysOf(simdjson::dom::element element);

Status CheckKeysOf(simdjson::dom::array array) {
  for (const simdjson::dom::element item : array) RETURN_IF_ERROR(CheckKeysOf(item));
  return Ok();
}

Status CheckKeysOf(simdjson::dom::object object) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : object) {
    RETURN_IF_ERROR(CheckKeysOf(value));
    keys.push_back(key);
  }
  return CheckOnce(keys);
}

Status CheckKeysOf(simdjson::dom::element element) {
  simdjson::dom::object object;
  if (element.get(object) == simdjson::SUCCESS) return CheckKeysOf(object);
  simdjson::dom::array array;
  return element.get(array) == simdjson::SUCCESS ? CheckKeysOf(array) : Ok();
}

}  // namespace

Status CheckOnce(std::vector<std::string_view>& keys) {
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return Ok();
  std::string shown;
  record::AppendQuoted(twice->substr(0, kMostShown), shown);
  return {Code::kDataLoss, fmt::format("field {}: stands twice", shown)};
}

Status CheckEscapes(std::string_view text) {
  std::size_t at = text.find('\\');
  while (at != std::string_view::npos) {
    const auto unit = UnitAt(text, at);
    if (!unit) {
      at = text.find('\\', at + 2);
      continue;
    }
    if (*unit == 0) return JsonFailure(text, text.data() + at, "", "a NUL in a string");
    const auto next = IsHighSurrogate(*unit) ? UnitAt(text, at + kEscapeBytes) : std::nullopt;
    const bool is_pair = next && IsLowSurrogate(*next);
    if (!is_pair && (IsHighSurrogate(*unit) || IsLowSurrogate(*unit))) {
      return JsonFailure(text, text.data() + at, "", "half a surrogate pair in a string");
    }
    at = text.find('\\', at + (is_pair ? 2 * kEscapeBytes : kEscapeBytes));
  }
  return Ok();
}

StrictJson::StrictJson(std::size_t most_bytes)
    : most_bytes_(most_bytes), buffer_(most_bytes + simdjson::SIMDJSON_PADDING, '\0') {}

Status StrictJson::Load(std::string_view bytes) {
  size_ = 0;
  if (bytes.size() > most_bytes_) {
    return {Code::kResourceExhausted, fmt::format("more than {} bytes", most_bytes_)};
  }
  if (bytes.empty()) return Status(Code::kDataLoss, "empty").At(0);
  if (bytes.starts_with(kByteOrderMark)) return Status(Code::kDataLoss, "byte 0: a byte order mark").At(0);
  size_ = bytes.size();
  std::memcpy(buffer_.data(), bytes.data(), size_);
  std::memset(buffer_.data() + size_, 0, simdjson::SIMDJSON_PADDING);
  return Ok();
}

simdjson::error_code StrictJson::Iterate(simdjson::ondemand::document& document) {
  return parser_.iterate(buffer_.data(), size_, buffer_.size()).get(document);
}

Status StrictJson::CheckWhole() {
  if (whole_parser_.max_depth() != kMostJsonDepth || whole_parser_.capacity() < most_bytes_) {
    if (const auto error = whole_parser_.allocate(most_bytes_, kMostJsonDepth)) {
      return {Code::kInternal, simdjson::error_message(error)};
    }
  }
  if (const auto error = whole_parser_.parse(buffer_.data(), size_, false).get(root_)) {
    return {Code::kDataLoss, simdjson::error_message(error)};
  }
  return CheckEscapes(text());
}

Status StrictJson::CheckKeysOnce() const { return CheckKeysOf(root_); }

std::string_view StrictJson::Minified() {
  minified_.resize(size_ + simdjson::SIMDJSON_PADDING);
  std::size_t length = 0;
  // Fails for a string without an end only.
  if (simdjson::minify(buffer_.data(), size_, minified_.data(), length) != simdjson::SUCCESS) length = 0;
  return std::string_view(minified_).substr(0, length);
}

}  // namespace inferometer::hub
