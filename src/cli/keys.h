#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer keys`, with a subcommand for each thing that it does.
[[nodiscard]] std::function<int()> SetUpKeys(CLI::App& app);

}  // namespace inferometer::cli
