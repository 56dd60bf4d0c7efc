#pragma once
// Options from three places: the command line beats the environment, the environment beats the file.

#include <filesystem>
#include <optional>
#include <string>

#include "inferometer/status.h"

namespace CLI {
class App;
}

namespace inferometer::cli {

// Gives each option of `app` and of its subcommands that has no environment variable yet the name INFEROMETER_<OPTION>.
// Call when all options are there.
void NameEnvironment(CLI::App& app);

// Reads a TOML file: top-level keys are options of every subcommand, keys of a table [device] are those of `device`,
// keys of [keys] those of every subcommand of `keys` that knows them. A key is the option's long name, with '-' or '_'.
// Values become defaults, which environment and command line then override. An unknown key, a value that the option
// refuses or a file that is not TOML is an error with file, line and key.
[[nodiscard]] Status ApplyFile(const std::filesystem::path& file, CLI::App& root);

// The value of --config among the arguments, else of INFEROMETER_CONFIG.
[[nodiscard]] std::optional<std::string> ConfigFile(int argc, const char* const* argv);

}  // namespace inferometer::cli
