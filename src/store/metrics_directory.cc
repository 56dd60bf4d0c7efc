#include "store/metrics_directory.h"

#include <algorithm>

#include "base/timestamp.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::store {
namespace {

constexpr std::string_view kLockName = ".lock";
constexpr std::string_view kFilePrefix = "inference_metrics_";
constexpr std::string_view kLoadingName = "loading_metrics.json";
constexpr int kContextDecimals = 3;

// Each record on a line of its own, so that a damaged file can still be read by eye and by grep.
std::string FileText(const Summary& summary, const Context& context, const std::vector<InferenceRecord>& records) {
  std::string text = "{\n\"summary\":";
  AppendJson(summary, text);
  text += ",\n\"context\":";
  AppendJson(context, text);
  text += ",\n\"detailed_metrics\":[";
  const char* separator = "\n";
  for (const InferenceRecord& one : records) {
    text += separator;
    record::AppendJson(one, text);
    separator = ",\n";
  }
  text += "\n]\n}\n";
  return text;
}

// What a crash in the middle of a save left behind; never complete, never read.
void RemoveTornSaves(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> torn;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().ends_with(std::string(".json").append(os::kTemporarySuffix)))
      torn.push_back(entry.path());
  }
  for (const auto& path : torn) std::filesystem::remove(path, error);
}

Status Explain(const Status& status, const std::filesystem::path& folder) {
  if (status.code() == Code::kFailedPrecondition) {
    return {status.code(),
            "another inferometer writes to " + folder.string() + "; give this one another folder with --out"};
  }
  return {status.code(), "cannot write to the metrics directory: " + status.message()};
}

}  // namespace

MetricsDirectory::MetricsDirectory(MetricsDirectoryOptions options, os::FileCalls& calls, const base::Clock& clock,
                                   os::FileLock lock)
    : options_(std::move(options)), calls_(&calls), clock_(&clock), lock_(std::move(lock)) {}

Result<MetricsDirectory> MetricsDirectory::Open(MetricsDirectoryOptions options, os::FileCalls& calls,
                                                const base::Clock& clock) {
  if (const Status created = os::CreateFolders(options.folder); !created.ok()) return Explain(created, options.folder);
  auto lock = os::FileLock::Acquire(options.folder / kLockName);
  if (!lock.ok()) return Explain(lock.status(), options.folder);
  RemoveTornSaves(options.folder);
  return MetricsDirectory(std::move(options), calls, clock, std::move(*lock));
}

const InferenceRecord& MetricsDirectory::Add(InferenceRecord record) {
  record::RoundAsWritten(record);
  if (records_.size() >= options_.most_unsaved) {
    records_.erase(records_.begin());
    ++dropped_;
  }
  return records_.emplace_back(std::move(record));
}

std::filesystem::path MetricsDirectory::FreeFileName() const {
  std::string device_id = options_.device_id;
  if (options_.portable_names) std::replace(device_id.begin(), device_id.end(), ':', '-');
  std::error_code error;
  for (WallTime second = clock_->Wall();; second += std::chrono::seconds(1)) {
    auto path = options_.folder / std::string(kFilePrefix)
                                      .append(device_id)
                                      .append("_")
                                      .append(base::FormatCompactSecond(second))
                                      .append(".json");
    if (!std::filesystem::exists(path, error)) return path;
  }
}

Result<std::optional<SavedFile>> MetricsDirectory::Save() {
  if (records_.empty()) return std::optional<SavedFile>();
  SavedFile saved{failed_save_ ? *failed_save_ : FreeFileName(), Summarise(records_, options_.device_id)};
  const Status written = os::WriteWholeFile(*calls_, saved.path, FileText(saved.summary, context_, records_));
  if (!written.ok()) {
    failed_save_ = saved.path;
    return Status(written.code(), "could not save: " + written.message());
  }
  failed_save_.reset();
  records_.clear();
  return std::optional<SavedFile>(std::move(saved));
}

Status MetricsDirectory::SaveLoading(const Context& loading) {
  std::string text;
  AppendJson(loading, text);
  text += '\n';
  return os::WriteWholeFile(*calls_, options_.folder / kLoadingName, text);
}

void AppendJson(const Context& context, std::string& out) {
  record::JsonObject object(out);
  for (const auto& [key, value] : context) {
    if (const auto* text = std::get_if<std::string>(&value)) object.Text(key, *text);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) object.Integer(key, *integer);
    if (const auto* real = std::get_if<double>(&value)) object.Real(key, *real, kContextDecimals);
    if (const auto* boolean = std::get_if<bool>(&value)) object.Boolean(key, *boolean);
  }
  object.Close();
}

}  // namespace inferometer::store
