#pragma once
// Holding a file's summary block against the records of the same file.

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/file_records.h"

namespace inferometer::analyze {

// The claims that differ from the records by more than their own rounding, in the order of the block. Statistics of a
// quantity that no record has are not held against zeros, which older files write for "nothing measured".
// REQUIRES: the columns of `records` are made; their order may change.
[[nodiscard]] std::vector<Disagreement> CheckSummary(const std::string& file, FileRecords& records);

}  // namespace inferometer::analyze
