#pragma once
// Writing JSON: a record as one line, and the few pieces that other documents are put together from.

#include <string>
#include <string_view>

#include "inferometer/record.h"

namespace inferometer::record {

// Appends the record as one JSON object without spaces, fields in table order, absent ones left out. Reals as
// RoundAsWritten leaves them.
void AppendJson(const InferenceRecord& record, std::string& out);

// Appends a JSON string with its quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string& out);

// Appends the shortest text that reads back as the same double. REQUIRES: finite.
void AppendNumber(double value, std::string& out);

}  // namespace inferometer::record
