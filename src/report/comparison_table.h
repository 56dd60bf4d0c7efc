#pragma once
// The answer of `inferometer compare` for people.

#include <string>
#include <string_view>

#include "analyze/compare/group_answer.h"
#include "analyze/compare/run_comparison.h"
#include "report/table.h"

namespace inferometer::report {

// The verdict as people read it: faster and slower of speeds, "not comparable", else as it is.
[[nodiscard]] std::string_view VerdictWord(const analyze::MetricComparison& one);

// A table over all strata, one for each stratum where there are several, and below them the reasons, what was left out
// and how it was compared.
[[nodiscard]] std::string RunAnswerTables(const analyze::RunAnswer& answer, TableFormat format);

// A table a metric that some group has: each group against the first; below them the reasons. Empty for one group.
[[nodiscard]] std::string GroupAnswerTables(const analyze::GroupAnswer& answer, TableFormat format);

}  // namespace inferometer::report
