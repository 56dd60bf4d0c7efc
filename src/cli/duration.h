#pragma once
// Durations as people write them: "7d", "12h", "30m", "45s".

#include <chrono>
#include <optional>
#include <string_view>

namespace inferometer::cli {

// A whole number and one of d, h, m, s; a bare 0 is 0. Nothing for anything else, or beyond 100 years.
[[nodiscard]] std::optional<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace inferometer::cli
