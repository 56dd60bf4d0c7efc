#pragma once
// From the samples of groups to their statistics.

#include <map>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"

namespace inferometer::analyze {

// The groups with their statistics, computed by `threads` threads, sorted by key. Reorders and joins the columns.
[[nodiscard]] std::vector<Group> FinishGroups(std::map<GroupKey, Columns>& all, unsigned threads);

}  // namespace inferometer::analyze
