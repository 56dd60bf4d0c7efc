#pragma once
// Every source of energy figures that this program knows, in the order in which they are preferred.

#include <memory>
#include <span>
#include <string_view>

#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

struct EnergyOpener {
  std::string_view name;
  // kNotFound where the machine has none; kPermissionDenied with the command that allows reading.
  Result<std::unique_ptr<EnergySource>> (*open)(const EnergyRoots& roots);
};

// What covers the computer or its processor: the first that opens is used, alone, so that nothing is counted twice.
[[nodiscard]] std::span<const EnergyOpener> MainEnergySources();

// Why sources that are there were not used: "rapl: permission denied"; "no energy sensor" where there is none.
struct NotUsed {
  std::string for_records;  // short
  std::string for_people;   // with the next step
};

struct OpenedEnergySource {
  std::unique_ptr<EnergySource> source;  // null: none opens
  NotUsed not_used;                      // of those preferred to it; empty if none of them is there
};

[[nodiscard]] OpenedEnergySource OpenBestEnergySource(const EnergyRoots& roots);

}  // namespace inferometer::probe
