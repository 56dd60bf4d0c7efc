#include "probe/energy/power_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/units.h"
#include "os/files.h"
#include "probe/energy/rapl_zones.h"
#include "probe/sysfs_attribute.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostAttributeBytes = 4096;
constexpr std::size_t kMostConfBytes = 1U << 20U;
constexpr unsigned kMostMode = 9999;
constexpr int kMostConstraints = 4;

void SkipBlanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

bool Skip(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  SkipBlanks(text);
  return true;
}

std::optional<std::string> Nvpmodel(const PowerModeRoots& roots) {
  const auto status = os::ReadFile(roots.nvpmodel_status, kMostAttributeBytes);
  if (!status.ok()) return std::nullopt;
  const auto id = ParseNvpmodelStatus(*status);
  if (!id.ok()) return std::nullopt;
  const auto conf = os::ReadFile(roots.nvpmodel_conf, kMostConfBytes);
  const auto name = conf.ok() ? NvpmodelName(*conf, *id) : std::nullopt;
  return name ? fmt::format("nvpmodel={} ({})", *id, *name) : fmt::format("nvpmodel={}", *id);
}

void Append(std::string& list, const std::string& part) {
  if (!list.empty()) list += ", ";
  list += part;
}

// PL1 and PL2 of a package (kernel Documentation/power/powercap): long_term and short_term.
void AppendLimits(const std::filesystem::path& zone, std::string& mode) {
  for (const auto& [constraint, label] : {std::pair{"long_term", "PL1"}, {"short_term", "PL2"}}) {
    for (int i = 0; i < kMostConstraints; ++i) {
      const auto name = ReadSysfsLabel(zone / fmt::format("constraint_{}_name", i));
      if (!name.ok() || *name != constraint) continue;
      const auto text = os::ReadFile(zone / fmt::format("constraint_{}_power_limit_uw", i), kMostAttributeBytes);
      const auto limit_uw = text.ok() ? ParseSysfsCount(*text) : Result<std::uint64_t>(text.status());
      if (!limit_uw.ok()) continue;
      Append(mode, fmt::format("{}={:g} W", label, static_cast<double>(*limit_uw) / base::kMicroPerUnit));
    }
  }
}

}  // namespace

Result<unsigned> ParseNvpmodelStatus(std::string_view text) {
  constexpr std::string_view kKey = "pmode:";
  if (!text.starts_with(kKey)) return Status(Code::kDataLoss, "nvpmodel's status: byte 0: not pmode:").At(0);
  if (text.ends_with('\n')) text.remove_suffix(1);
  unsigned id = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + kKey.size(), last, id);
  if (error == std::errc() && end == last && id <= kMostMode) return id;
  return Status(Code::kDataLoss, fmt::format("nvpmodel's status: byte {}: not a mode", kKey.size())).At(kKey.size());
}

std::optional<std::string> NvpmodelName(std::string_view conf, unsigned id) {
  while (!conf.empty()) {
    std::string_view line = conf.substr(0, conf.find('\n'));
    conf.remove_prefix(std::min(conf.size(), line.size() + 1));
    SkipBlanks(line);
    if (!Skip(line, "<") || !Skip(line, "POWER_MODEL") || !Skip(line, "ID=")) continue;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc() || number != id) continue;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    SkipBlanks(line);
    if (!Skip(line, "NAME=")) continue;
    auto name = ParseSysfsLabel(line.substr(0, line.find_first_of(" \t>")));
    if (name.ok()) return std::move(name).value();
  }
  return std::nullopt;
}

std::optional<std::string> ReadPowerMode(const PowerModeRoots& roots) {
  if (auto mode = Nvpmodel(roots)) return mode;
  std::string mode;
  const auto governor = ReadSysfsLabel(roots.sysfs / "devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (governor.ok()) mode = "governor=" + *governor;
  const auto zones = FindRaplZones(roots.sysfs);
  const auto package = std::find_if(zones.begin(), zones.end(), [](const RaplZone& zone) { return zone.IsPackage(); });
  if (package != zones.end()) AppendLimits(package->folder, mode);
  if (mode.empty()) return std::nullopt;
  return mode;
}

}  // namespace inferometer::probe
