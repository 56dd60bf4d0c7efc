#include "cli/compare.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/choice.h"
#include "cli/compare_command.h"

namespace inferometer::cli {
namespace {

constexpr double kMostMarginPercent = 100;

std::string CheckMargin(const std::string& text) {
  double number = 0;
  const bool good = CLI::detail::lexical_cast(text, number) && number > 0 && number <= kMostMarginPercent;
  return good ? "" : "\"" + text + "\" is not a number above 0 and at most 100";
}

}  // namespace

std::function<int()> SetUpCompare(CLI::App& app) {
  auto arguments = std::make_shared<CompareArguments>();
  const char* const kArm = "a metrics directory, or field=value[,field=value] over --metrics-dir";
  app.add_option("A", arguments->arms[0], std::string("What B is held against: ") + kArm)->required();
  app.add_option("B", arguments->arms[1], std::string("What is judged: ") + kArm)->required();
  app.add_option("--metrics-dir", arguments->metrics_dir, "where field=value looks, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", arguments->lake, "folder with the lake of --metrics-dir (default: lake in it)")
      ->type_name("DIR");
  app.add_option("--margin", arguments->margin_percent, "differences up to this count as none")
      ->check(CheckMargin)
      ->type_name("PERCENT")
      ->capture_default_str();
  app.add_option("--metric", arguments->metrics, "only this one, or these; each takes some of the others' power")
      ->take_all()
      ->delimiter(',')
      ->type_name("NAME");
  app.add_option("--across", arguments->across, "fields that may differ, because they are what is compared")
      ->take_all()
      ->delimiter(',')
      ->type_name("FIELD");
  app.add_flag("--baseline", arguments->is_baseline, "exit code 1 where B is worse than A beyond the margin");
  app.add_option("--seed", arguments->seed, "of the bootstrap")->type_name("N")->capture_default_str();
  app.add_option("--format", arguments->format, "table, json, csv or markdown")
      ->transform(Choice<OutputFormat>({{"table", OutputFormat::kTable},
                                        {"json", OutputFormat::kJson},
                                        {"csv", OutputFormat::kCsv},
                                        {"markdown", OutputFormat::kMarkdown}}))
      ->type_name("FORMAT")
      ->default_str("table");
  return [arguments] { return RunCompare(*arguments, stdout, stderr); };
}

}  // namespace inferometer::cli
