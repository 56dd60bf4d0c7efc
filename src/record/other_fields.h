#pragma once
// What a record's JSON holds beside the fields of the table.

#include <cstddef>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::record {

inline constexpr std::size_t kMostOtherBytes = 16384;

// The object's keys that the table does not know, with their values as they are written, as one JSON object; empty
// where there are none. An alias counts as its field: it is left out unless it says something else than that (by more
// than 0.1 %). kDataLoss, with field and byte of `json`, for what is not JSON; kResourceExhausted beyond
// kMostOtherBytes. Safe from any thread.
[[nodiscard]] Result<std::string> OtherFields(std::string_view json);

}  // namespace inferometer::record
