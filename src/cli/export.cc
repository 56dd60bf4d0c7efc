#include "cli/export.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/export_command.h"
#include "os/files.h"
#include "os/signals.h"

namespace inferometer::cli {
namespace {

int RunUntilStopped(const ExportArguments& arguments) {
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) {
    std::fprintf(stderr, "inferometer export: %s\n", signals.status().message().c_str());
    return kFailed;
  }
  return RunExport(arguments, os::SystemFileCalls(), stop.get_token(), stdout, stderr);
}

}  // namespace

std::function<int()> SetUpExport(CLI::App& app) {
  auto arguments = std::make_shared<ExportArguments>();
  app.add_option("--to", arguments->to,
                 "postgresql://user@host/database, sqlite:FILE, FILE.sqlite, FILE.csv, FILE.jsonl, FILE.parquet, or - "
                 "(standard output) with --format")
      ->type_name("TARGET")
      ->required();
  app.add_option("--metrics-dir", arguments->metrics_dir, "folder with the metrics files, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", arguments->lake, "folder with the lake (default: lake in the metrics directory)")
      ->type_name("DIR");
  app.add_option("--device", arguments->device, "only this device")->type_name("NAME|ID");
  app.add_option_function<exchange::TargetKind>(
         "--format", [arguments](exchange::TargetKind kind) { arguments->format = kind; },
         "csv, jsonl, parquet or sqlite, where the target's name does not tell")
      ->transform(Choice<exchange::TargetKind>({{"csv", exchange::TargetKind::kCsv},
                                                {"jsonl", exchange::TargetKind::kJsonLines},
                                                {"parquet", exchange::TargetKind::kParquet},
                                                {"sqlite", exchange::TargetKind::kSqlite}}))
      ->type_name("FORMAT");
  return [arguments] { return RunUntilStopped(*arguments); };
}

}  // namespace inferometer::cli
