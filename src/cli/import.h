#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer import`.
[[nodiscard]] std::function<int()> SetUpImport(CLI::App& app);

}  // namespace inferometer::cli
