#include "probe/energy/power_model.h"

#include <gtest/gtest.h>

namespace inferometer::probe {
namespace {

using std::chrono::seconds;

constexpr BoardProfile kBoard{"test", 2.0, 10.0};

TEST(FindBoard, KnowsEachBoardAndItsIdleIsBelowItsBusyPower) {
  for (const char* name : {"pi3", "pi4", "pi5", "jetson-nano", "orin-nano", "n100", "generic"}) {
    const auto board = FindBoard(name);
    ASSERT_TRUE(board.ok()) << name;
    EXPECT_EQ((*board)->name, name);
    EXPECT_GT((*board)->idle_watts, 0) << name;
    EXPECT_GT((*board)->busy_watts, (*board)->idle_watts) << name;
  }
}

TEST(FindBoard, UnknownOneIsRefusedWithThoseKnown) {
  const auto board = FindBoard("pi9");
  EXPECT_EQ(board.status().code(), Code::kInvalidArgument);
  EXPECT_NE(board.status().message().find("'pi9'"), std::string::npos);
  EXPECT_NE(board.status().message().find("pi3, pi4, pi5, jetson-nano"), std::string::npos);
}

TEST(ModelEnergy, IsTheIdlePowerWithoutCpuUse) {
  EXPECT_DOUBLE_EQ(ModelEnergyMj(kBoard, seconds(3), seconds(0), 4), 6'000.0);
}

TEST(ModelEnergy, GrowsWithTheShareOfTheCpusInUse) {
  EXPECT_DOUBLE_EQ(ModelEnergyMj(kBoard, seconds(2), seconds(2), 4), 1000.0 * (2 * 2 + 8 * 0.25 * 2));
}

TEST(ModelEnergy, NeverPassesTheBusyPower) {
  EXPECT_DOUBLE_EQ(ModelEnergyMj(kBoard, seconds(1), seconds(9), 4), 10'000.0);
}

TEST(ModelEnergy, ClockThatSeemsToGoBackIsNoCpuUse) {
  EXPECT_DOUBLE_EQ(ModelEnergyMj(kBoard, seconds(1), -seconds(1), 4), 2'000.0);
}

}  // namespace
}  // namespace inferometer::probe
