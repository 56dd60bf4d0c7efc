#pragma once
// Which records a lake holds, as far as somebody asks.

#include <filesystem>
#include <map>

#include "analyze/each_record.h"
#include "analyze/fingerprint_set.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "lake/lake_reader.h"
#include "lake/lake_record.h"
#include "lake/partition.h"

namespace inferometer::archive {

// What the lake holds of a record that stands in a metrics file.
[[nodiscard]] Result<lake::LakeRecord> RowOf(const analyze::RecordOrigin& origin, const InferenceRecord& record);

// Looks into a partition when a record of it is asked for. Memory: at most 54 bytes for each record of the partitions
// that were looked into (analyze/fingerprint_set.h). One thread at a time.
class LakeContent {
 public:
  LakeContent(const std::filesystem::path& lake, lake::LakeReader reader) : lake_(lake), reader_(std::move(reader)) {}

  // REQUIRES: the record has a device id and a timestamp.
  [[nodiscard]] Result<bool> Contains(const InferenceRecord& record);
  // The record is (about to be) in the lake. REQUIRES: Contains was asked for it.
  void Add(const InferenceRecord& record);

 private:
  [[nodiscard]] Status LookInto(const lake::PartitionKey& key);

  std::filesystem::path lake_;
  lake::LakeReader reader_;
  std::map<lake::PartitionKey, Status> known_;  // those that were looked into; a failure is that of each record of it
  analyze::FingerprintSet records_;
};

}  // namespace inferometer::archive
