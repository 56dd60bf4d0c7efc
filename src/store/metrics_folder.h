#pragma once
// A device's metrics folder: the JSON files that existing tools read (docs/metrics-directory.md).

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/context.h"
#include "store/summary.h"

namespace inferometer::store {

struct SavedFile {
  std::filesystem::path path;
  Summary summary;
};

// Holds the lock that makes its owner the only writer of a folder, which is created. kFailedPrecondition when another
// process writes there; kPermissionDenied when nothing can be written.
[[nodiscard]] Result<os::FileLock> LockFolder(const std::filesystem::path& folder);

// Whoever writes has locked the folder, or one above it. One thread at a time. `calls` and `clock` must outlive it.
class MetricsFolder {
 public:
  // `portable_names`: '-' for ':' in file names.
  MetricsFolder(std::filesystem::path folder, std::string device_id, bool portable_names, os::FileCalls& calls,
                const base::Clock& clock);

  // Creates the folder with its parents, durably, and removes what a crash left of a save.
  [[nodiscard]] Status Prepare();

  // The name for a file that is saved now; a taken one moves on to the next free second.
  [[nodiscard]] Result<std::string> FreeFileName();
  // An error where nobody can tell now.
  [[nodiscard]] Result<bool> Has(const std::string& name) const;
  // Makes the names of the files durable, also those that an earlier process gave them.
  [[nodiscard]] Status SyncNames();

  // Writes a file whole or not at all; after an error it may be there, too, and is to be written again. `context` is a
  // JSON object, each of `lines` a record as one line of JSON: the file holds them as they are. kDataLoss names a line
  // that is no record.
  [[nodiscard]] Result<SavedFile> Write(const std::string& name, std::string_view context,
                                        const std::vector<std::string>& lines);

  // Replaces loading_metrics.json.
  [[nodiscard]] Status SaveLoading(const Context& loading);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::string device_id_;
  bool portable_names_;
  os::FileCalls* calls_;
  const base::Clock* clock_;
  // The seconds from the first of these up to the second one are taken: where more than one file a second is made, they
  // need not be asked for each time.
  WallTime taken_from_{};
  WallTime taken_upto_{};
};

}  // namespace inferometer::store
