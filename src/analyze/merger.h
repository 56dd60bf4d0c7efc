#pragma once
// Putting the records of many files together, each record once.

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/file_records.h"
#include "analyze/fingerprint.h"

namespace inferometer::analyze {

// Takes files in the order that decides which of two equal records counts (they may lie in folders of different
// names). One thread at a time.
class Merger {
 public:
  // `expected_records` is a guess.
  explicit Merger(std::size_t expected_records) : seen_(expected_records) {}

  // REQUIRES: the file's columns are made.
  void Add(const FileRecords& file);
  // The groups with their statistics, computed by `threads` threads. Ends the merger's use.
  [[nodiscard]] std::vector<Group> Finish(unsigned threads);

 private:
  std::size_t TakeIn(std::span<const Row> rows);
  void FoldEnergyless();

  std::map<GroupKey, Columns> groups_;
  FingerprintSet seen_;
  std::vector<bool> is_new_;
};

}  // namespace inferometer::analyze
