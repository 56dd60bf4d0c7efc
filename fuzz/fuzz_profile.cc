// A power profile: whatever the bytes, an answer; and what was read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "probe/energy/power_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::probe;
  const auto profile = ParsePowerProfile(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!profile.ok()) return 0;
  const std::string first = PowerProfileAsJson(*profile);
  const auto back = ParsePowerProfile(first);
  if (!back.ok() || PowerProfileAsJson(*back) != first) std::abort();
  return 0;
}
