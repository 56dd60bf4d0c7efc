#pragma once
// The hub's report as a file, DIR/hub.json (docs/metrics-directory.md).

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "hub/collector.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::hub {

// The version of the file's layout.
inline constexpr int kReportSchemaVersion = 1;

// One object, each device on a line of its own. What is not known is null.
[[nodiscard]] std::string ReportJson(const CollectorReport& report, WallTime written_at);

// One thread at a time. `calls` and `clock` must outlive it.
class ReportFile {
 public:
  ReportFile(os::FileCalls& calls, std::filesystem::path path, const base::Clock& clock)
      : calls_(calls), path_(std::move(path)), clock_(clock) {}

  // Replaces the file, whole or not at all, unless it says the same already.
  [[nodiscard]] Status Update(const CollectorReport& report);

 private:
  os::FileCalls& calls_;
  const std::filesystem::path path_;
  const base::Clock& clock_;
  std::string written_;  // what stands in the file, but for its time; empty: not known
};

}  // namespace inferometer::hub
