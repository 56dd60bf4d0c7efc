#pragma once
// What the program's main knows of a subcommand.

#include <functional>
#include <string_view>

namespace CLI {
class App;
}

namespace inferometer::cli {

// Exit codes: 0 done, 1 something asked for could not be done, 2 wrong usage.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// A subcommand adds its options to `app` and returns what is to run once they are read; that gives the exit code.
using SetUp = std::function<int()> (*)(CLI::App& app);

struct Command {
  std::string_view group;  // heading in the help: "Run and record", "Ask", "Keep", "Set up"
  std::string_view name;
  std::string_view line;     // what it does, in one line
  std::string_view example;  // one command line
  SetUp set_up;
};

}  // namespace inferometer::cli
