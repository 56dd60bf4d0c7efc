#pragma once
// Energy of the whole machine by a meter that Linux shows as hwmon (kernel Documentation/hwmon/sysfs-interface).

#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

// What is known to measure the machine, and nothing less: most hwmon sensors of power are a GPU, a rail or a card.
struct MachineMeter {
  enum class Kind { kEnergy, kPower, kVoltageAndCurrent };
  std::string_view chip;   // the text of `name`; a '*' at its end stands for digits
  std::string_view label;  // of the sensor, or of the chip; empty: the chip has but this one
  Kind kind;
  std::string_view scope;
  std::chrono::milliseconds refresh;  // how old a value may be, where the chip does not tell it
  double relative_uncertainty;        // k = 2, where the chip does not tell it
};

// In order of preference: counters first.
[[nodiscard]] std::span<const MachineMeter> MachineMeters();

// Whether a chip of this `name` is the row's.
[[nodiscard]] bool IsChipOf(const MachineMeter& meter, std::string_view name);

// The text of `power1_accuracy` ("95.0%"), as a relative uncertainty: 0.05. kDataLoss where it is no percentage above
// 0.
[[nodiscard]] Result<double> ParseAccuracy(std::string_view text);

// Found by name and label, never by number: these change with every boot. kNotFound where there is no such meter;
// kFailedPrecondition where there are two alike, since it is not told which one is the machine's; kPermissionDenied
// with the command that allows reading. Of a counter, a decrease is a disturbance.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenHwmon(const EnergyRoots& roots);

}  // namespace inferometer::probe
