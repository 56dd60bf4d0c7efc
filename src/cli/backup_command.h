#pragma once
// What `inferometer archive --tar` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <stop_token>

#include "base/clock.h"
#include "os/files.h"

namespace inferometer::cli {

struct BackupArguments {
  std::filesystem::path metrics_dir = "metrics";
  std::filesystem::path lake;
  std::filesystem::path tar;  // "-": standard output
  bool as_json = false;
};

// Answers on `out`, which is the tar itself for "-": then on `err`, as all that is not there or not as it was. Gives
// the exit code: 0; 1 when something is not in the tar as it stood there, or no tar was made; 2 for a name of no tar.
[[nodiscard]] int RunBackup(const BackupArguments& arguments, os::FileCalls& files, const base::Clock& clock,
                            const std::stop_token& stop, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
