#pragma once
// What all sources that tell of throttling have in common.

#include <cstdint>
#include <memory>
#include <string>

#include "inferometer/status.h"

namespace inferometer::probe {

// In the order of the field throttle_reasons.
enum class ThrottleReason : std::uint8_t {
  kThermal,
  kUnderVoltage,
  kFrequencyCapped,
  kSoftTemperatureLimit,
  kPowerLimit,
  kOverCurrent,
};
inline constexpr std::size_t kThrottleReasons = 6;

// As the field throttle_reasons has it.
[[nodiscard]] constexpr const char* NameOf(ThrottleReason reason) {
  constexpr const char* kNames[kThrottleReasons] = {
      "thermal", "under_voltage", "frequency_capped", "soft_temperature_limit", "power_limit", "over_current"};
  return kNames[static_cast<std::size_t>(reason)];
}

// A set of reasons: bit 0 is the first.
using ReasonSet = std::uint8_t;
[[nodiscard]] constexpr ReasonSet SetOf(ThrottleReason reason) {
  return static_cast<ReasonSet>(1U << static_cast<unsigned>(reason));
}

struct ThrottleLook {
  ReasonSet live = 0;        // at this moment
  ReasonSet passed = 0;      // at some time since the last look
  std::uint64_t events = 0;  // since the last look, where the source counts
};

struct ThrottleSourceFacts {
  std::string name;  // "thermal_throttle", "firmware", "soctherm", "alarms", "cooling_devices"
  // Whether it knows of throttling by heat, so that its silence means that there was none.
  bool can_deny = false;
  bool counts = false;  // its events mean something
};

// One thread at a time. Looks allocate nothing while they succeed.
class ThrottleSource {
 public:
  virtual ~ThrottleSource() = default;
  [[nodiscard]] virtual const ThrottleSourceFacts& facts() const = 0;
  // An error where something cannot be read or a counter went backwards; the next look begins anew from there.
  [[nodiscard]] virtual Result<ThrottleLook> Look() = 0;

 protected:
  ThrottleSource() = default;
  ThrottleSource(const ThrottleSource&) = default;
  ThrottleSource& operator=(const ThrottleSource&) = default;
};

}  // namespace inferometer::probe
