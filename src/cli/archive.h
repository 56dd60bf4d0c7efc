#pragma once
// `inferometer archive`: metrics files into the lake.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// See cli/command.h.
std::function<int()> SetUpArchive(CLI::App& app);

}  // namespace inferometer::cli
