#include "probe/heat/thermal_zone.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

TEST(ParseCelsius, ReadsMillidegrees) {
  EXPECT_DOUBLE_EQ(*ParseCelsius("48312\n"), 48.312);
  EXPECT_DOUBLE_EQ(*ParseCelsius("-5000"), -5.0);
  EXPECT_DOUBLE_EQ(*ParseCelsius("-40000\n"), -40.0);
  EXPECT_DOUBLE_EQ(*ParseCelsius("150000\n"), 150.0);
}

TEST(ParseCelsius, RefusesWhatNoMachineShows) {
  for (const char* text : {"-256000\n", "150001\n", "-40001\n", "99999999999999\n"}) {
    EXPECT_EQ(ParseCelsius(text).status().code(), Code::kDataLoss) << text;
  }
}

TEST(ParseCelsius, GarbageNamesTheByte) {
  for (const auto& [text, at] : {std::pair{"", 0U}, {"\n", 0U}, {"warm\n", 0U}, {"41 C\n", 2U}, {"41\n\n", 2U}}) {
    EXPECT_EQ(ParseCelsius(text).status().offset_bytes(), at) << text;
  }
}

class ThermalZoneTest : public testing::Test {
 protected:
  void AddZone(int number, const std::string& type, const std::string& temp) const {
    const std::string zone = "class/thermal/thermal_zone" + std::to_string(number);
    folder_.Put(zone + "/type", type + "\n");
    folder_.Put(zone + "/temp", temp + "\n");
  }
  void AddChip(int number, const std::string& name, const std::string& temp) const {
    const std::string chip = "class/hwmon/hwmon" + std::to_string(number);
    folder_.Put(chip + "/name", name + "\n");
    folder_.Put(chip + "/temp1_input", temp + "\n");
  }
  [[nodiscard]] std::string Found() const {
    const auto zone = ThermalZone::Find(folder_.path());
    return zone.ok() ? zone->name() : zone.status().message();
  }

  os::TemporaryFolder folder_;
};

TEST_F(ThermalZoneTest, MachineWithoutASensorIsNotFound) {
  EXPECT_EQ(ThermalZone::Find(folder_.path()).status().code(), Code::kNotFound);
  AddZone(0, "pch_skylake", "50000");
  AddChip(0, "nvme", "50000");
  EXPECT_EQ(ThermalZone::Find(folder_.path()).status().code(), Code::kNotFound);
}

TEST_F(ThermalZoneTest, IsThePackageOfAPcAndNotItsCase) {
  AddZone(0, "acpitz", "27800");
  AddZone(1, "pch_cannonlake", "51000");
  AddZone(10, "x86_pkg_temp", "61000");
  AddChip(3, "coretemp", "62000");
  const auto zone = ThermalZone::Find(folder_.path());
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(zone->name(), "x86_pkg_temp");
  EXPECT_DOUBLE_EQ(*zone->ReadCelsius(), 61.0);
}

TEST_F(ThermalZoneTest, ChipComesBeforeTheCase) {
  AddZone(0, "acpitz", "27800");
  AddChip(2, "k10temp", "55000");
  EXPECT_EQ(Found(), "k10temp");
}

TEST_F(ThermalZoneTest, IsTheCaseWhereNothingElseTells) {
  AddZone(0, "acpitz", "27800");
  EXPECT_EQ(Found(), "acpitz");
}

TEST_F(ThermalZoneTest, BoardsHaveTheirNames) {
  AddZone(2, "soc0-thermal", "45000");
  EXPECT_EQ(Found(), "soc0-thermal");
  AddZone(8, "tj-thermal", "46000");
  EXPECT_EQ(Found(), "tj-thermal");
  AddZone(9, "cpu-thermal", "44000");
  EXPECT_EQ(Found(), "cpu-thermal");
}

TEST_F(ThermalZoneTest, SensorThatIsNotConnectedIsPassedOver) {
  AddZone(0, "cpu-thermal", "-256000");
  AddZone(1, "tj-thermal", "47000");
  EXPECT_EQ(Found(), "tj-thermal");
}

TEST_F(ThermalZoneTest, FailedReadNamesTheFile) {
  AddZone(0, "cpu-thermal", "44000");
  const auto zone = ThermalZone::Find(folder_.path());
  ASSERT_TRUE(zone.ok());
  AddZone(0, "cpu-thermal", "-256000");
  EXPECT_NE(zone->ReadCelsius().status().message().find("thermal_zone0/temp"), std::string::npos);
  AddZone(0, "cpu-thermal", "45000");
  EXPECT_DOUBLE_EQ(*zone->ReadCelsius(), 45.0);
}

}  // namespace
}  // namespace inferometer::probe
