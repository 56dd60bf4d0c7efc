#pragma once
// How the page looks.

#include <string>

namespace inferometer::report::html {

// The style sheet: light, dark where the reader prefers it, and light on paper. No font and no picture is loaded.
[[nodiscard]] std::string StyleSheet();

}  // namespace inferometer::report::html
