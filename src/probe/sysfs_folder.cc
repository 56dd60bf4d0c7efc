#include "probe/sysfs_folder.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "os/files.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostAttributeBytes = 4096;
constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostEntries = 65536;  // bounds what a strange tree can cost

}  // namespace

std::vector<std::filesystem::path> NumberedEntries(const std::filesystem::path& parent, std::string_view prefix,
                                                   std::size_t most) {
  std::map<unsigned, std::filesystem::path> by_number;
  std::error_code error;
  std::filesystem::directory_iterator entry(parent, error);
  std::size_t seen = 0;
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (++seen > kMostEntries) break;
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

Result<std::string> ParseSysfsName(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (!text.empty() && text.size() <= kMostNameBytes && std::all_of(text.begin(), text.end(), is_printable)) {
    return std::string(text);
  }
  return {Code::kDataLoss, "not a name"};
}

Result<std::string> ReadSysfsName(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(path, kMostAttributeBytes));
  auto name = ParseSysfsName(text);
  if (!name.ok()) return {name.status().code(), path.string() + ": " + name.status().message()};
  return name;
}

}  // namespace inferometer::probe
