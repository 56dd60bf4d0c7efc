#include "analyze/merger.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

namespace inferometer::analyze {
namespace {

constexpr std::size_t kRowsAhead = 12;  // as many fetches under way as a core has buffers for

using Groups = std::map<GroupKey, Columns>;

bool IsOfSameModel(const GroupKey& a, const GroupKey& b) {
  return a.device_id == b.device_id && a.device_name == b.device_name && a.model_name == b.model_name;
}

// The one group among `first` to `last` whose energies the records of `energyless` may stand beside, or nullptr.
Columns* OnlyKindFor(const GroupKey& energyless, Groups::iterator first, Groups::iterator last) {
  Columns* only = nullptr;
  for (; first != last; ++first) {
    if (!first->first.energy_source) continue;
    if (energyless.compute_device && energyless.compute_device != first->first.compute_device) continue;
    if (only != nullptr) return nullptr;
    only = &first->second;
  }
  return only;
}

}  // namespace

bool Merger::Add(const FileRecords& file) {
  if (telling_ == Telling::kByTime && !TakeInTimes(file)) return false;
  std::vector<Columns*> columns;
  for (const GroupKey& key : file.groups()) columns.push_back(&groups_[key]);
  if (TakeIn(file.rows()) == file.rows().size()) {
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i]->Append(file.columns()[i]);
    return true;
  }
  for (std::size_t i = 0; i < file.rows().size(); ++i) {
    const Row& row = file.rows()[i];
    if (is_new_[i]) columns[row.group]->Add(row.sample);
  }
  return true;
}

bool Merger::TakeInTimes(const FileRecords& file) {
  for (std::size_t i = 0; i < file.groups().size(); ++i) {
    const TimeSpan& span = file.spans()[i];
    if (span.rows > 0 && (!span.is_rising || !TakeInTime(file.groups()[i], span))) return false;
  }
  return true;
}

// False when another file of the same key has a part of the span.
bool Merger::TakeInTime(const GroupKey& key, const TimeSpan& span) {
  GroupKey anywhere = key;
  anywhere.device_name.clear();
  auto& times = times_[anywhere];
  const auto later = times.upper_bound(span.last);
  if (later != times.begin() && std::prev(later)->second >= span.first) return false;
  times.emplace_hint(later, span.first, span.last);
  return true;
}

// Notes in is_new_ which rows came for the first time, and tells how many.
std::size_t Merger::TakeIn(std::span<const Row> rows) {
  is_new_.assign(rows.size(), true);
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (telling_ == Telling::kByFingerprint || rows[i].has_id) {
      if (seen_.size() == 0) seen_ = FingerprintSet(files_ * rows.size());
      if (i + kRowsAhead < rows.size()) seen_.Prefetch(rows[i + kRowsAhead].fingerprint);
      is_new_[i] = seen_.Insert(rows[i].fingerprint);
    }
    count += static_cast<std::size_t>(is_new_[i]);
  }
  return count;
}

// Records without an energy (failed ones, mostly) belong to the group whose energies are of the one kind that there
// is; where there are several kinds nobody can say to which, and they stay for themselves.
void Merger::FoldEnergyless() {
  for (auto first = groups_.begin(); first != groups_.end();) {
    const auto last = std::find_if(first, groups_.end(),
                                   [&](const auto& group) { return !IsOfSameModel(first->first, group.first); });
    std::vector<Groups::iterator> folded;
    for (auto group = first; group != last; ++group) {
      if (group->first.energy_source) continue;
      Columns* kind = OnlyKindFor(group->first, first, last);
      if (kind == nullptr) continue;
      kind->Append(group->second);
      folded.push_back(group);
    }
    for (const auto group : folded) groups_.erase(group);
    first = last;
  }
}

std::vector<Group> Merger::Finish(unsigned threads) {
  FoldEnergyless();
  std::vector<Group> groups;
  std::vector<Columns*> columns;
  for (auto& [key, of_key] : groups_) {
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
