#pragma once
// What `inferometer archive` does once its options are read.

#include <cstdio>

#include "archive/archiver.h"
#include "base/clock.h"
#include "os/files.h"

namespace inferometer::cli {

struct ArchiveArguments {
  archive::ArchiveOptions options;
  bool as_json = false;
};

// Answers on `out`, says on `err` what stays where it is and why; progress goes there, too, when it is a terminal and
// the work takes more than a second. Gives the exit code: 0, or 1 when a file is damaged or could not go into the lake.
[[nodiscard]] int RunArchive(const ArchiveArguments& arguments, os::FileCalls& files, const base::Clock& clock,
                             std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
