#include "cli/duration.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace inferometer::cli {
namespace {

constexpr std::int64_t kLongest = std::int64_t{100} * 366 * 86400;

std::optional<std::int64_t> SecondsOf(char unit) {
  switch (unit) {
    case 'd': return 86400;
    case 'h': return 3600;
    case 'm': return 60;
    case 's': return 1;
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  if (text.empty()) return std::nullopt;
  const auto unit = SecondsOf(text.back());
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, count);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() - 1;
  if (!unit || !is_whole || count < 0 || count > kLongest / *unit) return std::nullopt;
  return std::chrono::seconds(count * *unit);
}

}  // namespace inferometer::cli
