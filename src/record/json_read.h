#pragma once
// Reading one record from JSON that nobody vouches for.

#include <cstddef>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::record {

inline constexpr std::size_t kLargestRecordBytes = 65536;

// Reads one record: exactly one JSON object, at most kLargestRecordBytes. Unknown keys are passed over. On failure the
// message and Status::offset_bytes() say where: not JSON, wrong type, out of range, a key that stands twice, a missing
// key, text after the end. Safe from any thread.
[[nodiscard]] Result<InferenceRecord> ParseRecord(std::string_view json);

}  // namespace inferometer::record
