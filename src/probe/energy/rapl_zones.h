#pragma once
// Which RAPL counters a machine has, by the names in powercap: never by index, each domain once.

#include <filesystem>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "probe/energy/energy_counter.h"

namespace inferometer::probe {

struct RaplZone {
  std::string package;  // "package-0"; of a zone beside the packages, its own name
  std::string name;     // "package-0", "dram", "core", "uncore", "psys"
  std::filesystem::path folder;
  CounterLimits limits;  // range 0 where it cannot be read: the zone is there but cannot be used

  [[nodiscard]] bool IsPackage() const;
  [[nodiscard]] bool IsDram() const { return name == "dram"; }
  [[nodiscard]] bool IsWholePlatform() const;
};

// The zones below `sysfs`/class/powercap, sorted by package and name. A zone that intel-rapl and intel-rapl-mmio both
// show is listed once. Folders without a readable name are passed over. Empty where there is no RAPL.
[[nodiscard]] std::vector<RaplZone> FindRaplZones(const std::filesystem::path& sysfs);

// The text of a zone's `name`: one word of printable characters, at most 64. kDataLoss otherwise.
[[nodiscard]] Result<std::string> ParseZoneName(std::string_view text);

}  // namespace inferometer::probe
