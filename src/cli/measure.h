#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer measure`.
[[nodiscard]] std::function<int()> SetUpMeasure(CLI::App& app);

}  // namespace inferometer::cli
