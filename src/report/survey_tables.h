#pragma once
// What a machine can measure, as a table for people.

#include <string>

#include "probe/survey/survey.h"

namespace inferometer::report {

// The machine, a table of what was found, what would allow more, and the verdict, which comes last, where a terminal
// leaves the eye.
[[nodiscard]] std::string SurveyTables(const probe::Survey& survey);

}  // namespace inferometer::report
