#pragma once
// Text that others wrote, made fit for a terminal.

#include <cstddef>
#include <string>
#include <string_view>

namespace inferometer::report {

// Shows what would move the cursor, colour, ring or reorder the line: control characters and bytes that are no UTF-8 as
// \x1b, characters that change the direction of writing as \u202e. Everything else as it is.
[[nodiscard]] std::string TerminalText(std::string_view text);

// How many columns it takes, one a character.
[[nodiscard]] std::size_t ColumnsOf(std::string_view utf8);

// The byte at which column number `column` begins, counted from 0; the size where there are fewer.
[[nodiscard]] std::size_t ByteOfColumn(std::string_view utf8, std::size_t column);

}  // namespace inferometer::report
