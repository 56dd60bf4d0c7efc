#pragma once
// From the samples of groups to their statistics.

#include <cstddef>
#include <map>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"

namespace inferometer::analyze {

// Records without an energy (failed ones, mostly) belong to the group whose energies are of the one kind that there is;
// where there are several kinds nobody can say to which, and they stay for themselves. From their keys to that group's.
[[nodiscard]] std::map<GroupKey, GroupKey> FoldsOf(const std::map<GroupKey, Columns>& all);
// REQUIRES: what is folded was not narrowed.
void Fold(const std::map<GroupKey, GroupKey>& folds, std::map<GroupKey, Columns>& all);

// Makes the quantiles of all columns known, by `threads` threads. False where a column was narrowed too far (see
// Column::FindQuantiles); those that need their numbers once more then hold `most` of them together.
[[nodiscard]] bool FindQuantiles(std::map<GroupKey, Columns>& all, unsigned threads, std::size_t most);

// The groups with their statistics, sorted by key. REQUIRES: FindQuantiles succeeded.
[[nodiscard]] std::vector<Group> GroupsOf(std::map<GroupKey, Columns>& all);

// All of this, for columns that were not narrowed.
[[nodiscard]] std::vector<Group> FinishGroups(std::map<GroupKey, Columns>& all, unsigned threads);

}  // namespace inferometer::analyze
