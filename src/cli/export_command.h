#pragma once
// What `inferometer export` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "exchange/target_name.h"
#include "os/files.h"

namespace inferometer::cli {

struct ExportArguments {
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;  // empty: "lake" in metrics_dir
  std::string to;
  std::optional<exchange::TargetKind> format;
  std::string device;  // name or id; empty: all
};

// Writes every record to where `to` says; a file appears whole or not at all, a database gets batch after batch. Says
// on `err` what was done and what was wrong. Gives the exit code: 0, 1 when something could not be done (a damaged file
// is left out, named, and makes it 1; so does a stop), 2 for a target that cannot be.
[[nodiscard]] int RunExport(const ExportArguments& arguments, os::FileCalls& files, const std::stop_token& stop,
                            std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
