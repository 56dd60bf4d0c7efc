#include "cli/query.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/choice.h"
#include "cli/query_command.h"
#include "os/files.h"

namespace inferometer::cli {

std::function<int()> SetUpQuery(CLI::App& app) {
  auto arguments = std::make_shared<QueryArguments>();
  app.add_option(
         "sql", arguments->sql,
         "One SELECT (DuckDB's SQL) over records, loads, devices, losses; \"DESCRIBE records\" lists the columns; "
         "- reads it from standard input")
      ->type_name("SQL")
      ->required();
  app.add_option("--metrics-dir", arguments->metrics_dir, "folder with the metrics files, at any depth")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lake", arguments->lake, "folder of the lake (default: lake in the metrics directory)")
      ->type_name("DIR");
  app.add_option("--out", arguments->out, "write the answer into this file; Parquet needs one")->type_name("FILE");
  app.add_option("--format", arguments->format, "table, json, csv, markdown or parquet")
      ->transform(Choice<QueryFormat>({{"table", QueryFormat::kTable},
                                       {"json", QueryFormat::kJson},
                                       {"csv", QueryFormat::kCsv},
                                       {"markdown", QueryFormat::kMarkdown},
                                       {"parquet", QueryFormat::kParquet}}))
      ->type_name("FORMAT")
      ->default_str("table");
  return [arguments] { return RunQuery(*arguments, os::SystemFileCalls(), stdin, stdout, stderr); };
}

}  // namespace inferometer::cli
