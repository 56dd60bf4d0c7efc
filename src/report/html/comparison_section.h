#pragma once

#include "report/html/section.h"

namespace inferometer::report::html {

// What differs by more than chance between groups. Without an id where nothing was compared: then the page has no such
// section.
[[nodiscard]] Section ComparisonSection(const Report& report);

}  // namespace inferometer::report::html
