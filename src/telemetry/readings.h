#pragma once
// The readings of a sensor message, and what a text or number must be to be one. Internal: shared by the readers of
// JSON and of CSV.

#include <array>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "telemetry/sensor_message.h"

namespace inferometer::telemetry {

struct NumberReading {
  std::string_view name;
  double SensorMessage::*member;
  double lowest;
  double highest;
};

struct SwitchReading {
  std::string_view name;
  bool SensorMessage::*member;
};

// The ranges hold everything that a working sensor can say, and keep out what is plainly damaged.
inline constexpr std::array<NumberReading, 5> kNumberReadings = {{
    {"co", &SensorMessage::co, 0, 1},
    {"humidity", &SensorMessage::humidity, 0, 100},
    {"lpg", &SensorMessage::lpg, 0, 1},
    {"smoke", &SensorMessage::smoke, 0, 1},
    {"temp", &SensorMessage::temp, -100, 200},
}};
inline constexpr std::array<SwitchReading, 2> kSwitchReadings = {{
    {"light", &SensorMessage::light},
    {"motion", &SensorMessage::motion},
}};

// Each failure is kInvalidArgument and says what is wrong, without naming the field or the place.
[[nodiscard]] Result<double> CheckRange(const NumberReading& reading, double value);
[[nodiscard]] Result<double> NumberFromText(std::string_view text);
[[nodiscard]] Result<bool> SwitchFromText(std::string_view text);
[[nodiscard]] Result<bool> SwitchFromNumber(double value);
// Seconds since 1970, up to the year 2199.
[[nodiscard]] Result<WallTime> TimeFromSeconds(double seconds);
// The same as text, or RFC 3339.
[[nodiscard]] Result<WallTime> TimeFromText(std::string_view text);

}  // namespace inferometer::telemetry
