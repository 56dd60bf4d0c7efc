#pragma once
// What `inferometer compare` does once its options are read.

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/analyze_command.h"

namespace inferometer::cli {

struct CompareArguments {
  std::array<std::string, 2> arms;  // each a metrics directory, or "field=value[,field=value]" over metrics_dir
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;  // of metrics_dir; empty: the folder "lake" in it
  double margin_percent = 2;
  std::uint32_t seed = 1;
  std::vector<std::string> metrics;  // empty: all
  std::vector<std::string> across;   // fields that may differ
  bool is_baseline = false;          // exit code 1 where B is worse than A
  OutputFormat format = OutputFormat::kTable;
};

// Answers on `out`, where nothing but data goes; says on `err` what was wrong. Gives the exit code: 0; 1 when something
// asked for could not be done, and with is_baseline also where a metric became worse beyond the margin or none could be
// compared; 2 for wrong usage.
[[nodiscard]] int RunCompare(const CompareArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
