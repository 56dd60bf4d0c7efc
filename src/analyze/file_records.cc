#include "analyze/file_records.h"

namespace inferometer::analyze {

std::uint32_t FileRecords::GroupOf(const GroupKey& key) {
  if (latest_ < groups_.size() && groups_[latest_] == key) return latest_;
  const auto [place, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.push_back(key);
  return latest_ = place->second;
}

void FileRecords::MakeColumns() {
  if (columns_.size() < groups_.size()) columns_.resize(groups_.size());
  for (Columns& columns : columns()) columns.Clear();
  spans_.assign(groups_.size(), {});
  for (const Row& row : rows_) {
    columns_[row.group].Add(row.sample);
    if (!row.has_id) spans_[row.group].Add(row.timestamp);
  }
}

void FileRecords::MakeFingerprints() {
  std::vector<Hasher> hashers;
  hashers.reserve(groups_.size());
  for (const GroupKey& key : groups_) hashers.push_back(HasherOf(key));
  for (Row& row : rows_) {
    if (!row.has_id) row.fingerprint = FingerprintOfValues(hashers[row.group], row.timestamp, row.sample);
  }
}

void FileRecords::Clear() {
  groups_.clear();
  index_.clear();
  rows_.clear();
  claims_.clear();
}

}  // namespace inferometer::analyze
