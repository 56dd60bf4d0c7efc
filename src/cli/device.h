#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer device`.
[[nodiscard]] std::function<int()> SetUpDevice(CLI::App& app);

}  // namespace inferometer::cli
