#include "probe/energy/energy_sources.h"

#include <string>
#include <utility>

#include "probe/energy/external_meter.h"
#include "probe/energy/hwmon.h"
#include "probe/energy/ina3221.h"
#include "probe/energy/pmic.h"
#include "probe/energy/rapl.h"

namespace inferometer::probe {
namespace {

constexpr EnergyOpener kMainSources[] = {
    {"external", OpenExternalMeter},
    {"rapl", Rapl::Open},
    {"ina3221", OpenIna3221},
    {"pmic", OpenPmic},
    {"hwmon", OpenHwmon},
};

void Append(std::string& list, std::string_view name, std::string_view reason) {
  if (!list.empty()) list += "; ";
  list.append(name).append(": ").append(reason);
}

void Note(const EnergyOpener& opener, const Status& status, NotUsed& not_used) {
  if (status.code() == Code::kNotFound) return;
  const bool denied = status.code() == Code::kPermissionDenied;
  Append(not_used.for_records, opener.name, denied ? "permission denied" : status.message());
  Append(not_used.for_people, opener.name, status.message());
}

}  // namespace

std::span<const EnergyOpener> MainEnergySources() { return kMainSources; }

OpenedEnergySource OpenBestEnergySource(const EnergyRoots& roots) {
  OpenedEnergySource opened;
  for (const EnergyOpener& opener : kMainSources) {
    auto source = opener.open(roots);
    if (source.ok()) {
      opened.source = std::move(source).value();
      return opened;
    }
    Note(opener, source.status(), opened.not_used);
  }
  if (opened.not_used.for_records.empty()) {
    opened.not_used = {"no energy sensor", "this machine shows no energy sensor (inferometer doctor says more)"};
  }
  return opened;
}

}  // namespace inferometer::probe
