#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// `inferometer verify`.
[[nodiscard]] std::function<int()> SetUpVerify(CLI::App& app);

}  // namespace inferometer::cli
