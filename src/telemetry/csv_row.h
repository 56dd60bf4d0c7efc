#pragma once
// One row of a CSV text (RFC 4180). Internal: pure functions on text.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::telemetry {

// The length of the row at the front of `text`, with its line end; nothing when the row does not end in `text`. Line
// ends inside quotes belong to the row; a quote counts as one only at a field's beginning.
[[nodiscard]] std::optional<std::size_t> RowLength(std::string_view text);

// Splits a row, which may have its line end ("\n" or "\r\n"), into fields without their quotes. `fields` is made as
// long as the row, so that its memory is used again. kInvalidArgument: a quote that is not closed or has text behind
// it, or stands inside a field that is not quoted.
[[nodiscard]] Status SplitRow(std::string_view row, std::vector<std::string>& fields);

}  // namespace inferometer::telemetry
