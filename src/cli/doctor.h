#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer doctor`.
[[nodiscard]] std::function<int()> SetUpDoctor(CLI::App& app);

}  // namespace inferometer::cli
