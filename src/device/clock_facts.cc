#include "device/clock_facts.h"

#include <fmt/format.h>

#include <chrono>

#include "os/boot.h"

namespace inferometer::device {

std::optional<std::string> ReadBootIdText(const std::filesystem::path& procfs) {
  const auto id = os::ReadBootId(procfs);
  if (!id.ok()) return std::nullopt;
  std::string text;
  for (const unsigned byte : *id) text += fmt::format("{:02x}", byte);
  return text;
}

ClockFacts ReadClockFacts(const std::optional<std::string>& boot_id, const FloorClock& clock) {
  ClockFacts facts;
  facts.boot_id = boot_id;
  facts.boottime_ms = std::chrono::duration<double, std::milli>(os::TimeSinceBoot()).count();
  const auto state = os::WallClockState();
  if (state.ok()) facts.is_synchronised = *state == os::ClockState::kSynchronised;
  if (clock.Floored()) facts.is_synchronised = false;
  return facts;
}

bool IsMachineSynchronised() {
  const auto state = os::WallClockState();
  return state.ok() && *state == os::ClockState::kSynchronised;
}

}  // namespace inferometer::device
