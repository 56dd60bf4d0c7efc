#pragma once
// Where in a text the damage is that simdjson names without its place. Internal: simdjson's types appear here.

#include <simdjson.h>

#include <string_view>

namespace inferometer::analyze {

// For the errors of a whole document: the first byte that is no UTF-8, the first control character in a string, the
// beginning of the string that never ends, the end of a text that ends too early. The beginning for every other error.
[[nodiscard]] const char* PlaceOf(simdjson::error_code error, std::string_view text);

}  // namespace inferometer::analyze
