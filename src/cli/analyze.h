#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer analyze`.
[[nodiscard]] std::function<int()> SetUpAnalyze(CLI::App& app);

}  // namespace inferometer::cli
