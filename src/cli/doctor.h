#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer doctor`.
[[nodiscard]] std::function<int()> SetUpDoctor(CLI::App& app);

}  // namespace inferometer::cli
