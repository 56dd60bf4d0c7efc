#include "archive/lake_content.h"

#include <system_error>

#include "analyze/row_builder.h"

namespace inferometer::archive {

Result<bool> LakeContent::Contains(const InferenceRecord& record) {
  const lake::PartitionKey key = lake::PartitionOf(record);
  if (!known_.contains(key)) RETURN_IF_ERROR(LookInto(key));
  return records_.Contains(analyze::FingerprintOfRecord(record));
}

void LakeContent::Add(const InferenceRecord& record) { records_.Insert(analyze::FingerprintOfRecord(record)); }

Status LakeContent::LookInto(const lake::PartitionKey& key) {
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> files, lake::FilesOf(lake_, key));
  for (const lake::PartitionFile& file : files) {
    RETURN_IF_ERROR(reader_.ForEach(file.path, [&](const lake::LakeRecord& row) {
      records_.Insert(analyze::FingerprintOfRecord(row.record));
      return Ok();
    }));
  }
  known_.insert(key);
  return Ok();
}

}  // namespace inferometer::archive
