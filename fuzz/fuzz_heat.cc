// The texts of sensors: the Raspberry Pi's firmware, thermal zones, cpufreq, nvpmodel. Whatever the bytes, an answer,
// and one that the bytes support.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "os/mailbox.h"
#include "probe/energy/pmic.h"
#include "probe/energy/power_mode.h"
#include "probe/heat/cpu_frequency.h"
#include "probe/heat/firmware_throttle.h"
#include "probe/heat/thermal_zone.h"
#include "probe/sysfs_attribute.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

template <typename T>
void CheckOffset(const inferometer::Result<T>& result, std::size_t size) {
  if (!result.ok()) Check(result.status().offset_bytes().value_or(0) <= size);
}

void FuzzMailbox(std::string_view bytes) {
  using namespace inferometer::os;
  GencmdMessage message = {};
  std::memcpy(message, bytes.data(), std::min(bytes.size(), sizeof message));
  for (const bool as_answer : {false, true}) {
    if (as_answer) {
      message[1] = 0x80000000;
      message[5] = 0;
    }
    const auto answer = GencmdAnswer(message, "x");
    if (answer.ok()) Check(answer->size() < FirmwareMailbox::kMostTextBytes);
  }
}

void FuzzFrequency(std::string_view text) {
  using namespace inferometer::probe;
  const auto states = ParseTimeInState(text);
  CheckOffset(states, text.size());
  if (states.ok() && states->ticks > 0) Check(states->khz_ticks / states->ticks <= 20'000'000);
  const auto mhz = ParseMhz(text);
  CheckOffset(mhz, text.size());
  if (mhz.ok()) Check(*mhz > 0 && *mhz <= 20'000);
  const auto cpus = ParseCpuCount(text);
  CheckOffset(cpus, text.size());
  if (cpus.ok()) Check(*cpus > 0 && *cpus <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::probe;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  FuzzMailbox(text);
  FuzzFrequency(text);
  const auto power = ParsePmicAdc(text);
  CheckOffset(power, size);
  if (power.ok()) Check(std::isfinite(power->watts) && power->watts >= 0 && power->rails > 0 && power->rails <= 32);
  const auto bits = ParseThrottled(text);
  CheckOffset(bits, size);
  if (bits.ok()) Check(ReasonsOf(*bits) < 1U << kThrottleReasons);
  const auto celsius = ParseCelsius(text);
  CheckOffset(celsius, size);
  if (celsius.ok()) Check(*celsius >= -40 && *celsius <= 150);
  const auto mode = ParseNvpmodelStatus(text);
  CheckOffset(mode, size);
  const auto name = NvpmodelName(text, 2);
  if (name.has_value()) Check(!name->empty() && name->size() <= 64);
  const auto word = ParseSysfsLabel(text);
  if (word.ok()) Check(!word->empty() && word->size() <= 64);
  return 0;
}
