#include "exchange/import_target.h"

#include <utility>

#include "analyze/each_record.h"
#include "base/device_id.h"
#include "exchange/record_key.h"
#include "lake/lake_reader.h"
#include "lake/partition.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

constexpr std::size_t kRecordsPerFile = 1000;
constexpr std::size_t kLongestName = 64;
constexpr const char* kLoadingName = "loading_metrics.json";

std::string FolderName(const std::string& name) {
  if (base::CheckDeviceName(name).ok()) return name;
  constexpr std::string_view kGood = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";
  std::string good = name.substr(0, kLongestName);
  for (char& c : good) {
    if (kGood.find(c) == std::string_view::npos) c = '_';
  }
  if (base::IsFolderOfOurs(good) || good.empty() || good.front() == '.' || good.front() == '-') good.insert(0, 1, '_');
  return good;
}

analyze::Fingerprint FingerprintOf(const InferenceRecord& record) {
  return analyze::FingerprintOfId(RecordKeyOf(record));
}

// Of the device's records that stand in its folder's files now, or in the lake that they were archived into. What is
// damaged there is as good as not there.
Result<analyze::FingerprintSet> KnownIn(const std::filesystem::path& folder, const std::filesystem::path& lake,
                                        const std::string& device_id) {
  analyze::FingerprintSet known;
  const auto take = [&](const analyze::RecordOrigin&, const InferenceRecord& record) {
    const auto id = base::CanonicalDeviceId(record.device_id.value_or(""));
    if (id.ok() && *id == device_id) known.Insert(FingerprintOf(record));
    return Ok();
  };
  RETURN_IF_ERROR(analyze::ForEachRecord(folder, take).status());
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> files, lake::ListPartitions(lake));
  std::optional<lake::LakeReader> reader;
  for (const lake::PartitionFile& file : files) {
    const auto id = base::CanonicalDeviceId(file.key.device_id);
    if (!id.ok() || *id != device_id) continue;
    if (!reader) {
      ASSIGN_OR_RETURN(lake::LakeReader opened, lake::LakeReader::Open());
      reader.emplace(std::move(opened));
    }
    const auto take_row = [&](const lake::LakeRecord& row) {
      known.Insert(FingerprintOf(row.record));
      return Ok();
    };
    reader->ForEach(file.path, take_row).IgnoreBecause("what is damaged is as good as not there");
  }
  return known;
}

}  // namespace

Status ImportTarget::Enter(const ImportedDevice& device) {
  if (open_ && open_->device == device) return Ok();
  RETURN_IF_ERROR(Flush());
  open_.reset();
  const std::filesystem::path path = out_ / FolderName(device.folder_name);
  ASSIGN_OR_RETURN(os::FileLock lock, store::LockFolder(path));
  store::MetricsFolder folder(path, device.id, false, calls_, clock_);
  RETURN_IF_ERROR(folder.Prepare());
  ASSIGN_OR_RETURN(analyze::FingerprintSet known, KnownIn(path, out_ / lake::kLakeFolder, device.id));
  open_.emplace(Open{device, std::move(lock), std::move(folder), std::move(known)});
  return Ok();
}

Status ImportTarget::Add(const ImportedDevice& device, const store::Context& context, const InferenceRecord& record) {
  RETURN_IF_ERROR(Enter(device));
  if (lines_.size() == kRecordsPerFile || context != context_) RETURN_IF_ERROR(Flush());
  if (!open_->known.Insert(FingerprintOf(record))) {
    ++already_there_;
    return Ok();
  }
  context_ = context;
  record::AppendJson(record, lines_.emplace_back());
  return Ok();
}

Status ImportTarget::AddLoad(const ImportedDevice& device, const store::Context& load) {
  RETURN_IF_ERROR(Enter(device));
  ASSIGN_OR_RETURN(const bool is_there, open_->folder.Has(kLoadingName));
  return is_there ? Ok() : open_->folder.SaveLoading(load);
}

Status ImportTarget::Flush() {
  if (lines_.empty()) return Ok();
  std::string context;
  store::AppendJson(context_, context);
  ASSIGN_OR_RETURN(const std::string name, open_->folder.FreeFileName());
  RETURN_IF_ERROR(open_->folder.Write(name, context, lines_).status());
  added_ += lines_.size();
  ++files_;
  lines_.clear();
  return Ok();
}

}  // namespace inferometer::exchange
