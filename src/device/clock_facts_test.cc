#include "device/clock_facts.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

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

TEST(ClockFacts, TimeSinceBootGoesOn) {
  const ClockFacts first = ReadClockFacts("id");
  const ClockFacts second = ReadClockFacts("id");
  EXPECT_EQ(first.boot_id, "id");
  EXPECT_GT(first.boottime_ms, 0);
  EXPECT_GE(second.boottime_ms, first.boottime_ms);
}

}  // namespace
}  // namespace inferometer::device
