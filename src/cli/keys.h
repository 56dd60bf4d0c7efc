#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer keys`, with a subcommand for each thing that it does.
[[nodiscard]] std::function<int()> SetUpKeys(CLI::App& app);

}  // namespace inferometer::cli
