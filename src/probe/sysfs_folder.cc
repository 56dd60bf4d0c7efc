#include "probe/sysfs_folder.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <utility>

namespace inferometer::probe {
namespace {

// Far above any machine; they bound what a strange tree can cost.
constexpr std::size_t kMostListed = 256;
constexpr std::size_t kMostSeen = 65536;

}  // namespace

std::vector<std::filesystem::path> ListFolder(const std::filesystem::path& folder, std::string_view prefix) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (found.size() == kMostListed) break;
    if (entry->path().filename().native().starts_with(prefix)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::filesystem::path> NumberedEntries(const std::filesystem::path& folder, std::string_view prefix,
                                                   std::size_t most) {
  std::map<unsigned, std::filesystem::path> by_number;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::size_t seen = 0;
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (++seen > kMostSeen) break;
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    unsigned number = 0;
    const char* const last = name.data() + name.size();
    const auto [after, wrong] = std::from_chars(name.data() + prefix.size(), last, number);
    if (wrong == std::errc() && after == last) by_number.emplace(number, entry->path());
  }
  std::vector<std::filesystem::path> paths;
  for (auto& [number, path] : by_number) {
    if (paths.size() == most) break;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace inferometer::probe
