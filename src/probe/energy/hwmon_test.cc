#include "probe/energy/hwmon.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>

#include "os/as_nobody.h"
#include "probe/energy/fake_hwmon.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HwmonTest : public testing::Test {
 protected:
  Result<std::unique_ptr<EnergySource>> Open() {
    EnergyRoots roots;
    roots.sysfs = hwmon_.sysfs();
    roots.clock = &clock_;
    return OpenHwmon(roots);
  }
  void OpenOrDie() {
    auto source = Open();
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }
  // Sampled each second.
  Result<Energy> Window(int duration_s) {
    const EnergyReading begin = source_->Begin();
    for (int i = 1; i < duration_s; ++i) {
      clock_.Advance(seconds(1));
      source_->Sample();
    }
    clock_.Advance(seconds(1));
    return source_->Between(begin, source_->Read(), seconds(duration_s));
  }
  // A window in which a counter moves on to `uj`.
  Result<Energy> CounterWindow(std::int64_t uj, int duration_s) {
    const EnergyReading begin = source_->Begin();
    hwmon_.Set(1, "energy1_input", uj);
    clock_.Advance(seconds(duration_s));
    return source_->Between(begin, source_->Read(), seconds(duration_s));
  }
  void AddAcpiMeter(int number, double watts) {
    hwmon_.Add(number, "power_meter");
    hwmon_.SetPower(number, "power1_average", watts);
  }
  void AddCounter() {
    hwmon_.Add(1, "aem0");
    hwmon_.Set(1, "energy1_input", 5'000'000);
  }

  FakeHwmon hwmon_;
  ManualClock clock_;
  std::unique_ptr<EnergySource> source_;
};

TEST_F(HwmonTest, NoMeterIsNotFound) {
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  EXPECT_NE(Open().status().message().find(hwmon_.sysfs().string()), std::string::npos);
}

TEST_F(HwmonTest, WhatIsLessThanTheMachineIsNotUsed) {
  int number = 0;
  for (const char* chip :
       {"amdgpu", "i915", "xe", "amd_energy", "nvme", "ina3221", "ina238", "coretemp", "aem", "aemx"}) {
    hwmon_.Add(number, chip);
    hwmon_.SetPower(number, "power1_average", 30);
    hwmon_.SetPower(number, "power1_input", 30);
    hwmon_.Set(number++, "energy1_input", 1);
  }
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(HwmonTest, AcpiMeterIsTheSystemAndItsAveragingTheResolution) {
  AddAcpiMeter(7, 40);
  hwmon_.Put(7, "power1_average_interval", "2000\n");
  hwmon_.Put(7, "power1_accuracy", "98.0%\n");
  OpenOrDie();
  EXPECT_EQ(source_->facts().name, "hwmon");
  EXPECT_EQ(source_->facts().scope, "system");
  EXPECT_EQ(source_->facts().resolution, seconds(2));
  EXPECT_EQ(source_->facts().detail, "power_meter, power1_average");
  const auto energy = Window(60);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 2'400'000, 1e-3);
  EXPECT_NEAR(energy->uncertainty_mj, 0.02 * energy->mj, 1e-3);
}

TEST_F(HwmonTest, AcpiMeterOfABatteryIsNotTheSystem) {
  AddAcpiMeter(7, 40);
  hwmon_.Put(7, "power1_is_battery", "1\n");
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  hwmon_.Put(7, "power1_is_battery", "0\n");
  EXPECT_TRUE(Open().ok());
}

TEST_F(HwmonTest, TwoMetersAlikeAreRefused) {
  AddAcpiMeter(1, 40);
  AddAcpiMeter(2, 40);
  EXPECT_EQ(Open().status().code(), Code::kFailedPrecondition);
  EXPECT_NE(Open().status().message().find("2 meters named power_meter"), std::string::npos);
}

TEST_F(HwmonTest, SensorIsFoundByItsLabelWhateverItsNumber) {
  hwmon_.Add(3, "macsmc_hwmon");
  hwmon_.Put(3, "power1_label", "AC Input Power\n");
  hwmon_.SetPower(3, "power1_input", 99);
  hwmon_.Put(3, "power2_label", "Total System Power\n");
  hwmon_.SetPower(3, "power2_input", 12);
  OpenOrDie();
  EXPECT_EQ(source_->facts().detail, "macsmc_hwmon Total System Power, power2_input");
  EXPECT_DOUBLE_EQ(source_->Begin().watts, 12);
}

