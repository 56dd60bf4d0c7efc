#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer device`.
[[nodiscard]] std::function<int()> SetUpDevice(CLI::App& app);

}  // namespace inferometer::cli
