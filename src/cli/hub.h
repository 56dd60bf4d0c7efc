#pragma once
// inferometer hub: collects what devices send.

#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

[[nodiscard]] std::function<int()> SetUpHub(CLI::App& app);

}  // namespace inferometer::cli
