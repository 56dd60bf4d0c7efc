#include "cli/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>
#include <memory>

namespace inferometer::cli {
namespace {

const std::map<std::string, spdlog::level::level_enum>& Levels() {
  static const std::map<std::string, spdlog::level::level_enum> levels = {
      {"debug", spdlog::level::debug}, {"info", spdlog::level::info}, {"warning", spdlog::level::warn},
      {"warn", spdlog::level::warn},   {"error", spdlog::level::err}, {"critical", spdlog::level::critical},
      {"off", spdlog::level::off},
  };
  return levels;
}

}  // namespace

void AddLogLevel(CLI::App& app, std::string& level) {
  app.add_option("--log-level", level, "debug, info, warning, error or off")
      ->envname("LOG_LEVEL")
      ->transform(CLI::IsMember(Levels(), CLI::ignore_case))
      ->type_name("LEVEL")
      ->capture_default_str();
}

void StartLog(const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') sink->set_color_mode(spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("inferometer", std::move(sink));
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  logger->set_pattern(terminal ? "%^%T%$ %v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(Levels().at(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace inferometer::cli
