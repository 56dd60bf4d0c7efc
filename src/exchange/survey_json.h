#pragma once
// What a machine can measure as JSON, for programs.

#include <string>

#include "probe/survey/survey.h"

namespace inferometer::exchange {

// {"schema_version", "machine", "kernel", "publishable", "verdict", "figures": [{"figure", "publishable", "reason"}],
// "findings": [{"group", "name", "state", "detail", "next_steps": [...], "cost_us", "step_ms"}]}, each figure and
// finding on a line of its own. What was not measured is left out.
[[nodiscard]] std::string SurveyJson(const probe::Survey& survey);

}  // namespace inferometer::exchange
