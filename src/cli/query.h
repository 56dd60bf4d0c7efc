#pragma once
// `inferometer query`: SQL over the records.

#include <CLI/CLI.hpp>
#include <functional>

namespace inferometer::cli {

// See cli/command.h.
std::function<int()> SetUpQuery(CLI::App& app);

}  // namespace inferometer::cli
