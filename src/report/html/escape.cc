#include "report/html/escape.h"

#include <fmt/format.h>

#include "analyze/fingerprint.h"
#include "report/terminal_text.h"

namespace inferometer::report::html {
namespace {

constexpr std::size_t kCharactersAtBegin = 36;
constexpr std::size_t kCharactersAtEnd = 12;

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : TerminalText(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '`': out += "&#96;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string ShortName(std::string_view name) {
  std::string shown = TerminalText(name);
  const std::size_t characters = ColumnsOf(shown);
  if (characters <= kMostNameCharacters) return shown;
  const std::string_view whole = shown;
  return fmt::format("{}…{} (#{:08x})", whole.substr(0, ByteOfColumn(whole, kCharactersAtBegin)),
                     whole.substr(ByteOfColumn(whole, characters - kCharactersAtEnd)),
                     static_cast<std::uint32_t>(analyze::FingerprintOfText(name).low));
}

}  // namespace inferometer::report::html
