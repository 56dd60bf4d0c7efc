#include "cli/analyze.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cli/analyze_command.h"
#include "os/files.h"

namespace inferometer::cli {
namespace {

const std::map<std::string, OutputFormat>& Formats() {
  static const std::map<std::string, OutputFormat> formats = {{"table", OutputFormat::kTable},
                                                              {"json", OutputFormat::kJson},
                                                              {"csv", OutputFormat::kCsv},
                                                              {"markdown", OutputFormat::kMarkdown}};
  return formats;
}

// Takes the name of a format, in any case of letters.
std::string ReadFormat(std::string name, OutputFormat& format) {
  name = CLI::detail::to_lower(name);
  const auto found = Formats().find(name);
  if (found == Formats().end()) return "\"" + name + "\" is none of table, json, csv, markdown";
  format = found->second;
  return "";
}

std::string CheckAboveZero(const std::string& text) {
  double number = 0;
  const bool good = CLI::detail::lexical_cast(text, number) && number > 0 && std::isfinite(number);
  return good ? "" : "\"" + text + "\" is not a number above 0";
}

}  // namespace

std::function<int()> SetUpAnalyze(CLI::App& app) {
  auto arguments = std::make_shared<AnalyzeArguments>();
  app.add_option("--metrics-dir", arguments->metrics_dir, "folder with the metrics files, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", arguments->lake, "folder of the lake (default: lake in the metrics directory)")
      ->type_name("DIR");
  app.add_option("--device", arguments->device, "only this device")->type_name("NAME|ID");
  app.add_flag("--compare", arguments->compare,
               "rank models and devices by energy, and compare groups in time, speed, memory and energy");
  app.add_option("--by", arguments->by, "with --compare: fields of the records or their runs that make the groups")
      ->take_all()
      ->delimiter(',')
      ->type_name("FIELD")
      ->default_str("device_name,model_name");
  app.add_option("--export-csv", arguments->export_csv, "write CSV, one line a device and model; - is standard output")
      ->type_name("FILE");
  app.add_flag("--records", arguments->records, "CSV with one line an inference");
  app.add_option("--report", arguments->report, "write an HTML page with pictures and tables; - is standard output")
      ->type_name("FILE");
  const auto set_format = [arguments](const std::string& name) {
    const std::string problem = ReadFormat(name, arguments->format);
    if (!problem.empty()) throw CLI::ValidationError("--format", problem);  // how CLI11 wants to hear of it
  };
  app.add_option_function<std::string>("--format", set_format, "table, json, csv or markdown")
      ->type_name("FORMAT")
      ->default_str("table");
  app.add_option("--price-per-kwh", arguments->costs.price_per_kwh, "add the cost of 1,000 tokens at this price")
      ->check(CheckAboveZero)
      ->type_name("P");
  app.add_option("--battery-wh", arguments->costs.battery_wh, "add the inferences on a charge of this battery")
      ->check(CheckAboveZero)
      ->type_name("W");
  app.add_flag(
      "--no-index", arguments->no_index,
      "read every file; without this, what was read is kept in a hidden file of the folder, for the next time");
  return [arguments] { return RunAnalyze(*arguments, os::SystemFileCalls(), stdout, stderr); };
}

}  // namespace inferometer::cli
