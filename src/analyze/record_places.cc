#include "analyze/record_places.h"

#include <algorithm>
#include <utility>

namespace inferometer::analyze {

std::size_t RecordPlaces::AddFile(std::size_t store, bool is_of_lake) {
  kinds_.push_back({store, is_of_lake});
  return kinds_.size() - 1;
}

void RecordPlaces::Add(const base::RecordKey& record) {
  const auto file = static_cast<std::uint32_t>(kinds_.size() - 1);
  std::vector<Run>& runs = runs_[{record.device_id, record.stream}];
  if (!runs.empty() && runs.back().file == file && runs.back().records.to + 1 == record.sequence) {
    ++runs.back().records.to;
  } else {
    runs.push_back({{record.sequence, record.sequence}, file});
  }
}

std::map<StreamName, SequenceRanges> RecordPlaces::InStore(std::size_t store) const {
  std::map<StreamName, SequenceRanges> found;
  for (const auto& [name, runs] : runs_) {
    SequenceRanges ranges;
    for (const Run& run : runs) {
      if (kinds_[run.file].store == store) ranges.push_back(run.records);
    }
    if (!ranges.empty()) found[name] = Normalised(std::move(ranges));
  }
  return found;
}

// Each run is held against the one before it that goes furthest: of each store, and of no store.
std::vector<DoubledRecords> RecordPlaces::DoubledIn(const StreamName& name, std::vector<Run> runs) const {
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.records.from < b.records.from; });
  std::vector<DoubledRecords> doubled;
  std::map<File, Run> furthest;
  for (const Run& run : runs) {
    const File kind = kinds_[run.file];
    for (const auto& [other_kind, other] : furthest) {
      const bool are_two_stores =
          other_kind.store != kind.store && other_kind.store != kNoStore && kind.store != kNoStore;
      const bool may_both = are_two_stores || other_kind.is_of_lake != kind.is_of_lake;
      if (may_both || other.records.to < run.records.from) continue;
      const SequenceRange common{run.records.from, std::min(run.records.to, other.records.to)};
      doubled.push_back({name, common, other.file, run.file});
    }
    const auto [at, is_new] = furthest.try_emplace(kind, run);
    if (!is_new && at->second.records.to < run.records.to) at->second = run;
  }
  return doubled;
}

std::vector<DoubledRecords> RecordPlaces::Doubled(std::size_t most) const {
  std::vector<DoubledRecords> all;
  for (const auto& [name, runs] : runs_) {
    for (DoubledRecords& one : DoubledIn(name, runs)) {
      if (all.size() == most) return all;
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace inferometer::analyze
