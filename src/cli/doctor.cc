#include "cli/doctor.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cli/choice.h"
#include "cli/doctor_command.h"
#include "cli/probe_options.h"

namespace inferometer::cli {
namespace {

void AddCalibration(CLI::App& app, DoctorArguments& a) {
  const char* group = "Calibrate";
  app.add_flag("--calibrate", a.calibrate,
               "Measure this machine's power idle, in prompts and in decoding, and keep it as a profile")
      ->group(group);
  app.add_option("--model", a.model.path, "GGUF file (default: the model that the set-up brought)")
      ->envname("LLM_MODEL_NAME")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--threads", a.model.threads, "CPU threads (default: all CPUs)")
      ->check(CLI::Range(1, 512))
      ->group(group);
  app.add_option("--seconds", a.seconds, "How long each load runs; idle takes as long, 10 s at least")
      ->check(CLI::Range(3, 3600))
      ->capture_default_str()
      ->group(group);
  app.add_option("--out", a.profile, "The profile (default: ~/.config/inferometer/power-profile.json)")
      ->envname("INFEROMETER_POWER_PROFILE")
      ->type_name("FILE")
      ->group(group);
}

}  // namespace

std::function<int()> SetUpDoctor(CLI::App& app) {
  static const std::map<std::string, bool> kFormats = {{"table", false}, {"json", true}};
  auto arguments = std::make_shared<DoctorArguments>();
  app.add_option("--format", arguments->as_json, "table or json")
      ->transform(Choice(kFormats))
      ->type_name("FORMAT")
      ->default_str("table");
  AddMeterOptions(app, arguments->meter, arguments->meter_uncertainty_percent, "Options");
  app.add_option("--path.sysfs", arguments->sysfs, "Where the host's /sys is mounted")->capture_default_str();
  app.add_option("--path.procfs", arguments->procfs, "Where the host's /proc is mounted")->capture_default_str();
  AddCalibration(app, *arguments);
  return [arguments] { return RunDoctor(*arguments, os::SystemFileCalls(), stdout, stderr); };
}

}  // namespace inferometer::cli
