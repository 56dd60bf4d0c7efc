#pragma once
// Throttling that shows only while it lasts: alarms and cooling devices, sampled.

#include <filesystem>
#include <memory>

#include "inferometer/status.h"
#include "probe/heat/throttle_source.h"

namespace inferometer::probe {

// NVIDIA Jetson: curr*_crit_alarm and curr*_max_alarm of hwmon ina3221 (kernel Documentation/hwmon/ina3221):
// over_current. Knows nothing of heat. kNotFound on other machines.
[[nodiscard]] Result<std::unique_ptr<ThrottleSource>> OpenOverCurrentAlarms(const std::filesystem::path& sysfs);

// Cooling devices that a thermal zone slows the machine with: CPU and GPU frequency limits ("cpufreq-cpu0",
// "thermal-cpufreq-0", "devfreq-17000000.gpu") and Jetson's "cpu-throttle-alert" and the like, above state 0. Only
// those that a zone is bound to: others never move. Fans are none. Reason thermal. kNotFound where there are none.
[[nodiscard]] Result<std::unique_ptr<ThrottleSource>> OpenCoolingDevices(const std::filesystem::path& sysfs);

}  // namespace inferometer::probe
