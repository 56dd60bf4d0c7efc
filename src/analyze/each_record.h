#pragma once
// Every record of a metrics directory, whole, one after another.

#include <filesystem>
#include <functional>
#include <vector>

#include "analyze/analysis.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::analyze {

// What came of a walk over all records.
struct RecordsRead {
  std::size_t files_read = 0;
  std::vector<Damage> damaged;  // sorted by file
};

// Where a record stands. Lives for the call only.
struct RecordOrigin {
  const FoundFile& file;
  const store::Context& context;  // of the run that wrote the file; empty where it says nothing
};
using EachRecord = std::function<Status(const RecordOrigin&, const InferenceRecord&)>;

enum class Repeats {
  kOnce,  // a record that stands in several places is given once: at most 43 bytes a record to tell which came already
  kEachTime,  // it is given as often as it stands
};

// Calls `each` for every record, in the order of the files' paths and of the files; a damaged file gives none. Memory:
// one file, and what `repeats` says. Stops at the first failure of `each` and returns it.
[[nodiscard]] Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                                const std::function<void(std::size_t, std::size_t)>& progress = nullptr,
                                                Repeats repeats = Repeats::kOnce);

}  // namespace inferometer::analyze
