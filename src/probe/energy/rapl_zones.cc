#include "probe/energy/rapl_zones.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "os/files.h"
#include "probe/sysfs_attribute.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostAttributeBytes = 4096;
constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostZones = 256;  // far above any machine; bounds what a strange tree can cost
constexpr int kMostConstraints = 3;
constexpr std::uint64_t kLeastRangeUj = 1'000'000;
constexpr double kDefaultMostWatts = 500.0;
constexpr double kLeastMostWatts = 50.0;  // firmware writes limits of 0 and 1

Result<std::uint64_t> ReadNumber(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(path, kMostAttributeBytes));
  return ParseSysfsCount(text);
}

Result<std::string> ReadZoneName(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(folder / "name", kMostAttributeBytes));
  return ParseZoneName(text);
}

// The highest of the zone's own limits: short-term ones pass the rated power by far.
double MostWatts(const std::filesystem::path& folder) {
  double highest = 0;
  for (int i = 0; i < kMostConstraints; ++i) {
    for (const char* what : {"_max_power_uw", "_power_limit_uw"}) {
      const auto limit = ReadNumber(folder / ("constraint_" + std::to_string(i) + what));
      if (limit.ok()) highest = std::max(highest, static_cast<double>(*limit) / base::kMicroPerUnit);
    }
  }
  return highest > 0 ? std::clamp(highest, kLeastMostWatts, kDefaultMostWatts) : kDefaultMostWatts;
}

// 0 where it is not told or not believable.
std::uint64_t RangeUj(const std::filesystem::path& folder) {
  const auto range = ReadNumber(folder / "max_energy_range_uj");
  return range.ok() && *range >= kLeastRangeUj ? *range : 0;
}

// "intel-rapl:0:2" is a child of "intel-rapl:0".
std::string FolderOfPackage(const std::string& folder) {
  const std::size_t first = folder.find(':');
  const std::size_t second = folder.find(':', first + 1);
  return folder.substr(0, second);
}

Result<RaplZone> ReadZone(const std::filesystem::path& folder) {
  RaplZone zone;
  ASSIGN_OR_RETURN(zone.name, ReadZoneName(folder));
  ASSIGN_OR_RETURN(zone.package, ReadZoneName(folder.parent_path() / FolderOfPackage(folder.filename())));
  zone.limits = {RangeUj(folder), MostWatts(folder)};
  zone.folder = folder;
  return zone;
}

// Folders of one provider, "intel-rapl:" or "intel-rapl-mmio:" (AMD's driver uses these names, too).
std::vector<std::filesystem::path> FoldersOf(const std::filesystem::path& powercap, std::string_view provider) {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  std::filesystem::directory_iterator entry(powercap, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (folders.size() == kMostZones) break;
    if (entry->path().filename().native().starts_with(provider)) folders.push_back(entry->path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

bool RaplZone::IsPackage() const { return name.starts_with("package-"); }
bool RaplZone::IsWholePlatform() const { return name == "psys" || name.starts_with("psys-"); }

Result<std::string> ParseZoneName(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto is_printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!text.empty() && text.size() <= kMostNameBytes && std::all_of(text.begin(), text.end(), is_printable)) {
    return std::string(text);
  }
  return {Code::kDataLoss, "not the name of a zone"};
}

std::vector<RaplZone> FindRaplZones(const std::filesystem::path& sysfs) {
  std::map<std::pair<std::string, std::string>, RaplZone> zones;
  for (const std::string_view provider : {"intel-rapl:", "intel-rapl-mmio:"}) {  // the first one seen stays
    for (const auto& folder : FoldersOf(sysfs / "class/powercap", provider)) {
      auto zone = ReadZone(folder);
      if (!zone.ok()) continue;
      const auto key = std::make_pair(zone->package, zone->name);
      zones.emplace(key, std::move(zone).value());
    }
  }
  std::vector<RaplZone> sorted;
  sorted.reserve(zones.size());
  for (auto& [key, zone] : zones) sorted.push_back(std::move(zone));
  return sorted;
}

}  // namespace inferometer::probe
