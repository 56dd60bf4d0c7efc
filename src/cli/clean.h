#pragma once
// `inferometer clean`: what is old enough goes.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// See cli/command.h.
std::function<int()> SetUpClean(CLI::App& app);

}  // namespace inferometer::cli
