#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer analyze`.
[[nodiscard]] std::function<int()> SetUpAnalyze(CLI::App& app);

}  // namespace inferometer::cli
