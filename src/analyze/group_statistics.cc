#include "analyze/group_statistics.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "analyze/group_index.h"

namespace inferometer::analyze {
namespace {

using Groups = std::map<GroupKey, Columns>;

// The one group among `first` to `last` whose energies the records of `energyless` may stand beside, or nullptr.
const GroupKey* OnlyKindFor(const GroupKey& energyless, Groups::const_iterator first, Groups::const_iterator last) {
  const GroupKey* only = nullptr;
  for (; first != last; ++first) {
    if (!TakesEnergyless(first->first, energyless)) continue;
    if (only != nullptr) return nullptr;
    only = &first->first;
  }
  return only;
}

}  // namespace

std::map<GroupKey, GroupKey> FoldsOf(const Groups& all) {
  std::map<GroupKey, GroupKey> folds;
  for (auto first = all.begin(); first != all.end();) {
    const auto last =
        std::find_if(first, all.end(), [&](const auto& group) { return !IsOfSameModel(first->first, group.first); });
    for (auto group = first; group != last; ++group) {
      if (group->first.energy_source) continue;
      const GroupKey* kind = OnlyKindFor(group->first, first, last);
      if (kind != nullptr) folds.emplace(group->first, *kind);
    }
    first = last;
  }
  return folds;
}

void Fold(const std::map<GroupKey, GroupKey>& folds, Groups& all) {
  for (const auto& [from, to] : folds) {
    all[to].Append(all[from]);
    all.erase(from);
  }
}

bool FindQuantiles(Groups& all, unsigned threads, std::size_t most) {
  std::vector<Column*> columns;
  for (auto& [ignored, of_key] : all) {
    for (std::size_t block = 0; block < kBlocks; ++block) {
      Column& column = of_key.Of(static_cast<Block>(block));
      if (!column.empty()) columns.push_back(&column);
    }
  }
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> are_known = true;
  const auto work = [&] {
    for (std::size_t i = next++; i < columns.size(); i = next++) {
      if (!columns[i]->FindQuantiles(most / columns.size())) are_known = false;
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < threads && i < columns.size(); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();  // joins
  return are_known;
}

std::vector<Group> GroupsOf(Groups& all) {
  std::vector<Group> groups;
  for (auto& [key, of_key] : all) {
    if (of_key.total_inferences() == 0) continue;  // all its records counted elsewhere
    groups.push_back({key, of_key.total_inferences(), of_key.failed_inferences(), {}, of_key.Uncertainty(), {}});
    for (std::size_t block = 0; block < kBlocks; ++block) {
      groups.back().spreads[block] = of_key.SpreadOf(static_cast<Block>(block));
    }
  }
  return groups;
}

std::vector<Group> FinishGroups(Groups& all, unsigned threads) {
  Fold(FoldsOf(all), all);
  static_cast<void>(FindQuantiles(all, threads, std::numeric_limits<std::size_t>::max()));  // holds: not narrowed
  return GroupsOf(all);
}

}  // namespace inferometer::analyze
