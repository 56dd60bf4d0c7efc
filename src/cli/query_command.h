#pragma once
// What `inferometer query` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <string>

#include "os/files.h"

namespace inferometer::cli {

enum class QueryFormat { kTable, kJson, kCsv, kMarkdown, kParquet };

struct QueryArguments {
  std::string sql;  // "-": from `in`
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;  // empty: the folder "lake" of metrics_dir
  std::filesystem::path out;   // a file, which is whole or not there; empty: `out`
  QueryFormat format = QueryFormat::kTable;
};

// Answers on `out` or into the file, says on `err` what was wrong; progress goes there, too. Gives the exit code: 0, 1
// when the query is refused or fails or a file is damaged (the rest is answered then), 2 for options that do not go
// together.
[[nodiscard]] int RunQuery(const QueryArguments& arguments, os::FileCalls& files, std::FILE* in, std::FILE* out,
                           std::FILE* err);

}  // namespace inferometer::cli
