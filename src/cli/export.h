#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer export`.
[[nodiscard]] std::function<int()> SetUpExport(CLI::App& app);

}  // namespace inferometer::cli
