#include "cli/probe_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <system_error>

#include "cli/choice.h"
#include "probe/energy/power_profile.h"

namespace inferometer::cli {

void AddProbeOptions(CLI::App& app, RecorderOptions& options, const std::string& group) {
  static const std::map<std::string, EnergyChoice> kEnergies = {
      {"auto", EnergyChoice::kAuto}, {"model", EnergyChoice::kModel}, {"none", EnergyChoice::kNone}};
  app.add_option("--energy", options.energy, "auto: the best sensor of the machine, else the model; model; none")
      ->transform(Choice(kEnergies))
      ->default_str("auto")
      ->type_name("SOURCE")
      ->group(group);
  AddMeterOptions(app, options.external_meter, options.external_meter_uncertainty_percent, group);
  app.add_option("--power-profile", options.power_profile,
                 "Used where nothing measures: what `inferometer doctor --calibrate` wrote on this machine, or none "
                 "(default: ~/.config/inferometer/power-profile.json, if it is there)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--board", options.board,
                 "Power profile for the model: pi3 pi4 pi5 jetson-nano orin-nano n100 generic")
      ->capture_default_str()
      ->group(group);
  app.add_option("--path.sysfs", options.sysfs, "Where the host's /sys is mounted")
      ->capture_default_str()
      ->group(group);
  app.add_option("--path.procfs", options.procfs, "Where the host's /proc is mounted")
      ->capture_default_str()
      ->group(group);
}

Status FillInPowerProfile(RecorderOptions& options) {
  if (options.power_profile == "none") {
    options.power_profile.clear();
    return Ok();
  }
  const auto path = probe::DefaultPowerProfile();
  std::error_code error;
  if (!options.power_profile.empty() || !path || !std::filesystem::exists(*path, error)) return Ok();
  options.power_profile = path->string();
  options.power_profile_must_be_readable = false;
  if (options.energy == EnergyChoice::kNone) return Ok();
  const Status read = probe::ReadPowerProfile(*path).status();
  if (read.ok()) return Ok();
  return {read.code(), "the power profile is not used: " + read.message() +
                           "; write a new one (inferometer doctor --calibrate) or remove it"};
}

}  // namespace inferometer::cli
