// The small texts of /proc and /sys: whatever the bytes, an answer, and one that the bytes support.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "probe/energy/rapl_zones.h"
#include "probe/process_memory.h"
#include "probe/sysfs_attribute.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::probe;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto memory = ParseMemoryStatus(text);
  if (memory.ok() && memory->peak_bytes < memory->resident_bytes) std::abort();
  if (!memory.ok() && memory.status().offset_bytes().value_or(size + 1) > size) std::abort();
  const auto number = ParseSysfsCount(text);
  if (number.ok() && ParseSysfsCount(std::to_string(*number)).ok() == false) std::abort();
  if (!number.ok() && number.status().offset_bytes().value_or(size + 1) > size) std::abort();
  const auto name = ParseZoneName(text);
  if (name.ok() && (name->empty() || name->size() > 64)) std::abort();
  return 0;
}
