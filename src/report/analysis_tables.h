#pragma once
// The analysis as tables for people: one quantity and one unit a table.

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/comparison.h"
#include "analyze/cost.h"
#include "report/table.h"

namespace inferometer::report {

// First the averages, one line a group; then a table for each quantity that some group has, of time with the counts;
// last load time and what was asked of the costs.
[[nodiscard]] std::string GroupTables(const std::vector<analyze::Group>& groups, const analyze::CostQuestion& question,
                                      TableFormat format);

// A table a ranking, the costs, and below in sentences which rankings cannot be compared and why.
[[nodiscard]] std::string ComparisonTables(const analyze::Comparison& comparison, const analyze::CostQuestion& question,
                                           TableFormat format);

}  // namespace inferometer::report
