#pragma once
// What a battery gave while the machine ran on it: a cross-check of long runs, since its counter moves in steps of
// several joules, seconds to a minute late (ABI sysfs-class-power).

#include <chrono>
#include <memory>

#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

// Shorter windows are refused.
inline constexpr std::chrono::seconds kLeastBatteryWindow{600};

// All batteries of the machine, summed; those of peripherals (scope "Device") are not. By energy_now, else by
// charge_now and the mean of voltage_now at both ends. A window holds where all batteries discharge and no supply is
// online at both ends, and is kUnavailable with the reason otherwise. Facts: name "battery", scope "system". kNotFound
// where there is no battery; kPermissionDenied, kDataLoss with the path.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenBattery(const EnergyRoots& roots);

}  // namespace inferometer::probe
