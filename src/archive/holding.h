#pragma once
// What a file holds, as far as it matters for letting it go.

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "analyze/each_record.h"
#include "analyze/record_places.h"
#include "analyze/sequence_ranges.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "lake/lake_reader.h"
#include "lake/partition.h"
#include "os/file_identity.h"

namespace inferometer::archive {

// Copyable value. Memory: 16 bytes a run of sequences, and the days of its records.
struct Holding {
  std::filesystem::path file;
  bool is_of_lake = false;
  os::FileIdentity identity;
  std::size_t records = 0;
  // The latest of the records' times and of the file's own, as its name has it; of a partition, the end of its day.
  std::optional<WallTime> newest;
  std::set<std::string> device_ids;
  std::set<std::string> device_names;
  std::set<lake::PartitionKey> days;
  // Those with an id, by the folder that they came from (of a lake; else empty) and stream.
  std::map<std::pair<std::string, analyze::StreamName>, analyze::SequenceRanges> numbered;
};

// One thread at a time.
class HoldingReader {
 public:
  // A metrics file. An error says why it cannot be read as one of ours: damage, or keys that nobody here knows.
  [[nodiscard]] Result<Holding> File(const analyze::FoundFile& file);
  // A partition's own file. Errors likewise; kUnavailable where there is no DuckDB.
  [[nodiscard]] Result<Holding> Partition(const lake::PartitionFile& file);

 private:
  analyze::RecordFile record_file_;
  std::optional<lake::LakeReader> lake_reader_;  // opened when it is needed
};

// The UTC second of saving that a metrics file's name ends with; nothing where it has none.
[[nodiscard]] std::optional<WallTime> SavingTimeOf(const std::string& name);

}  // namespace inferometer::archive
