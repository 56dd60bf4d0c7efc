#pragma once
// Reading the summary block of a metrics file. Internal: simdjson's types appear here.

#include <simdjson.h>

#include <string_view>

#include "analyze/file_records.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// Half a unit of the last digit that a JSON number prints: 0.05 for "812.5", 50 for "1e2".
[[nodiscard]] double HalfLastDigit(std::string_view number);

// Whether a summary has such a key, of ours or of the older system's.
[[nodiscard]] bool IsInSummary(std::string_view key);

// Adds what the block claims: the two counts and the statistics of the known blocks. Nulls and unknown names are passed
// over; a known name with a value of another type is a failure.
[[nodiscard]] Status ReadSummary(std::string_view text, simdjson::ondemand::document& document,
                                 simdjson::ondemand::object summary, FileRecords& records);

}  // namespace inferometer::analyze
