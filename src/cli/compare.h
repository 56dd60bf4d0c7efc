#pragma once
// inferometer compare: how one run stands to another.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

[[nodiscard]] std::function<int()> SetUpCompare(CLI::App& app);

}  // namespace inferometer::cli
