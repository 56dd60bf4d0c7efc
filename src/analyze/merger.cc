#include "analyze/merger.h"

#include <iterator>
#include <utility>

#include "analyze/group_statistics.h"

namespace inferometer::analyze {
namespace {

constexpr std::size_t kRowsAhead = 12;  // as many fetches under way as a core has buffers for

}  // namespace

bool Merger::Add(const FileRecords& file) {
  if (notes_days_) NoteDays(file);
  if (telling_ == Telling::kByTime && !TakeInTimes(file)) return false;
  std::vector<Columns*> columns;
  for (const GroupKey& key : file.groups()) columns.push_back(&groups_[key]);
  const bool are_all_new = TellsByTimeAlone(file) || TakeIn(file.rows()) == file.rows().size();
  if (are_all_new) {
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i]->Append(file.columns()[i]);
    return true;
  }
  for (std::size_t i = 0; i < file.rows().size(); ++i) {
    const Row& row = file.rows()[i];
    if (is_new_[i]) columns[row.group]->Add(row.sample);
  }
  return true;
}

// No row has an id, and their times are taken in.
bool Merger::TellsByTimeAlone(const FileRecords& file) const {
  std::size_t without_id = 0;
  for (const TimeSpan& span : file.spans()) without_id += span.rows;
  return telling_ == Telling::kByTime && without_id == file.rows().size();
}

void Merger::NoteDays(const FileRecords& file) {
  std::vector<std::optional<std::chrono::sys_days>> latest(file.groups().size());
  for (const Row& row : file.rows()) {
    has_row_without_fingerprint_ |= !row.has_id && telling_ == Telling::kByTime;
    const auto day = std::chrono::floor<std::chrono::days>(row.timestamp);
    if (latest[row.group] == day) continue;
    latest[row.group] = day;
    days_.insert({file.groups()[row.group].device_id, day});
  }
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

std::vector<Group> Merger::Finish(unsigned threads) {
  std::map<GroupKey, Columns> groups = TakeGroups();
  return FinishGroups(groups, threads);
}

}  // namespace inferometer::analyze
