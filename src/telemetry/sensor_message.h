#pragma once
// What a sensor reports, in the shape of the public environmental sensor data set.

#include <cstddef>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::telemetry {

// Copyable value; every member is set.
struct SensorMessage {
  std::string device_id;  // canonical: base::CanonicalDeviceId
  WallTime ts;            // when it was measured
  double co = 0;          // share of carbon monoxide, as the data set gives it
  double humidity = 0;    // percent
  bool light = false;     // light was seen
  double lpg = 0;         // share of liquefied petroleum gas
  bool motion = false;    // something moved
  double smoke = 0;       // share of smoke
  double temp = 0;        // degrees Celsius

  friend bool operator==(const SensorMessage&, const SensorMessage&) = default;
};

inline constexpr std::size_t kLargestMessageBytes = std::size_t{16} * 1024;

// Reads {"data":{"co","humidity","light","lpg","motion","smoke","temp"},"device_id","ts"}: exactly one JSON object, at
// most kLargestMessageBytes, with all of these and perhaps others, which are passed over. `ts` is seconds since 1970 or
// RFC 3339 text; numbers may stand as text, and a switch as true, false, 1, 0 or as text of these. On failure the
// message and Status::offset_bytes() name the byte and the field. Safe from any thread.
[[nodiscard]] Result<SensorMessage> ParseTelemetry(std::string_view json);

// Appends what ParseTelemetry reads back as the same message, `ts` as a number with six digits of fraction.
// REQUIRES: finite numbers.
void AppendJson(const SensorMessage& message, std::string& out);

}  // namespace inferometer::telemetry
