#pragma once
// What every subcommand that measures can be told about its sources.

#include <CLI/CLI.hpp>
#include <string>

#include "inferometer/recorder.h"
#include "inferometer/status.h"

namespace inferometer::cli {

// Adds --meter and --meter-uncertainty, to `meter` and `uncertainty_percent`, which must outlive the app's parsing.
template <typename Path>
void AddMeterOptions(CLI::App& app, Path& meter, double& uncertainty_percent, const std::string& group) {
  app.add_option("--meter", meter, "A power meter's lines \"time, watts\": a file that grows, a FIFO or a Unix socket")
      ->type_name("PATH")
      ->group(group);
  app.add_option("--meter-uncertainty", uncertainty_percent, "Of that meter's power, in percent, by its data sheet")
      ->check(CLI::Range(0.01, 100.0))
      ->type_name("PERCENT")
      ->capture_default_str()
      ->group(group);
}

// Adds --energy, those of a meter, --power-profile, --board, --path.sysfs and --path.procfs. `options` must outlive the
// app's parsing.
void AddProbeOptions(CLI::App& app, RecorderOptions& options, const std::string& group);

// Once they are read: the profile of `doctor --calibrate`, if it is there and nobody said another, or "none". Such a
// one that is unusable stops nothing: the status says what is wrong, for a warning, and the records say that it was not
// used.
[[nodiscard]] Status FillInPowerProfile(RecorderOptions& options);

}  // namespace inferometer::cli
