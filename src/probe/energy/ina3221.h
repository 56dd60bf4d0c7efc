#pragma once
// The power of an NVIDIA Jetson, by the INA3221 (and, on Thor, INA238) sensors that its boards carry.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

// Which rails make up a total, and of what.
struct RailTotal {
  std::vector<std::string> rails;  // to be added
  std::string scope;               // "board" or "module"
  double relative_uncertainty;     // k = 2
};

// An input rail alone where there is one, since all others hang on it; else the rails of a module that are known to lie
// side by side. kFailedPrecondition where these names are no total that is known: a sum of any rails counts some energy
// twice and misses some.
[[nodiscard]] Result<RailTotal> ChooseRails(const std::vector<std::string>& names);

// A device of an I2C bus as sysfs names it: "1-0040".
[[nodiscard]] bool IsI2cDevice(std::string_view name);

// Both layouts: hwmon (JetPack 5 and later, kernel Documentation/hwmon/ina3221) and iio (JetPack 4 and earlier). A
// device that is seen below drivers/ and devices/ counts once. kNotFound where there is no such sensor;
// kPermissionDenied with the command that allows reading. Reading waits for the sensor's next conversion.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenIna3221(const EnergyRoots& roots);

}  // namespace inferometer::probe
