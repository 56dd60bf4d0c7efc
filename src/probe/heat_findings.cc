#include "probe/heat_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "os/files.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kMostZones = 256;

std::optional<std::string> Attribute(const std::filesystem::path& path) {
  const auto text = os::ReadFile(path, kMostBytes);
  if (!text.ok() || text->empty()) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

std::vector<std::filesystem::path> Zones(const std::filesystem::path& sysfs) {
  std::vector<std::filesystem::path> zones;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(sysfs / "class/thermal", error), end;
       !error && entry != end && zones.size() < kMostZones; entry.increment(error)) {
    if (entry->path().filename().string().starts_with("thermal_zone")) zones.push_back(entry->path());
  }
  std::sort(zones.begin(), zones.end());
  return zones;
}

Finding Temperature(const std::filesystem::path& sysfs) {
  std::string names;
  int readable = 0;
  for (const auto& zone : Zones(sysfs)) {
    if (!Attribute(zone / "temp")) continue;
    names += (names.empty() ? "" : ", ") + Attribute(zone / "type").value_or("unnamed");
    ++readable;
  }
  if (readable == 0) return {FindingGroup::kHeat, "temperature", FindingState::kAbsent, "no thermal zone", {}, {}, {}};
  return {FindingGroup::kHeat,
          "temperature",
          FindingState::kAvailable,
          fmt::format("{} thermal zones: {}", readable, names),
          {},
          {},
          {}};
}

// Counters of an x86 CPU (Documentation of intel_thermal_throttle), else the Pi's firmware.
Finding Throttling(const std::filesystem::path& sysfs, const std::vector<std::filesystem::path>& mailboxes) {
  Finding finding{FindingGroup::kHeat, "throttling", FindingState::kAvailable, "", {}, {}, {}};
  std::error_code error;
  if (Attribute(sysfs / "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count")) {
    finding.detail = "the CPU's counters";
    return finding;
  }
  for (const auto& mailbox : mailboxes) {
    if (!std::filesystem::exists(mailbox, error)) continue;
    finding.detail = "the firmware's flags, by " + mailbox.string();
    return finding;
  }
  finding.state = FindingState::kAbsent;
  finding.detail = "no counter and no firmware that tells";
  return finding;
}

Finding Frequency(const std::filesystem::path& sysfs) {
  const auto folder = sysfs / "devices/system/cpu/cpu0/cpufreq";
  const bool counts = Attribute(folder / "stats/time_in_state").has_value();
  const bool tells = Attribute(folder / "scaling_cur_freq").has_value();
  if (counts) return {FindingGroup::kHeat, "frequency", FindingState::kAvailable, "time in each state", {}, {}, {}};
  if (tells) return {FindingGroup::kHeat, "frequency", FindingState::kAvailable, "as asked for, sampled", {}, {}, {}};
  return {FindingGroup::kHeat, "frequency", FindingState::kAbsent, "no cpufreq", {}, {}, {}};
}

}  // namespace

HeatSurvey SurveyHeat(const std::filesystem::path& sysfs, const std::vector<std::filesystem::path>& mailboxes) {
  HeatSurvey survey;
  survey.findings = {Temperature(sysfs), Throttling(sysfs, mailboxes), Frequency(sysfs)};
  survey.outlook.tells_temperature = survey.findings[0].state == FindingState::kAvailable;
  survey.outlook.tells_throttling = survey.findings[1].state == FindingState::kAvailable;
  return survey;
}

}  // namespace inferometer::probe
