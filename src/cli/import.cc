#include "cli/import.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/import_command.h"
#include "os/files.h"
#include "os/signals.h"

namespace inferometer::cli {
namespace {

int RunUntilStopped(const ImportArguments& arguments) {
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) {
    std::fprintf(stderr, "inferometer import: %s\n", signals.status().message().c_str());
    return kFailed;
  }
  return RunImport(arguments, os::SystemFileCalls(), stop.get_token(), stderr);
}

}  // namespace

std::function<int()> SetUpImport(CLI::App& app) {
  auto arguments = std::make_shared<ImportArguments>();
  app.add_option("from", arguments->from,
                 "file of another program's (- is the standard input), or a metrics directory of the older system")
      ->type_name("FROM")
      ->required();
  app.add_option("--out", arguments->out, "metrics directory that the records go to; each device has a folder there")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--format", arguments->format,
                 "llama-bench (-o jsonl), aiperf (profile_export.jsonl), llama-server or ollama (responses, one a "
                 "line), older (a metrics directory); auto: as the first line tells")
      ->transform(Choice<ImportFormat>({{"auto", ImportFormat::kAuto},
                                        {"older", ImportFormat::kOlder},
                                        {"llama-bench", ImportFormat::kLlamaBench},
                                        {"aiperf", ImportFormat::kAiperf},
                                        {"llama-server", ImportFormat::kLlamaServer},
                                        {"ollama", ImportFormat::kOllama}}))
      ->type_name("FORMAT")
      ->default_str("auto");
  app.add_option("--device-id", arguments->device_id,
                 "the device that it was measured on, where the source does not say")
      ->type_name("ID")
      ->capture_default_str();
  app.add_option("--device-name", arguments->device_name, "its folder (default: its id)")->type_name("NAME");
  app.add_option("--model", arguments->model, "the model, where the source does not say")->type_name("NAME");
  app.add_option("--measured-at", arguments->measured_at, "when it was, where the source does not say (RFC 3339)")
      ->type_name("TIME");
  return [arguments] { return RunUntilStopped(*arguments); };
}

}  // namespace inferometer::cli
