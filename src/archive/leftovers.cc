#include "archive/leftovers.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "lake/partition.h"
#include "os/files.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

// The entries of a folder that are no links; what cannot be listed has none.
template <typename Wanted>
std::vector<fs::path> Entries(const fs::path& folder, Wanted wanted) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!entries->is_symlink(ignored) && wanted(*entries)) found.push_back(entries->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool IsTemporary(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  const bool is_ours = name.starts_with("inference_metrics_") || name.starts_with("loading_metrics.json") ||
                       name.starts_with(".cleaned") || name.starts_with(".archived");
  return is_ours && name.ends_with(os::kTemporarySuffix) && entry.is_regular_file(ignored);
}

bool MayHoldFiles(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  return name.front() != '.' && name != "journal" && name != lake::kLakeFolder && entry.is_directory(ignored);
}

bool IsWrittenTo(const fs::path& root, fs::path folder) {
  for (;; folder = folder.parent_path()) {
    if (os::FileLock::IsHeld(folder / ".lock")) return true;
    // Of a hub that keeps the folder for a device, one above the root.
    if (folder == root) return os::FileLock::IsHeld(fs::absolute(root).parent_path() / ".lock");
    if (!folder.has_relative_path()) return false;
  }
}

std::vector<fs::path> FoldersIn(const fs::path& folder, const std::string& prefix) {
  return Entries(folder, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.path().filename().string().starts_with(prefix) && entry.is_directory(ignored);
  });
}

void Append(std::vector<fs::path> more, std::vector<fs::path>& all) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

std::vector<fs::path> LeftoversOfFolders(const fs::path& root) {
  std::vector<fs::path> found;
  std::vector<fs::path> waiting = {root};
  while (!waiting.empty()) {
    const fs::path folder = std::exchange(waiting.back(), {});
    waiting.pop_back();
    auto temporary = Entries(folder, IsTemporary);
    if (!temporary.empty() && !IsWrittenTo(root, folder)) Append(std::move(temporary), found);
    Append(Entries(folder, MayHoldFiles), waiting);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> LeftoversOfLake(const fs::path& lake) {
  std::vector<fs::path> found = Entries(lake, IsTemporary);
  Append(Entries(lake / ".spill", [](const fs::directory_entry& entry) { return entry.is_regular_file(); }), found);
  for (const fs::path& device : FoldersIn(lake, "device=")) {
    for (const fs::path& day : FoldersIn(device, "date=")) {
      Append(Entries(day, [](const auto& entry) { return entry.path().filename() == ".records.parquet.tmp"; }), found);
    }
  }
  return found;
}

void RemoveEmptyPartitions(const fs::path& lake) {
  std::error_code not_empty;
  for (const fs::path& device : FoldersIn(lake, "device=")) {
    for (const fs::path& day : FoldersIn(device, "date=")) fs::remove(day, not_empty);
    fs::remove(device, not_empty);
  }
}

}  // namespace inferometer::archive
