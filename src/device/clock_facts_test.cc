#include "device/clock_facts.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "os/boot.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::device {
namespace {

TEST(ClockFacts, BootIdIs32DigitsOfWhatTheKernelSays) {
  const os::TemporaryFolder folder;
  folder.Put("sys/kernel/random/boot_id", "0123abcd-4567-89ef-0123-456789abcdef\n");
  EXPECT_EQ(ReadBootIdText(folder.path()), "0123abcd456789ef0123456789abcdef");
}

TEST(ClockFacts, WhereTheKernelDoesNotTellThereIsNoBootId) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(ReadBootIdText(folder.path()), std::nullopt);
  folder.Put("sys/kernel/random/boot_id", "no id at all\n");
  EXPECT_EQ(ReadBootIdText(folder.path()), std::nullopt);
}

const WallTime kBuilt = *base::ParseTimestamp("2026-11-29T12:00:00Z");

TEST(ClockFacts, TimeSinceBootGoesOn) {
  const base::SystemClock machine;
  const FloorClock clock(machine, WallTime{}, IsMachineSynchronised);
  const ClockFacts first = ReadClockFacts("id", clock);
  const ClockFacts second = ReadClockFacts("id", clock);
  EXPECT_EQ(first.boot_id, "id");
  EXPECT_GT(first.boottime_ms, 0);
  EXPECT_GE(second.boottime_ms, first.boottime_ms);
}

TEST(ClockFacts, AClockBeforeItsFloorIsNotSynchronised) {
  probe::ManualClock machine;
  const FloorClock clock(machine, kBuilt, [] { return true; });
  EXPECT_EQ(ReadClockFacts("id", clock).is_synchronised, false);
}

TEST(ClockFacts, OfAClockAtItsFloorTheKernelDecides) {
  const auto state = os::WallClockState();
  std::optional<bool> expected;
  if (state.ok()) expected = *state == os::ClockState::kSynchronised;
  probe::ManualClock machine;
  machine.wall = kBuilt;
  const FloorClock clock(machine, kBuilt, IsMachineSynchronised);
  EXPECT_EQ(ReadClockFacts("id", clock).is_synchronised, expected);
  EXPECT_EQ(IsMachineSynchronised(), expected.value_or(false));
}

}  // namespace
}  // namespace inferometer::device
