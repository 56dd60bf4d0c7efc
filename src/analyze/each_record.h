#pragma once
// Every record of a metrics directory, whole, one after another.

#include <filesystem>
#include <functional>
#include <vector>

#include "analyze/directory.h"
#include "analyze/record_file.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// What came of a walk over all records.
struct RecordsRead {
  std::size_t files_read = 0;
  std::vector<Damage> damaged;  // sorted by file
};

enum class Repeats {
  kOnce,      // a record that stands in several places is given once: at most 54 bytes a record of the metrics files to
              // tell which came already (analyze/fingerprint_set.h)
  kEachTime,  // it is given as often as it stands in files and lake; what journals hold is not given
};

// Calls `each` for every record of the metrics files, in the order of their paths and of the files, then for those of
// journals that no program holds and that stand in no file yet, then for those of the lake (empty: the folder "lake" of
// `root`, where there is one) that stand in none of them. A damaged metrics file gives none; a damaged file of the lake
// those before the damage. Memory: a few files, which other threads read ahead, and what `repeats` says. Stops at the
// first failure of `each` and returns it. kUnavailable where there is a lake and no DuckDB.
[[nodiscard]] Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                                const std::function<void(std::size_t, std::size_t)>& progress = nullptr,
                                                Repeats repeats = Repeats::kOnce,
                                                const std::filesystem::path& lake = {});

}  // namespace inferometer::analyze
