#pragma once
// Throttling that the machine counts: the difference between two readings misses nothing.

#include <filesystem>
#include <memory>

#include "inferometer/status.h"
#include "probe/heat/throttle_source.h"

namespace inferometer::probe {

// x86: core and package throttle counts (kernel Documentation/arch/x86 and therm_throt.c), each package once and each
// physical core once; packages first, at most 32 files. Reason thermal. kNotFound on other machines.
[[nodiscard]] Result<std::unique_ptr<ThrottleSource>> OpenThermalThrottleCounts(const std::filesystem::path& sysfs);

// NVIDIA Orin and Thor: the events of the SoC's over-current lines (hwmon soctherm_oc; Jetson Linux Developer Guide,
// "Jetson Orin: OC events"): 1 is under_voltage, 2 (average) and 3 (instantaneous) are over_current. Knows nothing of
// heat. kNotFound on other machines.
[[nodiscard]] Result<std::unique_ptr<ThrottleSource>> OpenOverCurrentCounts(const std::filesystem::path& sysfs);

}  // namespace inferometer::probe