TEST_F(HwmonTest, UsbMeterIsVoltageTimesCurrent) {
  hwmon_.Add(2, "powerz");
  hwmon_.Put(2, "in0_label", "VBUS\n");
  hwmon_.Put(2, "in1_label", "VCC1\n");
  hwmon_.Set(2, "in0_input", 5100);
  hwmon_.Set(2, "in1_input", 400);
  hwmon_.Set(2, "curr1_input", 2000);
  OpenOrDie();
  EXPECT_EQ(source_->facts().scope, "system");
  EXPECT_NEAR(source_->Begin().watts, 10.2, 1e-9);
  hwmon_.Set(2, "curr1_input", -2000);  // the meter the wrong way round
  EXPECT_EQ(Window(1).status().code(), Code::kDataLoss);
}

TEST_F(HwmonTest, BoardMonitorNamedAsTheInputIsTheBoard) {
  hwmon_.Add(2, "ina228");
  hwmon_.Set(2, "energy1_input", 0);
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  hwmon_.Put(2, "label", "VIN\n");
  OpenOrDie();
  EXPECT_EQ(source_->facts().scope, "board");
  EXPECT_FALSE(source_->facts().is_sampled);
}

TEST_F(HwmonTest, CounterIsPreferredToPower) {
  AddAcpiMeter(0, 40);
  AddCounter();
  OpenOrDie();
  EXPECT_EQ(source_->facts().detail, "aem0, energy1_input");
  const auto energy = CounterWindow(5'000'000 + 400'000'000, 10);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_DOUBLE_EQ(energy->mj, 400'000);
  EXPECT_NEAR(energy->uncertainty_mj, 2 * 40'000 / std::sqrt(6.0) + 20'000, 1e-6);
}

TEST_F(HwmonTest, CounterThatCannotBeReadLeavesThePower) {
  AddAcpiMeter(0, 40);
  AddCounter();
  hwmon_.Put(1, "energy1_input", "what\n");
  OpenOrDie();
  EXPECT_EQ(source_->facts().detail, "power_meter, power1_average");
}

TEST_F(HwmonTest, CounterOfAChipWithTwoIsNotUsed) {
  AddCounter();
  hwmon_.Set(1, "energy2_input", 1);
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(HwmonTest, CounterThatGoesBackGivesAReasonAndNoEnergy) {
  AddCounter();
  OpenOrDie();
  const auto energy = CounterWindow(0, 10);
  EXPECT_EQ(energy.status().code(), Code::kDataLoss);
  EXPECT_NE(energy.status().message().find("energy1_input: went back"), std::string::npos);
  EXPECT_DOUBLE_EQ(CounterWindow(1'000'000, 10)->mj, 1000);
  EXPECT_EQ(CounterWindow(1'000'000, 10).status().code(), Code::kUnavailable);  // stands still
}

TEST_F(HwmonTest, NoPermissionSaysWhichCommandGivesIt) {
  AddCounter();
  const auto path = hwmon_.Folder(1) / "energy1_input";
  ::chmod(hwmon_.sysfs().c_str(), 0755);
  ::chmod(path.c_str(), 0);
  const os::AsNobody nobody;
  EXPECT_EQ(Open().status().code(), Code::kPermissionDenied);
  EXPECT_NE(Open().status().message().find("sudo chmod a+r " + path.string()), std::string::npos);
}

TEST_F(HwmonTest, BadTextInTheWindowGivesTheFileAndNoEnergy) {
  AddAcpiMeter(0, 40);
  OpenOrDie();
  for (const char* text : {"", "x\n", "-1\n", "9999999999999999999\n", "7000000000\n"}) {
    hwmon_.Put(0, "power1_average", text);
    EXPECT_EQ(Window(1).status().code(), Code::kDataLoss) << text;
  }
  hwmon_.Put(0, "power1_average", "40000000\n");
  EXPECT_TRUE(Window(20).ok());
}

TEST(ParseAccuracy, IsWhatIsMissingFromAHundredPercent) {
  EXPECT_NEAR(*ParseAccuracy("95.0%\n"), 0.05, 1e-12);
  for (const char* text : {"", "95.0", "95.0%x", "%", "0.0%", "100.0%", "-5%", "nan%", "1e2%"}) {
    EXPECT_FALSE(ParseAccuracy(text).ok()) << text;
  }
}

TEST(MachineMeters, NameEachSensorOnce) {
  for (const MachineMeter& meter : MachineMeters()) {
    const auto is_same = [&](const MachineMeter& other) {
      return other.chip == meter.chip && other.label == meter.label && other.kind == meter.kind;
    };
    EXPECT_EQ(std::count_if(MachineMeters().begin(), MachineMeters().end(), is_same), 1) << meter.chip;
    EXPECT_GE(meter.relative_uncertainty, 0.01);
  }
}

}  // namespace
}  // namespace inferometer::probe
