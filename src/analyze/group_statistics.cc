#include "analyze/group_statistics.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "analyze/group_index.h"

namespace inferometer::analyze {
namespace {

using Groups = std::map<GroupKey, Columns>;

// The one group among `first` to `last` whose energies the records of `energyless` may stand beside, or nullptr.
Columns* OnlyKindFor(const GroupKey& energyless, Groups::iterator first, Groups::iterator last) {
  Columns* only = nullptr;
  for (; first != last; ++first) {
    if (!TakesEnergyless(first->first, energyless)) continue;
    if (only != nullptr) return nullptr;
    only = &first->second;
  }
  return only;
}

// Records without an energy (failed ones, mostly) belong to the group whose energies are of the one kind that there
// is; where there are several kinds nobody can say to which, and they stay for themselves.
void FoldEnergyless(Groups& all) {
  for (auto first = all.begin(); first != all.end();) {
    const auto last =
        std::find_if(first, all.end(), [&](const auto& group) { return !IsOfSameModel(first->first, group.first); });
    std::vector<Groups::iterator> folded;
    for (auto group = first; group != last; ++group) {
      if (group->first.energy_source) continue;
      Columns* kind = OnlyKindFor(group->first, first, last);
      if (kind == nullptr) continue;
      kind->Append(group->second);
      folded.push_back(group);
    }
    for (const auto group : folded) all.erase(group);
    first = last;
  }
}

}  // namespace

std::vector<Group> FinishGroups(std::map<GroupKey, Columns>& all, unsigned threads) {
  FoldEnergyless(all);
  std::vector<Group> groups;
  std::vector<Columns*> columns;
  for (auto& [key, of_key] : all) {
    if (of_key.total_inferences() == 0) continue;  // all its records counted elsewhere
    groups.push_back({key, of_key.total_inferences(), of_key.failed_inferences(), {}, of_key.Uncertainty(), {}});
    columns.push_back(&of_key);
  }
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < groups.size() * kBlocks; i = next++) {
      const std::size_t block = i % kBlocks;
      groups[i / kBlocks].spreads[block] = columns[i / kBlocks]->SpreadOf(static_cast<Block>(block));
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < threads && i < groups.size() * kBlocks; ++i) helpers.emplace_back(work);
  work();
  helpers.clear();  // joins
  return groups;
}

}  // namespace inferometer::analyze
