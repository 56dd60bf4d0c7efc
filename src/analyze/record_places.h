#pragma once
// In which file each numbered record stands, and which stand twice.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyze/sequence_ranges.h"
#include "base/record_key.h"

namespace inferometer::analyze {

struct StreamName {
  std::string device;
  std::uint64_t stream = 0;
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

// Records that stand in two files, or twice in one.
struct DoubledRecords {
  StreamName stream;
  SequenceRange records;
  std::size_t first_file = 0;  // as given to Add; equal to the other when they stand twice in it
  std::size_t second_file = 0;
};

// Files belong to stores, each of which keeps each record once; a record that two stores keep is not doubled. What is
// in no store is doubled wherever else it stands. A lake and the files that it was filled from may both have a record.
// One thread at a time. Memory: 24 bytes for each run of sequences that stand one after the other in one file; so much
// for each record at worst.
class RecordPlaces {
 public:
  static constexpr std::size_t kNoStore = SIZE_MAX;

  // Files come one after the other. Returns the file's number, from 0.
  std::size_t AddFile(std::size_t store, bool is_of_lake = false);
  // REQUIRES: the key is valid, and AddFile was called. The record stands in the last file.
  void Add(const base::RecordKey& record);

  // Those that stand in the files of a store, or in no store's.
  [[nodiscard]] std::map<StreamName, SequenceRanges> InStore(std::size_t store) const;
  // At most `most`, by stream.
  [[nodiscard]] std::vector<DoubledRecords> Doubled(std::size_t most) const;

 private:
  struct Run {
    SequenceRange records;
    std::uint32_t file = 0;
  };
  [[nodiscard]] std::vector<DoubledRecords> DoubledIn(const StreamName& name, std::vector<Run> runs) const;

  struct File {
    std::size_t store;
    bool is_of_lake;
    auto operator<=>(const File&) const = default;
  };
  std::vector<File> kinds_;  // of the files
  std::map<StreamName, std::vector<Run>> runs_;
};

}  // namespace inferometer::analyze
