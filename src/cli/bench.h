#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// inferometer bench: models and thread counts against each other, in random interleaved blocks, until it is decided.
[[nodiscard]] std::function<int()> SetUpBench(CLI::App& app);

}  // namespace inferometer::cli
