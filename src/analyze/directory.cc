#include "analyze/directory.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/device_id.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJournal = "journal";

bool IsPassedOver(const std::string& folder) { return folder.front() == '.' || base::IsFolderOfOurs(folder); }

class Lister {
 public:
  explicit Lister(const fs::path& root) : root_(root), waiting_{root} {}

  MetricsDirectory List() && {
    while (!waiting_.empty()) {
      const fs::path folder = std::exchange(waiting_.back(), {});
      waiting_.pop_back();
      Folder(folder);
    }
    const auto by_path = [](const FoundFile& a, const FoundFile& b) { return a.path.native() < b.path.native(); };
    std::sort(found_.metrics.begin(), found_.metrics.end(), by_path);
    std::sort(found_.loadings.begin(), found_.loadings.end(), by_path);
    std::sort(found_.journals.begin(), found_.journals.end());
    return std::move(found_);
  }

 private:
  void Folder(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) Entry(folder, *entries);
    if (error) found_.unreadable.push_back({folder.string(), std::nullopt, "list folder: " + error.message()});
  }

  void Entry(const fs::path& folder, const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;  // what vanished meanwhile is neither
    if (entry.is_directory(ignored)) {
      if (entry.is_symlink(ignored)) return;
      if (name == kJournal) found_.journals.push_back(entry.path());
      if (!IsPassedOver(name)) waiting_.push_back(entry.path());
    } else if (name == "loading_metrics.json") {
      found_.loadings.push_back(File(folder, entry));
    } else if (name.starts_with("inference_metrics_") && name.ends_with(".json")) {
      found_.metrics.push_back(File(folder, entry));
    }
  }

  FoundFile File(const fs::path& folder, const fs::directory_entry& entry) const {
    if (folder == root_) return {entry.path(), std::nullopt};
    return {entry.path(), folder.filename().string()};
  }

  const fs::path& root_;
  std::vector<fs::path> waiting_;
  MetricsDirectory found_;
};

}  // namespace

Result<MetricsDirectory> ListMetrics(const fs::path& root) {
  std::error_code error;
  const auto status = fs::status(root, error);
  if (!fs::exists(status)) return {Code::kNotFound, root.string() + ": no such folder"};
  if (!fs::is_directory(status)) return {Code::kInvalidArgument, root.string() + ": not a folder"};
  return Lister(root).List();
}

}  // namespace inferometer::analyze
