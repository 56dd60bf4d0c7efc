#include "archive/lake_content.h"

#include <string>
#include <utility>
#include <vector>

#include "analyze/row_builder.h"

namespace inferometer::archive {

Result<lake::LakeRecord> RowOf(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
  ASSIGN_OR_RETURN(std::string others, analyze::OtherFieldsOf(origin));
  std::string name = origin.file.folder_name.value_or(record.device_id.value_or(""));
  return lake::LakeRecord{std::move(name), record, std::move(others), origin.context};
}

Result<bool> LakeContent::Contains(const InferenceRecord& record) {
  const lake::PartitionKey key = lake::PartitionOf(record);
  const auto [known, is_new] = known_.try_emplace(key);
  if (is_new) known->second = LookInto(key);
  RETURN_IF_ERROR(known->second);
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
  return Ok();
}

}  // namespace inferometer::archive
