// The texts of sysfs that sensors show: whatever the bytes, an answer, and one that the bytes support.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "probe/energy/hwmon.h"
#include "probe/energy/ina3221.h"
#include "probe/sysfs_attribute.h"

namespace {

using namespace inferometer::probe;

template <typename T>
bool OffsetIsInside(const inferometer::Result<T>& result, std::size_t size) {
  return result.ok() || result.status().offset_bytes().value_or(size + 1) <= size;
}

void Check(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto number = ParseSysfsInteger(text);
  Check(OffsetIsInside(number, size));
  Check(!number.ok() || *ParseSysfsInteger(std::to_string(*number)) == *number);
  const auto label = ParseSysfsLabel(text);
  Check(OffsetIsInside(label, size));
  Check(!label.ok() || (!label->empty() && label->size() <= 64 && text.starts_with(*label)));
  const auto accuracy = ParseAccuracy(text);
  Check(OffsetIsInside(accuracy, size));
  Check(!accuracy.ok() || (*accuracy > 0 && *accuracy < 1));
  Check(!IsI2cDevice(text) || (size >= 6 && size <= 9));
  for (const MachineMeter& meter : MachineMeters()) Check(!IsChipOf(meter, text) || !text.empty());
  const std::vector<std::string> names = Lines(text);
  const auto total = ChooseRails(names);
  Check(!total.ok() || (!total->rails.empty() && total->rails.size() <= names.size()));
  return 0;
}
