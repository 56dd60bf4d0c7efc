#include "cli/clean.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/choice.h"
#include "cli/clean_command.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/version.h"
#include "os/files.h"
#include "os/signals.h"

namespace inferometer::cli {
namespace {

std::chrono::seconds TimeOf(const std::string& option, const std::string& text) {
  const auto time = ParseDuration(text);
  if (!time) throw CLI::ValidationError(option, "\"" + text + "\" is no duration such as 90d, 12h, 30m, 45s or 0");
  return *time;
}

void TakeKeep(const std::string& text, archive::Retention& retention) {
  const auto sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0) {
    throw CLI::ValidationError("--keep", "\"" + text + "\" is no DEVICE=TIME such as pi-07=30d or pi-07=forever");
  }
  const std::string time = text.substr(sign + 1);
  retention.own[text.substr(0, sign)] = time == "forever" ? archive::Retention::kForever : TimeOf("--keep", time);
}

int RunUntilStopped(const CleanArguments& arguments) {
  if (const auto refused = RefuseClean(arguments, stdin, stderr)) return *refused;
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) {
    std::fprintf(stderr, "inferometer clean: %s\n", signals.status().message().c_str());
    return kFailed;
  }
  return RunClean(arguments, os::SystemFileCalls(), base::SystemClock(), stop.get_token(), stdout, stderr);
}

void AddAges(CLI::App& app, const std::shared_ptr<CleanArguments>& arguments) {
  app.add_option_function<std::string>(
         "--older-than",
         [arguments](const std::string& text) { arguments->retention.older_than = TimeOf("--older-than", text); },
         "what goes: files whose newest record is older, and days of the lake that ended before")
      ->type_name("TIME");
  app.add_option_function<std::vector<std::string>>(
         "--keep",
         [arguments](const std::vector<std::string>& all) {
           arguments->retention.own.clear();
           for (const std::string& one : all) TakeKeep(one, arguments->retention);
         },
         "how long one device's records stay instead, by its name or id; \"forever\" is a time, too; several, or "
         "separated by commas")
      ->type_name("DEVICE=TIME")
      ->take_all()
      ->delimiter(',');
  app.add_flag("--all", arguments->all, "everything goes, whatever its age, but for what --keep names; asks first");
  app.add_flag("--yes", arguments->yes, "the answer to what --all asks");
}

}  // namespace

std::function<int()> SetUpClean(CLI::App& app) {
  auto arguments = std::make_shared<CleanArguments>();
  arguments->built = BuildTime();
  app.add_option("--metrics-dir", arguments->metrics_dir, "folder with the metrics files, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", arguments->lake, "folder of the lake (default: lake in the metrics directory)")
      ->type_name("DIR");
  AddAges(app, arguments);
  app.add_flag("--force", arguments->force, "let go what a hub has not acknowledged, too; it is counted and noted");
  app.add_flag("--dry-run", arguments->dry_run, "tell what would go, and change nothing");
  app.add_flag("--trust-clock", arguments->trust_clock,
               "go by the machine's clock though records, or this program's build, say that it stands wrong");
  app.add_option("--format", arguments->format, "table, json, csv or markdown")
      ->transform(Choice<CleanFormat>({{"table", CleanFormat::kTable},
                                       {"json", CleanFormat::kJson},
                                       {"csv", CleanFormat::kCsv},
                                       {"markdown", CleanFormat::kMarkdown}}))
      ->type_name("FORMAT")
      ->default_str("table");
  return [arguments] { return RunUntilStopped(*arguments); };
}

}  // namespace inferometer::cli
