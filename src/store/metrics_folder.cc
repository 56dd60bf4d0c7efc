#include "store/metrics_folder.h"

#include <algorithm>

#include "base/timestamp.h"
#include "record/json_read.h"

namespace inferometer::store {
namespace {

constexpr std::string_view kLockName = ".lock";
constexpr std::string_view kFilePrefix = "inference_metrics_";
constexpr std::string_view kLoadingName = "loading_metrics.json";

// Each record on a line of its own, so that a damaged file can still be read by eye and by grep.
std::string FileText(const Summary& summary, std::string_view context, const std::vector<std::string>& lines) {
  std::string text = "{\n\"summary\":";
  AppendJson(summary, text);
  text += ",\n\"context\":";
  text += context;
  text += ",\n\"detailed_metrics\":[";
  const char* separator = "\n";
  for (const std::string& line : lines) {
    text += separator;
    text += line;
    separator = ",\n";
  }
  text += "\n]\n}\n";
  return text;
}

Status Explain(const Status& status, const std::filesystem::path& folder) {
  if (status.code() == Code::kFailedPrecondition) {
    return {status.code(),
            "another inferometer writes to " + folder.string() + "; give this one another folder with --out"};
  }
  return {status.code(), "cannot write to the metrics directory: " + status.message()};
}

// With their names durable, also where an earlier process made the folder and got no further.
Status MakeFolders(os::FileCalls& calls, const std::filesystem::path& folder) {
  const auto parent = folder.parent_path();
  const bool is_there = calls.List(folder).ok();
  // The parent is not listed where it can be helped: a hub's holds a folder for each device.
  Status made = is_there ? Ok() : calls.CreateFolder(folder);
  if (made.code() == Code::kNotFound && !parent.empty() && parent != folder) {
    RETURN_IF_ERROR(MakeFolders(calls, parent));
    made = calls.CreateFolder(folder);
  }
  RETURN_IF_ERROR(made);
  const Status synced = calls.SyncFolder(parent.empty() ? "." : parent);
  // Where this user may not even read, he did not make it either.
  return is_there && synced.code() == Code::kPermissionDenied ? Ok() : synced;
}

}  // namespace

Result<os::FileLock> LockFolder(const std::filesystem::path& folder) {
  if (const Status created = os::CreateFolders(folder); !created.ok()) return Explain(created, folder);
  auto lock = os::FileLock::Acquire(folder / kLockName);
  if (!lock.ok()) return Explain(lock.status(), folder);
  return lock;
}

MetricsFolder::MetricsFolder(std::filesystem::path folder, std::string device_id, bool portable_names,
                             os::FileCalls& calls, const base::Clock& clock)
    : folder_(std::move(folder)),
      device_id_(std::move(device_id)),
      portable_names_(portable_names),
      calls_(&calls),
      clock_(&clock) {}

Status MetricsFolder::Prepare() {
  RETURN_IF_ERROR(MakeFolders(*calls_, folder_));
  ASSIGN_OR_RETURN(const auto names, calls_->List(folder_));
  for (const std::string& name : names) {
    if (!name.ends_with(std::string(".json").append(os::kTemporarySuffix))) continue;
    calls_->Unlink(folder_ / name).IgnoreBecause("it is never read; the next start tries again");
  }
  return Ok();
}

Result<bool> MetricsFolder::Has(const std::string& name) const {
  const auto file = calls_->Open(folder_ / name, os::Access::kRead);
  if (file.ok()) {
    calls_->Close(*file).IgnoreBecause("nothing was written");
    return true;
  }
  if (file.status().code() == Code::kNotFound) return false;
  return file.status();
}

Status MetricsFolder::SyncNames() { return calls_->SyncFolder(folder_); }

Result<std::string> MetricsFolder::FreeFileName() {
  std::string device_id = device_id_;
  if (portable_names_) std::replace(device_id.begin(), device_id.end(), ':', '-');
  const WallTime now = std::chrono::floor<std::chrono::seconds>(clock_->Wall());
  if (now < taken_from_ || now > taken_upto_) taken_from_ = taken_upto_ = now;
  for (WallTime second = taken_upto_;; second += std::chrono::seconds(1)) {
    std::string name(kFilePrefix);
    name.append(device_id).append("_").append(base::FormatCompactSecond(second)).append(".json");
    ASSIGN_OR_RETURN(const bool is_taken, Has(name));
    taken_upto_ = second;
    if (!is_taken) return name;
  }
}

Result<SavedFile> MetricsFolder::Write(const std::string& name, std::string_view context,
                                       const std::vector<std::string>& lines) {
  std::vector<InferenceRecord> records;
  records.reserve(lines.size());
  for (const std::string& line : lines) {
    ASSIGN_OR_RETURN(records.emplace_back(), record::ParseRecord(line));
  }
  SavedFile saved{folder_ / name, Summarise(records, device_id_)};
  const Status written = os::WriteWholeFile(*calls_, saved.path, FileText(saved.summary, context, lines));
  if (!written.ok()) return Status(written.code(), "could not save: " + written.message());
  return saved;
}

Status MetricsFolder::SaveLoading(const Context& loading) {
  std::string text;
  AppendJson(loading, text);
  text += '\n';
  return os::WriteWholeFile(*calls_, folder_ / kLoadingName, text);
}

}  // namespace inferometer::store
