#pragma once
// What a long-running subcommand says: lines on standard error.

#include <string>

namespace CLI {
class App;
}

namespace inferometer::cli {

// Adds --log-level (LOG_LEVEL) with the values of spdlog and of Python's logging, in any case.
void AddLogLevel(CLI::App& app, std::string& level);

// Sends spdlog's default logger to standard error: with colours on a terminal unless NO_COLOR is set, with the time in
// UTC elsewhere.
void StartLog(const std::string& level);

}  // namespace inferometer::cli
