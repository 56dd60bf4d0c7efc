#pragma once
// inferometer hub: collects what devices send.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

[[nodiscard]] std::function<int()> SetUpHub(CLI::App& app);

}  // namespace inferometer::cli
