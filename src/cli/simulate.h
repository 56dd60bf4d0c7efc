#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer simulate`.
[[nodiscard]] std::function<int()> SetUpSimulate(CLI::App& app);

}  // namespace inferometer::cli
