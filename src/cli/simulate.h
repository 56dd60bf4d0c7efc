#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer simulate`.
[[nodiscard]] std::function<int()> SetUpSimulate(CLI::App& app);

}  // namespace inferometer::cli
