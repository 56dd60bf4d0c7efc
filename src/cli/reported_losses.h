#pragma once
// What the journals of a metrics directory report lost.

#include <filesystem>
#include <string>
#include <vector>

#include "analyze/verification.h"
#include "os/files.h"

namespace inferometer::cli {

struct ReportedLosses {
  std::vector<analyze::ReportedLoss> losses;
  std::vector<std::string> problems;  // sentences: why there may be more than these
};
// Of all journals below `root`. Changes nothing on disk.
[[nodiscard]] ReportedLosses LossesIn(const std::filesystem::path& root, os::FileCalls& files);

}  // namespace inferometer::cli
