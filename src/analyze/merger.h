#pragma once
// Putting the records of many files together, each record once.

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/file_records.h"
#include "analyze/fingerprint_set.h"
#include "lake/partition.h"

namespace inferometer::analyze {

// How equal records without an id are told.
enum class Telling {
  // Those of one device and model are all of different times: each file's rise, and no two files' times overlap. Costs
  // nothing a record; usual for files that do not repeat what earlier ones hold.
  kByTime,
  // By the fingerprint of their values, always.
  kByFingerprint,
};

// Takes files in the order that decides which of two equal records counts (they may lie in folders of different
// names). One thread at a time.
class Merger {
 public:
  // `files` is how many will be added, more or less.
  Merger(Telling telling, std::size_t files) : telling_(telling), files_(files) {}
  // From now on days() is kept.
  void NoteDays() { notes_days_ = true; }

  // False when times overlap, so that they do not tell the records apart: then everything is to be done again by
  // fingerprint. REQUIRES: the file's columns are made; by fingerprint, its fingerprints, too.
  [[nodiscard]] bool Add(const FileRecords& file);
  // The groups with their statistics, computed by `threads` threads. Ends the merger's use.
  [[nodiscard]] std::vector<Group> Finish(unsigned threads);
  // The groups alone. Ends the use of Add and Finish.
  [[nodiscard]] std::map<GroupKey, Columns> TakeGroups() { return std::exchange(groups_, {}); }

  // The devices and days that records were added of.
  [[nodiscard]] const std::set<lake::PartitionKey>& days() const { return days_; }
  // The records that were added, where has_all_fingerprints().
  [[nodiscard]] const FingerprintSet& seen() const { return seen_; }
  [[nodiscard]] bool has_all_fingerprints() const { return !has_row_without_fingerprint_; }

 private:
  [[nodiscard]] bool TakeInTimes(const FileRecords& file);
  [[nodiscard]] bool TakeInTime(const GroupKey& key, const TimeSpan& span);
  [[nodiscard]] bool TellsByTimeAlone(const FileRecords& file) const;
  std::size_t TakeIn(std::span<const Row> rows);
  void NoteDays(const FileRecords& file);

  Telling telling_;
  std::size_t files_;
  std::map<GroupKey, Columns> groups_;
  FingerprintSet seen_;
  std::map<GroupKey, std::map<WallTime, WallTime>> times_;  // first to last, of each file; without the device's name
  std::vector<bool> is_new_;
  bool notes_days_ = false;
  std::set<lake::PartitionKey> days_;
  bool has_row_without_fingerprint_ = false;
};

}  // namespace inferometer::analyze
