#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer measure`.
[[nodiscard]] std::function<int()> SetUpMeasure(CLI::App& app);

}  // namespace inferometer::cli
