#pragma once
// Which files a metrics directory holds.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::analyze {

// What could not be read, once a file.
struct Damage {
  std::string file;
  std::optional<std::size_t> offset_bytes;  // nothing where no byte is to blame
  std::string error;
};

struct FoundFile {
  std::filesystem::path path;
  // The folder it stands in, which is the device's name; nothing at the top level of the metrics directory.
  std::optional<std::string> folder_name;
};

struct MetricsDirectory {
  std::vector<FoundFile> metrics;               // inference_metrics_*.json, sorted by path
  std::vector<FoundFile> loadings;              // loading_metrics.json, sorted by path
  std::vector<std::filesystem::path> journals;  // folders journal, sorted, not looked into
  std::vector<Damage> unreadable;               // folders that could not be listed
};

// Looks through `root` and all folders in it, as experiments nest them. Passed over: temporary and hidden files, the
// folders journal and lake, folders behind symbolic links. kNotFound when there is no such folder.
[[nodiscard]] Result<MetricsDirectory> ListMetrics(const std::filesystem::path& root);

}  // namespace inferometer::analyze
