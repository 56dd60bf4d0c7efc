#include "probe/heat/throttle_counters.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

class ThermalThrottleCountsTest : public testing::Test {
 protected:
  void AddCpu(int cpu, int package, int core, int core_count, int package_count) const {
    const std::string folder = Folder(cpu);
    folder_.Put(folder + "topology/physical_package_id", std::to_string(package) + "\n");
    folder_.Put(folder + "topology/core_id", std::to_string(core) + "\n");
    SetCounts(cpu, std::to_string(core_count), std::to_string(package_count));
  }
  void SetCounts(int cpu, const std::string& core_count, const std::string& package_count) const {
    folder_.Put(Folder(cpu) + "thermal_throttle/core_throttle_count", core_count + "\n");
    folder_.Put(Folder(cpu) + "thermal_throttle/package_throttle_count", package_count + "\n");
  }
  [[nodiscard]] static std::string Folder(int cpu) { return "devices/system/cpu/cpu" + std::to_string(cpu) + "/"; }
  void OpenOrDie() {
    auto source = OpenThermalThrottleCounts(folder_.path());
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }

  os::TemporaryFolder folder_;
  std::unique_ptr<ThrottleSource> source_;
};

TEST_F(ThermalThrottleCountsTest, MachineThatCountsNothingIsNotFound) {
  EXPECT_EQ(OpenThermalThrottleCounts(folder_.path()).status().code(), Code::kNotFound);
  folder_.Put(Folder(0) + "topology/core_id", "0\n");
  EXPECT_EQ(OpenThermalThrottleCounts(folder_.path()).status().code(), Code::kNotFound);
}

TEST_F(ThermalThrottleCountsTest, OldCountsAreNothing) {
  AddCpu(0, 0, 0, 7, 9);
  OpenOrDie();
  const auto look = source_->Look();
  ASSERT_TRUE(look.ok());
  EXPECT_EQ(look->passed, 0);
  EXPECT_EQ(look->live, 0);
  EXPECT_EQ(look->events, 0U);
}

TEST_F(ThermalThrottleCountsTest, ThreeMoreAreThreeEventsOnce) {
  AddCpu(0, 0, 0, 7, 9);
  OpenOrDie();
  SetCounts(0, "10", "9");
  const auto look = source_->Look();
  ASSERT_TRUE(look.ok());
  EXPECT_EQ(look->passed, SetOf(ThrottleReason::kThermal));
  EXPECT_EQ(look->events, 3U);
  EXPECT_EQ(source_->Look()->events, 0U);
}

TEST_F(ThermalThrottleCountsTest, EachPackageAndEachPhysicalCoreCountsOnce) {
  // Two packages of one core with two threads each: siblings show the same counts.
  AddCpu(0, 0, 0, 0, 0);
  AddCpu(1, 0, 0, 0, 0);
  AddCpu(2, 1, 0, 0, 0);
  AddCpu(3, 1, 0, 0, 0);
  OpenOrDie();
  for (int cpu = 0; cpu < 4; ++cpu) SetCounts(cpu, "1", "10");
  EXPECT_EQ(source_->Look()->events, 2U * 1 + 2U * 10);
}

TEST_F(ThermalThrottleCountsTest, ManyCoresLeaveThePackages) {
  for (int cpu = 0; cpu < 100; ++cpu) AddCpu(cpu, cpu / 50, cpu, 0, 0);
  OpenOrDie();
  SetCounts(50, "0", "1");  // the second package's file
  EXPECT_EQ(source_->Look()->events, 1U);
}

TEST_F(ThermalThrottleCountsTest, CounterThatWentBackwardsIsAnErrorAndBeginsAnew) {
  AddCpu(0, 0, 0, 7, 9);
  OpenOrDie();
  SetCounts(0, "2", "9");
  const auto look = source_->Look();
  ASSERT_EQ(look.status().code(), Code::kDataLoss);
  EXPECT_NE(look.status().message().find("cpu0/thermal_throttle/core_throttle_count"), std::string::npos);
  SetCounts(0, "3", "9");
  EXPECT_EQ(source_->Look()->events, 1U);
}

TEST_F(ThermalThrottleCountsTest, GarbageIsAnError) {
  AddCpu(0, 0, 0, 7, 9);
  OpenOrDie();
  for (const char* text : {"", "many", "-1"}) {
    SetCounts(0, text, "9");
    EXPECT_EQ(source_->Look().status().code(), Code::kDataLoss) << text;
  }
}

TEST(OverCurrentCounts, TellTheLineThatRoseAndKnowNothingOfHeat) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(OpenOverCurrentCounts(folder.path()).status().code(), Code::kNotFound);
  folder.Put("class/hwmon/hwmon3/name", "soctherm_oc\n");
  for (const char* file : {"oc1_event_cnt", "oc2_event_cnt", "oc3_event_cnt"}) {
    folder.Put(std::string("class/hwmon/hwmon3/") + file, "27\n");
  }
  auto source = OpenOverCurrentCounts(folder.path());
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_FALSE((*source)->facts().can_deny);
  folder.Put("class/hwmon/hwmon3/oc3_event_cnt", "30\n");
  auto look = (*source)->Look();
  EXPECT_EQ(look->passed, SetOf(ThrottleReason::kOverCurrent));
  EXPECT_EQ(look->events, 3U);
  folder.Put("class/hwmon/hwmon3/oc1_event_cnt", "28\n");
  look = (*source)->Look();
  EXPECT_EQ(look->passed, SetOf(ThrottleReason::kUnderVoltage));
}

}  // namespace
}  // namespace inferometer::probe
