#pragma once
#include "report/html/section.h"

namespace inferometer::report::html {

// What does not change within a run: machine, engine, model file.
[[nodiscard]] Section ConditionsSection(const Report& report);

// Files, damage, disagreements, failures, flags.
[[nodiscard]] Section ReadingSection(const Report& report);

}  // namespace inferometer::report::html
