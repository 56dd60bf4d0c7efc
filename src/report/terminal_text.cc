#include "report/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace inferometer::report {
namespace {

struct Character {
  std::size_t bytes = 0;  // 0: no UTF-8
  std::uint32_t code = 0;
};

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

Character First(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return {};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  const bool too_long = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  return too_long || is_surrogate || code > 0x10ffff ? Character{} : Character{bytes, code};
}

bool IsControl(std::uint32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }
bool ChangesLine(std::uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string TerminalText(std::string_view text) {
  std::string out;
  const auto append = std::back_inserter(out);
  while (!text.empty()) {
    const Character character = First(text);
    if (character.bytes == 0) {
      fmt::format_to(append, "\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (IsControl(character.code)) {
      fmt::format_to(append, "\\x{:02x}", character.code);
    } else if (ChangesLine(character.code)) {
      fmt::format_to(append, "\\u{:04x}", character.code);
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return out;
}

std::size_t ColumnsOf(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return !IsContinuation(c); }));
}

std::size_t ByteOfColumn(std::string_view utf8, std::size_t column) {
  std::size_t at = 0;
  for (; at < utf8.size(); ++at) {
    if (!IsContinuation(utf8[at]) && column-- == 0) break;
  }
  return at;
}

}  // namespace inferometer::report
