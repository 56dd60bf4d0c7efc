// A sensor message's JSON: whatever the bytes, an answer; and what was read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "telemetry/sensor_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::telemetry;
  const auto message = ParseTelemetry(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!message.ok()) return 0;
  std::string json;
  AppendJson(*message, json);
  const auto back = ParseTelemetry(json);
  if (!back.ok() || *back != *message) std::abort();
  return 0;
}
