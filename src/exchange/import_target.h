#pragma once
// The metrics directory that imported records go to.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analyze/fingerprint_set.h"
#include "base/clock.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/context.h"
#include "store/metrics_folder.h"

namespace inferometer::exchange {

// Whose records they are.
struct ImportedDevice {
  std::string folder_name;  // any text: what no folder may be called is made into one that may
  std::string id;           // canonical (base/device_id.h): in the files' names

  friend bool operator==(const ImportedDevice&, const ImportedDevice&) = default;
};

// Puts records into files of our layout, whole or not at all each, and none that the device's folder, or the lake of
// the directory, holds already (by exchange/record_key.h): what was interrupted can be repeated. Holds the lock of one
// device's folder at a time; a device that runs there is an error. Memory: one file, and 54 bytes for each record of
// that folder. One thread at a time; `calls` and `clock` must outlive it.
class ImportTarget {
 public:
  ImportTarget(std::filesystem::path out, os::FileCalls& calls, const base::Clock& clock)
      : out_(std::move(out)), calls_(calls), clock_(clock) {}

  // REQUIRES: rounded as written, with all that a record must have. It waits in memory until its file is full, or
  // device or context is another, or Finish.
  [[nodiscard]] Status Add(const ImportedDevice& device, const store::Context& context, const InferenceRecord& record);
  // Where the device's folder has none.
  [[nodiscard]] Status AddLoad(const ImportedDevice& device, const store::Context& load);
  [[nodiscard]] Status Finish() { return Flush(); }

  [[nodiscard]] std::uint64_t added() const { return added_; }
  [[nodiscard]] std::uint64_t already_there() const { return already_there_; }
  [[nodiscard]] std::uint64_t files() const { return files_; }

 private:
  struct Open {
    ImportedDevice device;
    os::FileLock lock;
    store::MetricsFolder folder;
    analyze::FingerprintSet known;
  };
  [[nodiscard]] Status Enter(const ImportedDevice& device);
  [[nodiscard]] Status Flush();

  const std::filesystem::path out_;
  os::FileCalls& calls_;
  const base::Clock& clock_;
  std::optional<Open> open_;
  store::Context context_;
  std::vector<std::string> lines_;
  std::uint64_t added_ = 0;
  std::uint64_t already_there_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace inferometer::exchange
