#include "analyze/file_records.h"

#include <algorithm>

namespace inferometer::analyze {

std::uint32_t FileRecords::GroupOf(const GroupKey& key) {
  if (latest_ < groups_.size() && groups_[latest_] == key) return latest_;
  const auto [place, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.push_back(key);
  return latest_ = place->second;
}

namespace {

// Rows of one group, which have the same quantities and did not fail.
struct RowRun {
  std::span<const Row> rows;

  [[nodiscard]] std::size_t size() const { return rows.size(); }
  [[nodiscard]] bool Has(Quantity quantity) const { return rows.front().sample.Has(quantity); }
  [[nodiscard]] double Value(Quantity quantity, std::size_t row) const { return rows[row].sample.Value(quantity); }
  [[nodiscard]] const Sample& At(std::size_t row) const { return rows[row].sample; }
};

bool AreAlike(const Row& a, const Row& b) {
  return a.group == b.group && a.sample.present() == b.sample.present() && a.sample.failed == b.sample.failed;
}

}  // namespace

void FileRecords::MakeColumns() {
  if (columns_.size() < groups_.size()) columns_.resize(groups_.size());
  for (Columns& columns : columns()) columns.Clear();
  spans_.assign(groups_.size(), {});
  for (auto begin = rows_.cbegin(); begin != rows_.cend();) {
    const auto end = std::find_if(begin, rows_.cend(), [&](const Row& row) { return !AreAlike(row, *begin); });
    AddToColumns({begin, end});
    begin = end;
  }
}

void FileRecords::AddToColumns(std::span<const Row> run) {
  const std::uint32_t group = run.front().group;
  if (run.front().sample.failed) {
    for (const Row& row : run) columns_[group].Add(row.sample);
  } else {
    columns_[group].AddRun(RowRun{run});
  }
  for (const Row& row : run) {
    if (!row.has_id) spans_[group].Add(row.timestamp);
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
