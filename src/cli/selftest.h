#pragma once
// `inferometer selftest`: what measuring does to what is measured, on this machine.

#include <functional>

namespace CLI {
class App;
}

namespace inferometer::cli {

std::function<int()> SetUpSelftest(CLI::App& app);

}  // namespace inferometer::cli
