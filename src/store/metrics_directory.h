#pragma once
// A device's metrics directory: the JSON files that existing tools read (docs/metrics-directory.md).

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/summary.h"

namespace inferometer::store {

// What does not change within a run, in the order in which it is written.
using ContextValue = std::variant<std::string, std::int64_t, double, bool>;
using Context = std::vector<std::pair<std::string, ContextValue>>;

inline constexpr int kSchemaVersion = 1;

struct MetricsDirectoryOptions {
  std::filesystem::path folder;  // the device's own, e.g. metrics/edge-device-01
  std::string device_id;
  bool portable_names = false;  // '-' for ':' in file names
  std::size_t most_unsaved =
      100'000;  // records kept in memory while saving fails; then the oldest is dropped and counted
};

struct SavedFile {
  std::filesystem::path path;
  Summary summary;
};

// One writer per folder, held by a lock file; one thread at a time.
//
// What survives: a save is whole or absent, whenever the process or the machine dies. Records added since the last save
// are in memory only and are lost with the process. A save that fails keeps its records for the next one, which takes
// the same file name: the failed one may be there already, and no record may stand in two files.
class MetricsDirectory {
 public:
  // Creates the folder. kFailedPrecondition when another process writes there; kPermissionDenied when nothing can be
  // written. `calls` and `clock` must outlive the directory.
  [[nodiscard]] static Result<MetricsDirectory> Open(MetricsDirectoryOptions options, os::FileCalls& calls,
                                                     const base::Clock& clock);

  void SetContext(Context context) { context_ = std::move(context); }

  // Rounds the record as it will be written and keeps it for the next save. Returns it as rounded.
  const InferenceRecord& Add(InferenceRecord record);

  // Writes the records since the last save into a new file; nothing and no file when there are none.
  [[nodiscard]] Result<std::optional<SavedFile>> Save();

  // Replaces loading_metrics.json.
  [[nodiscard]] Status SaveLoading(const Context& loading);

  [[nodiscard]] std::size_t unsaved() const { return records_.size(); }
  // Records that were dropped because saving failed for too long.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return options_.folder; }

 private:
  MetricsDirectory(MetricsDirectoryOptions options, os::FileCalls& calls, const base::Clock& clock, os::FileLock lock);
  [[nodiscard]] std::filesystem::path FreeFileName() const;

  MetricsDirectoryOptions options_;
  os::FileCalls* calls_;
  const base::Clock* clock_;
  os::FileLock lock_;
  Context context_;
  std::vector<InferenceRecord> records_;
  std::optional<std::filesystem::path> failed_save_;  // where the records of a failed save are, or are not
  std::uint64_t dropped_ = 0;
};

// Appends the context as one JSON object.
void AppendJson(const Context& context, std::string& out);

}  // namespace inferometer::store
