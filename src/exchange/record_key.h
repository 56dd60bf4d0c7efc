#pragma once
// The key of a record in a database: the same record gets the same one from every program, at any time.

#include <string>

#include "inferometer/record.h"

namespace inferometer::exchange {

// The record's id; without one (the older system has none) "content:" and 32 hex digits, made from what the analysis
// tells such records apart by (analyze/fingerprint.h). An id has slashes, so the two cannot meet. An id that no
// database takes as a key (it is too long, or no text to it) becomes "id:" and 32 hex digits made from it.
[[nodiscard]] std::string RecordKeyOf(const InferenceRecord& record);

}  // namespace inferometer::exchange
