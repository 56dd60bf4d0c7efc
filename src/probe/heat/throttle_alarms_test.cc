#include "probe/heat/throttle_alarms.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

TEST(OverCurrentAlarms, AreLiveAndKnowNothingOfHeat) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(OpenOverCurrentAlarms(folder.path()).status().code(), Code::kNotFound);
  folder.Put("class/hwmon/hwmon0/name", "other\n");
  folder.Put("class/hwmon/hwmon0/curr1_crit_alarm", "1\n");
  EXPECT_EQ(OpenOverCurrentAlarms(folder.path()).status().code(), Code::kNotFound);
  folder.Put("class/hwmon/hwmon1/name", "ina3221\n");
  folder.Put("class/hwmon/hwmon1/curr1_crit_alarm", "0\n");
  folder.Put("class/hwmon/hwmon1/curr3_max_alarm", "0\n");
  auto source = OpenOverCurrentAlarms(folder.path());
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_FALSE((*source)->facts().can_deny);
  EXPECT_EQ((*source)->Look()->live, 0);
  folder.Put("class/hwmon/hwmon1/curr3_max_alarm", "1\n");
  EXPECT_EQ((*source)->Look()->live, SetOf(ThrottleReason::kOverCurrent));
  folder.Put("class/hwmon/hwmon1/curr3_max_alarm", "garbage\n");
  EXPECT_EQ((*source)->Look().status().code(), Code::kDataLoss);
}

class CoolingDevicesTest : public testing::Test {
 protected:
  void Add(int number, const std::string& type, const std::string& state) const {
    const std::string device = "class/thermal/cooling_device" + std::to_string(number);
    folder_.Put(device + "/type", type + "\n");
    folder_.Put(device + "/cur_state", state + "\n");
  }
  void Bind(int number) const {
    folder_.Put("class/thermal/thermal_zone0/type", "cpu-thermal\n");
    const std::string name = std::to_string(number);
    std::filesystem::create_directory_symlink("../cooling_device" + name,
                                              folder_.path() / "class/thermal/thermal_zone0" / ("cdev" + name));
  }
  [[nodiscard]] auto Open() const { return OpenCoolingDevices(folder_.path()); }

  os::TemporaryFolder folder_;
};

TEST_F(CoolingDevicesTest, FansAndUnboundDevicesTellNothing) {
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  Add(0, "pwm-fan", "3");
  Bind(0);
  Add(1, "cpufreq-cpu0", "0");  // bound to no zone: stays at 0 whatever happens
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(CoolingDevicesTest, LimitsAndAlertsAboveZeroAreThermal) {
  Bind(4);
  for (const char* type : {"cpufreq-cpu0", "thermal-cpufreq-0", "devfreq-17000000.gpu", "gpu-throttle-alert"}) {
    Add(4, type, "0");
    auto source = Open();
    ASSERT_TRUE(source.ok()) << type << source.status().message();
    EXPECT_EQ((*source)->Look()->live, 0) << type;
    Add(4, type, "2");
    EXPECT_EQ((*source)->Look()->live, SetOf(ThrottleReason::kThermal)) << type;
  }
}

TEST_F(CoolingDevicesTest, OneThatCannotBeReadLeavesTheOthersSilenceWithoutMeaning) {
  Add(0, "cpu-throttle-alert", "0");
  Bind(0);
  EXPECT_TRUE((*Open())->facts().can_deny);
  Add(1, "gpu-throttle-alert", "garbage");
  Bind(1);
  EXPECT_FALSE((*Open())->facts().can_deny);
}

}  // namespace
}  // namespace inferometer::probe
