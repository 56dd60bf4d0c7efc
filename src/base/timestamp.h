#pragma once
// RFC 3339 text to time and back. Pure functions, no locale, no time zone of the machine.

#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::base {

// "2025-10-07T10:30:15.123456Z": always UTC, always six digits of fraction.
[[nodiscard]] std::string FormatRfc3339(WallTime time);

// "20251007_103015", the UTC second, as in the file names of the metrics directory.
[[nodiscard]] std::string FormatCompactSecond(WallTime time);

// Takes RFC 3339 with a zone ("Z", "+02:00") and the older system's naive form without one ("2025-10-07T10:30:15.5"). A
// naive time is read as if it were UTC, since the zone it was written in is not recorded. Digits of fraction beyond the
// sixth are dropped. Years 1970 to 2199; anything else is kInvalidArgument.
[[nodiscard]] Result<WallTime> ParseTimestamp(std::string_view text);

}  // namespace inferometer::base
