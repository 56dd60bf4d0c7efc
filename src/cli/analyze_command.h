#pragma once
// What `inferometer analyze` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "analyze/cost.h"
#include "os/files.h"

namespace inferometer::cli {

enum class OutputFormat { kTable, kJson, kCsv, kMarkdown };

struct AnalyzeArguments {
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;  // empty: the folder "lake" of metrics_dir
  std::string device;          // name or id; empty: all
  bool compare = false;
  std::vector<std::string> by;  // with compare: fields that make the groups; empty: device and model
  std::string export_csv;       // a file, or "-" for standard output; empty: none
  bool records = false;         // CSV has one line an inference
  std::string report;           // an HTML page: a file, or "-" for standard output; empty: none
  OutputFormat format = OutputFormat::kTable;
  analyze::CostQuestion costs;
  unsigned threads = 0;  // 0: one a core
  bool no_index = false;
};

// Answers on `out`, where nothing but data goes, and says on `err` what was wrong; progress goes there, too, when it is
// a terminal and the work takes more than a second. Gives the exit code: 0, 1 when something asked for could not be
// done (a damaged file is left out, named, and makes it 1), 2 for options that do not go together.
[[nodiscard]] int RunAnalyze(const AnalyzeArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
