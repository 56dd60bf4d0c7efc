#pragma once
// Every record of a metrics directory, whole, one after another.

#include <filesystem>
#include <functional>
#include <vector>

#include "analyze/analysis.h"
#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// What came of a walk over all records.
struct RecordsRead {
  std::size_t files_read = 0;
  std::vector<Damage> damaged;  // sorted by file
};

// Calls `each` for every record, each once, in the order of the files' paths and of the files; a damaged file gives
// none. Memory: one file, and at most 43 bytes a record to tell which came already. Stops at the first failure of
// `each` and returns it.
[[nodiscard]] Result<RecordsRead> ForEachRecord(
    const std::filesystem::path& root, const std::function<Status(const FoundFile&, const InferenceRecord&)>& each,
    const std::function<void(std::size_t, std::size_t)>& progress = nullptr);

}  // namespace inferometer::analyze
