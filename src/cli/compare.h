#pragma once
// inferometer compare: how one run stands to another.

#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

[[nodiscard]] std::function<int()> SetUpCompare(CLI::App& app);

}  // namespace inferometer::cli
