#pragma once
// Text that others wrote, made harmless in HTML and in SVG.

#include <string>
#include <string_view>

namespace inferometer::report::html {

// `text` standing for itself as the content of an element or of a quoted attribute, in HTML and in SVG inside of it.
// What would not show or turns the direction of writing is made visible as in a terminal: bytes that are no UTF-8 and
// control characters as \x1b, marks of direction as \u202e.
[[nodiscard]] std::string Escaped(std::string_view text);

// A name from a file in at most kMostNameCharacters characters, not escaped yet. Of a longer one the beginning and the
// end are left, and a number made of all of it, so that two long names stay apart.
inline constexpr std::size_t kMostNameCharacters = 64;
[[nodiscard]] std::string ShortName(std::string_view name);

}  // namespace inferometer::report::html
