#pragma once
// The groups of some devices of a lake, in memory that does not grow with their records.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/directory.h"
#include "analyze/fingerprint_set.h"
#include "analyze/lake_rows.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// One file of a lake, and whether records of it may have been read elsewhere, too.
struct LakeFile {
  std::filesystem::path path;
  bool may_be_seen = false;
};

struct LakeBatchOptions {
  unsigned threads = 1;
  // Numbers held for the quantiles, of 8 bytes each, more or less. Where there are more, the files are read in an order
  // of chance, and only numbers near the quantiles stay; should that not do, they are read again
  // (analyze/rank_selection.h).
  std::size_t most_kept = std::size_t{12} << 20;
  std::size_t rows_at_a_time = std::size_t{1} << 17;  // whose numbers a thread holds before it gives them to the others
  // Called for each file read, once a reading, by one thread at a time.
  std::function<void()> on_file;
};

// Reads files of some devices, of which no other file is anywhere in the lake. One thread at a time. The answer is the
// same whatever the number of threads and `most_kept`.
class LakeBatch {
 public:
  // All must outlive the batch. `seen`: fingerprints of records that are left out; `others`: what else counts in the
  // groups.
  LakeBatch(std::span<const LakeFile> files, const FingerprintSet& seen, const std::map<GroupKey, Columns>& others,
            const LakeBatchOptions& options);

  // Adds the groups, sorted by key, what is damaged (each file left out whole), and the number of good files.
  // kUnavailable where the files change while they are read, again and again.
  [[nodiscard]] Status Finish(Analysis& analysis);
  // How often all files were read.
  [[nodiscard]] int readings() const { return readings_; }

 private:
  struct Unit {
    std::vector<std::size_t> files;  // indices
    bool may_be_seen = false;
  };
  // What a unit of files comes to, without the values.
  struct Outcome {
    std::map<GroupKey, Columns> groups;
    bool is_damaged = false;
  };

  [[nodiscard]] std::vector<Unit> Units() const;
  [[nodiscard]] std::vector<Outcome> ReadAll();
  void ReadUnit(const Unit& unit, LakeRows& reader, Outcome& outcome);
  [[nodiscard]] Status ReadFiles(std::span<const std::filesystem::path> paths, bool may_be_seen, LakeRows& reader,
                                 Outcome& outcome);
  void FindDamage(const Unit& unit, LakeRows& reader);
  void Give(std::map<GroupKey, Columns>& groups);
  void KeepWithinBounds();
  [[nodiscard]] bool ReadOnce();
  [[nodiscard]] bool FoldIsPossible(const std::map<GroupKey, GroupKey>& folds) const;
  [[nodiscard]] bool FindAllQuantiles();
  [[nodiscard]] const GroupKey& Resolve(const GroupKey& key) const;

  std::span<const LakeFile> files_;
  const FingerprintSet& seen_;
  const std::map<GroupKey, Columns>& others_;
  const LakeBatchOptions& options_;
  int readings_ = 0;
  std::map<GroupKey, GroupKey> folds_;
  std::map<std::size_t, Damage> damaged_;  // by file; left out of every further reading
  std::mutex mutex_;                       // for all below, while threads read
  std::map<GroupKey, Columns> groups_;
};

}  // namespace inferometer::analyze
