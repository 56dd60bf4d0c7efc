#pragma once
// What every subcommand that measures can be told about its sources.

#include <CLI/CLI.hpp>
#include <string>

#include "inferometer/recorder.h"
#include "inferometer/status.h"

namespace inferometer::cli {

// Adds --energy, --meter, --power-profile, --board, --path.sysfs and --path.procfs. `options` must outlive the app's
// parsing.
void AddProbeOptions(CLI::App& app, RecorderOptions& options, const std::string& group);

// Once they are read: the profile of `doctor --calibrate`, if it is there and nobody said another, or "none". Such a
// one that is unusable stops nothing: the status says what is wrong, for a warning, and the records say that it was not
// used.
[[nodiscard]] Status FillInPowerProfile(RecorderOptions& options);

}  // namespace inferometer::cli
