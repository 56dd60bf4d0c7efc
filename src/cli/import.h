#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer import`.
[[nodiscard]] std::function<int()> SetUpImport(CLI::App& app);

}  // namespace inferometer::cli
