#pragma once
// What `inferometer clean` answers.

#include <string>

#include "archive/cleaner.h"

namespace inferometer::cli {

enum class CleanFormat { kTable, kJson, kCsv, kMarkdown };

// One row a device and folder, by name; JSON names every file, too.
[[nodiscard]] std::string CleanText(const archive::CleanReport& report, CleanFormat format, bool dry_run);

}  // namespace inferometer::cli
