#pragma once
#include "report/html/section.h"

namespace inferometer::report::html {

// Time lines, those of one device on one axis.
[[nodiscard]] Section TimeSection(const Report& report);

}  // namespace inferometer::report::html
