#pragma once
// `inferometer query`: SQL over the records.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// See cli/command.h.
std::function<int()> SetUpQuery(CLI::App& app);

}  // namespace inferometer::cli
