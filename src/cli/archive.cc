#include "cli/archive.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/archive_command.h"
#include "cli/backup_command.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "os/files.h"
#include "os/signals.h"

namespace inferometer::cli {
namespace {

int BackUpUntilStopped(const ArchiveArguments& arguments, const std::filesystem::path& tar) {
  if (arguments.options.dry_run) {
    std::fputs("inferometer archive: --dry-run is not for --tar, which changes nothing in the directory\n", stderr);
    return kWrongUsage;
  }
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) {
    std::fprintf(stderr, "inferometer archive: %s\n", signals.status().message().c_str());
    return kFailed;
  }
  return RunBackup({arguments.options.metrics_dir, arguments.options.lake, tar, arguments.as_json},
                   os::SystemFileCalls(), base::SystemClock(), stop.get_token(), stdout, stderr);
}

}  // namespace

std::function<int()> SetUpArchive(CLI::App& app) {
  auto arguments = std::make_shared<ArchiveArguments>();
  archive::ArchiveOptions& options = arguments->options;
  options.metrics_dir = "metrics";
  app.add_option("--metrics-dir", options.metrics_dir, "folder with the metrics files, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", options.lake, "folder of the lake (default: lake in the metrics directory)")
      ->type_name("DIR");
  const auto set_grace = [arguments](const std::string& text) {
    const auto grace = ParseDuration(text);
    if (!grace) throw CLI::ValidationError("--grace", "\"" + text + "\" is no duration such as 7d, 12h, 30m, 45s or 0");
    arguments->options.grace = *grace;
  };
  app.add_option_function<std::string>("--grace", set_grace,
                                       "how long a file stays after its records came into the lake; 0: not at all")
      ->type_name("TIME")
      ->default_str("7d");
  auto tar = std::make_shared<std::filesystem::path>();
  app.add_option(
         "--tar", *tar,
         "instead of filling the lake, put a copy of the whole directory into this file: .tar, .tar.zst, .tar.gz "
         "or .tgz; - is standard output")
      ->type_name("FILE");
  app.add_flag("--dry-run", options.dry_run, "tell what would be done, and change nothing");
  app.add_option("--format", arguments->as_json, "table or json")
      ->transform(Choice<bool>({{"table", false}, {"json", true}}))
      ->type_name("FORMAT")
      ->default_str("table");
  return [arguments, tar] {
    if (!tar->empty()) return BackUpUntilStopped(*arguments, *tar);
    return RunArchive(*arguments, os::SystemFileCalls(), base::SystemClock(), stdout, stderr);
  };
}

}  // namespace inferometer::cli
