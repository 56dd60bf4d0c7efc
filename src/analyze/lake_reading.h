#pragma once
// The groups of a lake, some devices at a time, joined with what metrics files hold of the same devices.

#include <cstddef>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/merger.h"
#include "inferometer/status.h"
#include "lake/partition.h"

namespace inferometer::analyze {

// `lake` is sorted by device. Statistics of a device need all its samples, and no others.
class LakeReading {
 public:
  LakeReading(const std::vector<lake::PartitionFile>& lake, const AnalyzeOptions& options, unsigned threads)
      : lake_(lake), options_(options), threads_(threads) {}

  // Adds the groups of the lake and of `merger`, sorted by key, and what is damaged. Ends the merger's use.
  // kUnavailable where there is a lake and no DuckDB to read it with.
  [[nodiscard]] Status Finish(Merger& merger, Analysis& analysis);

 private:
  // The end of the batch that begins at `begin`: whole devices.
  [[nodiscard]] std::size_t BatchEnd(std::size_t begin) const;
  [[nodiscard]] Status FinishBatch(std::size_t begin, std::size_t end, const Merger& merger,
                                   std::map<GroupKey, Columns>& waiting, Analysis& analysis);

  const std::vector<lake::PartitionFile>& lake_;
  const AnalyzeOptions& options_;
  unsigned threads_;
};

}  // namespace inferometer::analyze
