#include "cli/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "os/files.h"

namespace inferometer::cli {
namespace {

constexpr std::size_t kLargestFile = 1U << 20U;

std::string EnvironmentName(std::string_view option) {
  std::string name = "INFEROMETER_";
  for (const char c : option)
    name += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Status At(const std::filesystem::path& file, const toml::source_region& where, std::string_view what) {
  return {Code::kInvalidArgument, fmt::format("{}:{}: {}", file.string(), where.begin.line, what)};
}

// The options of that name, of the subcommand and of its own subcommands.
std::vector<CLI::Option*> FindOptions(CLI::App& app, std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  std::vector<CLI::Option*> found;
  if (CLI::Option* own = app.get_option_no_throw("--" + key)) found.push_back(own);
  for (CLI::App* below : app.get_subcommands({})) {
    if (CLI::Option* option = below->get_option_no_throw("--" + key)) found.push_back(option);
  }
  return found;
}

// TOML's value as the text that the command line would hold.
std::optional<std::string> AsText(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto integer = node.value_exact<std::int64_t>()) return std::to_string(*integer);
  if (const auto real = node.value_exact<double>()) return fmt::format("{}", *real);
  if (const auto boolean = node.value_exact<bool>()) return *boolean ? "true" : "false";
  return std::nullopt;
}

Status ApplyKey(const std::filesystem::path& file, const std::string& key, const toml::node& node, CLI::App& app) {
  const std::vector<CLI::Option*> options = FindOptions(app, key);
  if (options.empty()) return At(file, node.source(), fmt::format("{} has no option \"{}\"", app.get_name(), key));
  const auto text = AsText(node);
  if (!text) return At(file, node.source(), fmt::format("\"{}\" must be a text, a number or true/false", key));
  try {
    for (CLI::Option* option : options) option->run_callback_for_default()->default_val(*text);
  } catch (const CLI::Error& error) {
    return At(file, node.source(), fmt::format("\"{}\": {}", key, error.what()));
  }
  return Ok();
}

Status ApplyTable(const std::filesystem::path& file, const std::string& name, const toml::table& table,
                  CLI::App& root) {
  const auto named = root.get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
  if (named.empty()) return At(file, table.source(), fmt::format("there is no subcommand \"{}\"", name));
  for (const auto& [key, node] : table) RETURN_IF_ERROR(ApplyKey(file, std::string(key.str()), node, *named.front()));
  return Ok();
}

// A top-level key is for every subcommand that knows it.
Status ApplyEverywhere(const std::filesystem::path& file, const std::string& key, const toml::node& node,
                       CLI::App& root) {
  bool known = false;
  for (CLI::App* app : root.get_subcommands({})) {
    if (FindOptions(*app, key).empty()) continue;
    known = true;
    RETURN_IF_ERROR(ApplyKey(file, key, node, *app));
  }
  if (known) return Ok();
  return At(file, node.source(), fmt::format("no subcommand has an option \"{}\"", key));
}

}  // namespace

void NameEnvironment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const auto& names = option->get_lnames();
    if (names.empty() || names.front() == "help" || !option->get_envname().empty()) continue;
    option->envname(EnvironmentName(names.front()));
  }
  for (CLI::App* below : app.get_subcommands({})) NameEnvironment(*below);
}

Status ApplyFile(const std::filesystem::path& file, CLI::App& root) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(file, kLargestFile));
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return At(file, error.source(), error.description());
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const toml::table* inner = node.as_table()) {
      RETURN_IF_ERROR(ApplyTable(file, name, *inner, root));
    } else {
      RETURN_IF_ERROR(ApplyEverywhere(file, name, node, root));
    }
  }
  return Ok();
}

std::optional<std::string> ConfigFile(int argc, const char* const* argv) {
  constexpr std::string_view kOption = "--config";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    if (argument == kOption && i + 1 < argc) return argv[i + 1];
    if (argument.starts_with(std::string(kOption).append("="))) return std::string(argument.substr(kOption.size() + 1));
  }
  const char* environment = std::getenv("INFEROMETER_CONFIG");
  if (environment == nullptr || *environment == '\0') return std::nullopt;
  return environment;
}

}  // namespace inferometer::cli
