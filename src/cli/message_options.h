#pragma once
// Checks of the options by which messages are made, that `device` and `simulate` share.

#include <CLI/CLI.hpp>
#include <cstdint>

namespace inferometer::cli {

// Far below 2^64, where CLI11 would read -1 as a large number.
[[nodiscard]] inline CLI::Range CheckMessageCount(std::uint64_t least) {
  return {least, std::uint64_t{1'000'000'000'000}};
}
[[nodiscard]] inline CLI::Range CheckSpeed() { return {1e-6, 1e6}; }
[[nodiscard]] inline CLI::Range CheckSeed() { return {std::int64_t{0}, std::int64_t{UINT32_MAX}}; }

}  // namespace inferometer::cli
