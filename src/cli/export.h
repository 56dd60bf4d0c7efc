#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer export`.
[[nodiscard]] std::function<int()> SetUpExport(CLI::App& app);

}  // namespace inferometer::cli
