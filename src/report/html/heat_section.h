#pragma once
#include "report/html/section.h"

namespace inferometer::report::html {

// Temperature against tokens/s, with throttled inferences marked; who measured no temperature is named.
[[nodiscard]] Section HeatSection(const Report& report);

}  // namespace inferometer::report::html
