#pragma once
// The rows of a lake's files into the columns of their groups.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "analyze/fingerprint_set.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"
#include "inferometer/status.h"
#include "lake/field_scan.h"

namespace inferometer::analyze {

// Keeps what reading needs from files to files. One thread at a time.
class LakeRows {
 public:
  // Adds the records of the files to `groups`, but for those whose fingerprint is in `seen` (nullptr: there are none).
  // Calls `on_rows` now and then with how many rows were read since; it may take the values from `groups`, and must
  // leave the groups themselves. A failure leaves an unknown part of the records in `groups`.
  [[nodiscard]] Status Read(std::span<const std::filesystem::path> files, const FingerprintSet* seen,
                            std::map<GroupKey, Columns>& groups, const std::function<void(std::size_t)>& on_rows);

 private:
  std::optional<lake::FieldScan> with_identity_;
  std::optional<lake::FieldScan> without_;
};

}  // namespace inferometer::analyze
