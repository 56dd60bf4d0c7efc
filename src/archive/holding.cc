#include "archive/holding.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/record_key.h"
#include "base/timestamp.h"

namespace inferometer::archive {
namespace {

void Take(WallTime time, Holding& holding) { holding.newest = std::max(holding.newest.value_or(time), time); }

void Take(const std::string& device_name, const InferenceRecord& record, Holding& holding) {
  ++holding.records;
  if (record.timestamp) Take(*record.timestamp, holding);
  if (record.device_id) holding.device_ids.insert(*record.device_id);
  if (record.timestamp && record.device_id) holding.days.insert(lake::PartitionOf(record));
  const auto key = record.record_id ? base::ParseRecordId(*record.record_id)
                                    : Result<base::RecordKey>(Code::kNotFound, "no record_id");
  if (!key.ok()) return;
  const std::string from = holding.is_of_lake ? device_name : std::string();
  analyze::Append(key->sequence, holding.numbered[{from, {key->device_id, key->stream}}]);
}

void Finish(Holding& holding) {
  for (auto& [name, ranges] : holding.numbered) ranges = analyze::Normalised(std::move(ranges));
}

Result<Holding> Begin(const std::filesystem::path& file, bool is_of_lake) {
  const auto identity = os::IdentityOf(file);
  if (!identity) return Status(Code::kInvalidArgument, "it is gone, or no plain file");
  Holding holding;
  holding.file = file;
  holding.is_of_lake = is_of_lake;
  holding.identity = *identity;
  return holding;
}

}  // namespace

Result<Holding> HoldingReader::File(const analyze::FoundFile& file) {
  ASSIGN_OR_RETURN(Holding holding, Begin(file.path, false));
  RETURN_IF_ERROR(record_file_.Load(file));
  if (!record_file_.passed_over().empty()) {
    return Status(Code::kInvalidArgument,
                  fmt::format("it has keys that nobody here knows: {}", record_file_.passed_over()));
  }
  if (file.folder_name) holding.device_names.insert(*file.folder_name);
  holding.newest = SavingTimeOf(file.path.filename().string());
  RETURN_IF_ERROR(record_file_.ForEach([&](const analyze::RecordOrigin&, const InferenceRecord& record) {
    Take({}, record, holding);
    return Ok();
  }));
  Finish(holding);
  return holding;
}

Result<Holding> HoldingReader::Partition(const lake::PartitionFile& file) {
  ASSIGN_OR_RETURN(Holding holding, Begin(file.path, true));
  if (!lake_reader_) {
    ASSIGN_OR_RETURN(lake::LakeReader opened, lake::LakeReader::Open());
    lake_reader_.emplace(std::move(opened));
  }
  ASSIGN_OR_RETURN(const auto unknown, lake_reader_->UnknownColumns(file.path));
  if (!unknown.empty()) {
    return Status(Code::kInvalidArgument, fmt::format("it has {} columns that this release does not know, \"{}\" first",
                                                      unknown.size(), unknown.front()));
  }
  holding.device_ids.insert(file.key.device_id);
  holding.days.insert(file.key);
  Take(WallTime(file.key.date + std::chrono::days(1)), holding);
  RETURN_IF_ERROR(lake_reader_->ForEach(file.path, [&](const lake::LakeRecord& row) {
    holding.device_names.insert(row.device_name);
    Take(row.device_name, row.record, holding);
    return Ok();
  }));
  Finish(holding);
  return holding;
}

std::optional<WallTime> SavingTimeOf(const std::string& name) {
  constexpr std::string_view kShape = "_20251007_103015.json";
  if (name.size() < kShape.size()) return std::nullopt;
  const std::string end = name.substr(name.size() - kShape.size());
  if (end[0] != '_' || end[9] != '_' || !end.ends_with(".json")) return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) { return end.substr(from, count); };
  const auto time = base::ParseTimestamp(
      fmt::format("{}-{}-{}T{}:{}:{}Z", part(1, 4), part(5, 2), part(7, 2), part(10, 2), part(12, 2), part(14, 2)));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

}  // namespace inferometer::archive
