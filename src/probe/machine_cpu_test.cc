#include "probe/machine_cpu.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kText = "cpu  100 20 30 4000 50 6 7 80 9 1\ncpu0 1 2 3\nintr 5\n";

TEST(ParseMachineCpu, AddsUpWhatIsBusyAndKeepsStealApart) {
  const auto reading = ParseMachineCpu(kText);
  ASSERT_TRUE(reading.ok()) << reading.status().message();
  EXPECT_EQ(reading->busy_ticks, 100U + 20 + 30 + 6 + 7);
  EXPECT_EQ(reading->steal_ticks, 80U);
}

TEST(ParseMachineCpu, OldKernelWithoutStealIsTaken) {
  const auto reading = ParseMachineCpu("cpu  1 2 3 4\n");
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->busy_ticks, 6U);
  EXPECT_EQ(reading->steal_ticks, 0U);
}

TEST(ParseMachineCpu, GarbageNamesTheByte) {
  for (const auto& [text, at] : {std::pair{"", 0U},
                                 {"cpu0 1 2 3 4\n", 0U},
                                 {"cpu  1 x 3 4\n", 7U},
                                 {"cpu  1 2 3", 10U},
                                 {"cpu  1 2 3 99999999999999999999999\n", 11U}}) {
    const auto reading = ParseMachineCpu(text);
    ASSERT_FALSE(reading.ok()) << text;
    EXPECT_EQ(reading.status().offset_bytes(), at) << text;
  }
}

TEST(MachineCpu, MissingFileIsNoReading) {
  const os::TemporaryFolder folder;
  EXPECT_FALSE(MachineCpu(folder.path()).Read().has_value());
  static_cast<void>(folder.Put("stat", kText));
  EXPECT_EQ(MachineCpu(folder.path()).Read()->steal_ticks, 80U);
}

TEST(BackgroundPercent, IsWhatOthersUsed) {
  const auto percent = BackgroundPercent({1000, 0}, {1150, 0}, seconds(1), seconds(1), 2);
  ASSERT_TRUE(percent.has_value());
  EXPECT_DOUBLE_EQ(*percent, 25.0);
  EXPECT_DOUBLE_EQ(*BackgroundPercent({1000, 0}, {1090, 0}, seconds(1), seconds(1), 2), 0.0);
}

TEST(BackgroundPercent, IsAbsentWhereTicksAreTooCoarse) {
  EXPECT_FALSE(BackgroundPercent({0, 0}, {10, 0}, milliseconds(0), milliseconds(399), 2).has_value());
  EXPECT_TRUE(BackgroundPercent({0, 0}, {10, 0}, milliseconds(0), milliseconds(401), 2).has_value());
  EXPECT_FALSE(BackgroundPercent({10, 0}, {0, 0}, seconds(0), seconds(1), 2).has_value());
  EXPECT_FALSE(BackgroundPercent({0, 0}, {10, 0}, seconds(0), seconds(0), 2).has_value());
}

}  // namespace
}  // namespace inferometer::probe
