#pragma once
// What `inferometer clean` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "archive/retention.h"
#include "base/clock.h"
#include "cli/clean_report.h"
#include "inferometer/record.h"
#include "os/files.h"

namespace inferometer::cli {

struct CleanArguments {
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;
  archive::Retention retention;
  bool all = false;
  bool yes = false;  // to `all`, so that nobody is asked
  bool force = false;
  bool dry_run = false;
  bool trust_clock = false;
  CleanFormat format = CleanFormat::kTable;
  WallTime built{};  // a time that has passed
};

// Whether it may begin: the exit code where it may not, said on `err`. Asks there for --all, and reads the answer from
// `in`, where that is a terminal: call it while Ctrl-C still ends the program.
[[nodiscard]] std::optional<int> RefuseClean(const CleanArguments& arguments, std::FILE* in, std::FILE* err);

// Answers on `out`, says on `err` what stays though it is old, and why. Gives the exit code: 0, or 1 when something old
// stays, or it was stopped.
[[nodiscard]] int RunClean(const CleanArguments& arguments, os::FileCalls& files, const base::Clock& clock,
                           const std::stop_token& stop, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
