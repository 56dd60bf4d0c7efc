#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

// `inferometer verify`.
[[nodiscard]] std::function<int()> SetUpVerify(CLI::App& app);

}  // namespace inferometer::cli
