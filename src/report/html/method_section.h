#pragma once
#include "report/html/section.h"

namespace inferometer::report::html {

// What each figure is, how it was computed, and what was thinned for drawing.
[[nodiscard]] Section MethodSection(const Report& report);

}  // namespace inferometer::report::html
