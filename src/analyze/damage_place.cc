#include "analyze/damage_place.h"

#include <algorithm>
#include <cstddef>

namespace inferometer::analyze {
namespace {

bool IsGood(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

// Bytes of the character at the front, or 0.
std::size_t CharacterBytes(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= 4 && bytes <= text.size(); ++bytes) {
    if (IsGood(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

// Bytes of good UTF-8 at the beginning: whole chunks of characters first, then one by one.
std::size_t GoodUtf8(std::string_view text) {
  constexpr std::size_t kChunk = 4096;
  std::size_t good = 0;
  for (std::size_t end = kChunk; end < text.size(); end += kChunk) {
    while (end > good && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    if (!IsGood(text.substr(good, end - good))) break;
    good = end;
  }
  while (const std::size_t bytes = CharacterBytes(text.substr(good))) good += bytes;
  return good;
}

// The first control character inside a string, or the quote of the string that is open at the end.
std::size_t BadString(std::string_view text) {
  std::size_t quote = std::string_view::npos;  // of the string we are in
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == std::string_view::npos) {
      if (text[i] == '"') quote = i;
    } else if (static_cast<unsigned char>(text[i]) < 0x20) {
      return i;
    } else if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quote = std::string_view::npos;
    }
  }
  return std::min(quote, text.size());
}

}  // namespace

const char* PlaceOf(simdjson::error_code error, std::string_view text) {
  switch (error) {
    case simdjson::UTF8_ERROR: return text.data() + GoodUtf8(text);
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING: return text.data() + BadString(text);
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::EMPTY: return text.data() + text.size();
    default: return text.data();
  }
}

}  // namespace inferometer::analyze
