#include "probe/energy/ina3221.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>

#include "os/as_nobody.h"
#include "probe/energy/fake_ina3221.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Layout = FakeIna3221::Layout;

Result<std::unique_ptr<EnergySource>> OpenBelow(const std::filesystem::path& sysfs, const base::Clock& clock) {
  EnergyRoots roots;
  roots.sysfs = sysfs;
  roots.clock = &clock;
  return OpenIna3221(roots);
}

class Ina3221Test : public testing::TestWithParam<Layout> {
 protected:
  Result<std::unique_ptr<EnergySource>> Open() { return OpenBelow(board_.sysfs(), clock_); }
  void OpenOrDie() {
    auto source = Open();
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }
  // One second at what the rails show, sampled every 100 ms.
  Result<Energy> Second() {
    if (source_ == nullptr) return {Code::kInternal, "not open"};
    const EnergyReading begin = source_->Begin();
    for (int i = 0; i < 9; ++i) {
      clock_.Advance(milliseconds(100));
      source_->Sample();
    }
    clock_.Advance(milliseconds(100));
    return source_->Between(begin, source_->Read(), seconds(1));
  }
  void AddOrinNano() {
    board_.Add("1-0040", 1, "VDD_IN", 5000, 2000);
    board_.Add("1-0040", 2, "VDD_CPU_GPU_CV", 5000, 800);
    board_.Add("1-0040", 3, "VDD_SOC", 5000, 400);
  }
  void AddAgxOrin() {
    board_.Add("1-0040", 1, "VDD_GPU_SOC", 12000, 1000);
    board_.Add("1-0040", 2, "VDD_CPU_CV", 12000, 500);
    board_.Add("1-0040", 3, "VIN_SYS_5V0", 5000, 1000);
    board_.Add("1-0041", 1, "NC", 0, 0);
    board_.Add("1-0041", 2, "VDDQ_VDD2_1V8AO", 5000, 200);
    board_.Add("1-0041", 3, "NC", 0, 0);
  }

  FakeIna3221 board_{GetParam()};
  ManualClock clock_;
  std::unique_ptr<EnergySource> source_;
};

INSTANTIATE_TEST_SUITE_P(BothLayouts, Ina3221Test, testing::Values(Layout::kHwmon, Layout::kIio),
                         [](const auto& layout) { return layout.param == Layout::kHwmon ? "Hwmon" : "Iio"; });

TEST_P(Ina3221Test, NoSensorIsNotFound) {
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  EXPECT_NE(Open().status().message().find(board_.sysfs().string()), std::string::npos);
}

TEST_P(Ina3221Test, InputRailAloneIsTheTotal) {
  AddOrinNano();
  OpenOrDie();
  EXPECT_EQ(source_->facts().name, "ina3221");
  EXPECT_EQ(source_->facts().scope, "module");
  EXPECT_TRUE(source_->facts().detail.starts_with("VDD_IN; ")) << source_->facts().detail;
  const auto energy = Second();
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 10'000, 1e-6);  // not 16 J
}

TEST_P(Ina3221Test, NanoIsItsInputRailWhateverTheChannel) {
  board_.Add("6-0040", 1, "POM_5V_GPU", 5000, 300);
  board_.Add("6-0040", 2, "POM_5V_CPU", 5000, 400);
  board_.Add("6-0040", 3, "POM_5V_IN", 5000, 1000);
  OpenOrDie();
  EXPECT_EQ(source_->facts().scope, "module");
  EXPECT_NEAR(Second()->mj, 5'000, 1e-6);
}

TEST_P(Ina3221Test, AgxOrinIsTheSumOfItsModuleRails) {
  AddAgxOrin();
  OpenOrDie();
  EXPECT_EQ(source_->facts().scope, "module");
  EXPECT_TRUE(source_->facts().detail.starts_with("VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0; "));
  EXPECT_NEAR(Second()->mj, 23'000, 1e-6);
}

TEST_P(Ina3221Test, AgxXavierIsTheSumOfSixRailsOfTwoSensors) {
  int channel = 0;
  for (const char* rail : {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}) {
    board_.Add(channel < 3 ? "1-0040" : "1-0041", channel % 3 + 1, rail, 10'000, 100);
    ++channel;
  }
  OpenOrDie();
  EXPECT_NEAR(Second()->mj, 6'000, 1e-6);
}

TEST_P(Ina3221Test, RailsThatAreNoTotalAreRefusedByName) {
  board_.Add("1-0040", 1, "VDD_GPU_SOC", 12000, 1000);
  board_.Add("1-0040", 2, "VIN_SYS_5V0", 5000, 1000);  // VDD_CPU_CV is missing
  board_.Add("1-0041", 1, "NC", 0, 0);
  board_.Add("1-0041", 2, "sum of shunt voltages", 0, 0);
  const auto source = Open();
  EXPECT_EQ(source.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(source.status().message().find("(VDD_GPU_SOC, VIN_SYS_5V0)"), std::string::npos)
      << source.status().message();
}

TEST_P(Ina3221Test, DeviceBelowDriversAndDevicesCountsOnce) {
  AddAgxOrin();
  board_.LinkBelowDevices("1-0040");
  board_.LinkBelowDevices("1-0041");
  OpenOrDie();
  EXPECT_NEAR(Second()->mj, 23'000, 1e-6);
}

TEST_P(Ina3221Test, TwoRailsOfOneNameAreRefused) {
  board_.Add("1-0040", 1, "VDD_IN", 5000, 1000);
  board_.Add("2-0040", 1, "VDD_IN", 5000, 1000);
  EXPECT_EQ(Open().status().code(), Code::kFailedPrecondition);
}

TEST_P(Ina3221Test, NoPermissionSaysWhichCommandGivesIt) {
  AddOrinNano();
  ::chmod(board_.sysfs().c_str(), 0755);
  const auto current = board_.Folder("1-0040") / board_.Current(1);
  ::chmod(current.c_str(), 0);
  const auto source = [this] {
    const os::AsNobody nobody;
    return Open();
  }();
  EXPECT_EQ(source.status().code(), Code::kPermissionDenied);
  EXPECT_NE(source.status().message().find("sudo chmod a+r " + current.string()), std::string::npos)
      << source.status().message();
}

TEST_P(Ina3221Test, LabelsThatMayNotBeReadAreNoMissingSensor) {
  AddOrinNano();
  ::chmod(board_.sysfs().c_str(), 0755);
  ::chmod((board_.Folder("1-0040") / board_.Label(1)).c_str(), 0);
  const os::AsNobody nobody;
  EXPECT_EQ(Open().status().code(), Code::kPermissionDenied);
}

TEST_P(Ina3221Test, VanishedFileIsNotFoundAtOpening) {
  AddOrinNano();
  std::filesystem::remove(board_.Folder("1-0040") / board_.Voltage(1));
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_P(Ina3221Test, BadTextInTheWindowGivesTheFileAndNoEnergy) {
  AddOrinNano();
  OpenOrDie();
  for (const char* text : {"", "garbage\n", "-17\n", "99999999999999999999\n", "10000001\n"}) {
    const EnergyReading begin = source_->Begin();
    board_.Put("1-0040", board_.Current(1), text);
    clock_.Advance(seconds(1));
    const auto energy = source_->Between(begin, source_->Read(), seconds(1));
    EXPECT_EQ(energy.status().code(), Code::kDataLoss) << text;
    EXPECT_NE(energy.status().message().find(board_.Current(1)), std::string::npos) << energy.status().message();
    EXPECT_NE(Open().status().code(), Code::kOk) << text;
    board_.Put("1-0040", board_.Current(1), "2000\n");
    EXPECT_NEAR(Second()->mj, 10'000, 1e-6) << text;
  }
}

TEST_P(Ina3221Test, OffsetBelowZeroOfAnIdleRailCountsAndATotalBelowZeroDoesNot) {
  AddAgxOrin();
  board_.Set("1-0040", 2, 12000, -8);
  OpenOrDie();
  EXPECT_NEAR(Second()->mj, 17'000 - 96, 1e-6);
  board_.Set("1-0040", 1, 12000, 0);
  board_.Set("1-0040", 3, 5000, 0);
  EXPECT_EQ(Second().status().code(), Code::kDataLoss);
}

TEST_P(Ina3221Test, RailsThatDrawNothingAreNoZero) {
  AddOrinNano();
  OpenOrDie();
  board_.Set("1-0040", 1, 5000, 0);
  EXPECT_EQ(Second().status().code(), Code::kUnavailable);
}

TEST_P(Ina3221Test, UncertaintyIsAPercentAndTheStepOfTheCurrent) {
  AddOrinNano();
  OpenOrDie();
  // 8 mA at 5 V, 8 mV at 2 A.
  const double step_mj = 1000 * std::hypot(0.040, 0.016) / std::sqrt(3.0);
  EXPECT_NEAR(Second()->uncertainty_mj, std::hypot(100.0, step_mj), 1e-6);
}

class Ina3221HwmonTest : public testing::Test {
 protected:
  FakeIna3221 board_;
  ManualClock clock_;
};

TEST_F(Ina3221HwmonTest, SumChannelsAndUnnamedOnesAreNoRails) {
  board_.Add("1-0040", 1, "VDD_IN", 5000, 1000);
  board_.Add("1-0040", 2, "sum of shunt voltages", 5000, 1000);
  board_.Put("1-0040", "in7_label", "VIN\n");
  board_.Put("1-0040", "in7_input", "40000\n");
  board_.Put("1-0040", "curr4_input", "1000\n");
  auto source = OpenBelow(board_.sysfs(), clock_);
  ASSERT_TRUE(source.ok());
  EXPECT_TRUE((*source)->facts().detail.starts_with("VDD_IN; "));
}

TEST_F(Ina3221HwmonTest, AveragingIsTheUpdateIntervalElseSamplesTimesConversion) {
  board_.Add("1-0040", 1, "VDD_IN", 5000, 1000);
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().resolution, milliseconds(100));
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().detail, "VDD_IN; averaging not told");
  board_.Put("1-0040", "samples", "4\n");
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().resolution, std::chrono::microseconds(26'400));
  board_.Put("1-0040", "update_interval", "17\n");
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().resolution, milliseconds(17));
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().detail, "VDD_IN; mean of 4 samples over 17 ms");
  board_.Put("1-0040", "update_interval", "-1\n");
  board_.Put("1-0040", "samples", "0\n");
  EXPECT_EQ((*OpenBelow(board_.sysfs(), clock_))->facts().detail, "VDD_IN; averaging not told");
}

TEST_F(Ina3221HwmonTest, SensorOnlyBelowDevicesIsFoundAndOthersThereAreNot) {
  const os::TemporaryFolder sysfs;
  const std::string chip = "bus/i2c/devices/1-0040/hwmon/hwmon1/";
  sysfs.Put(chip + "name", "ina3221\n");
  sysfs.Put(chip + "in1_label", "VDD_IN\n");
  sysfs.Put(chip + "in1_input", "5000\n");
  sysfs.Put(chip + "curr1_input", "1000\n");
  const std::string other = "bus/i2c/devices/1-0048/hwmon/hwmon2/";
  sysfs.Put(other + "name", "lm75\n");
  sysfs.Put(other + "in1_label", "VIN\n");
  auto source = OpenBelow(sysfs.path(), clock_);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_TRUE((*source)->facts().detail.starts_with("VDD_IN; "));
}

class ThorTest : public Ina3221HwmonTest {
 protected:
  ThorTest() {
    board_.Add("1-0040", 1, "VDD_GPU", 12000, 1000);
    board_.Add("1-0040", 2, "VDD_CPU_SOC_MSS", 12000, 1000);
    board_.Add("1-0040", 3, "VIN_SYS_5V0", 5000, 1000);
    PutInput("name", "ina238\n");
    PutInput("power1_input", "42500000\n");
  }
  void PutInput(const std::string& attribute, std::string_view text) const {
    const auto folder = board_.sysfs() / "bus/i2c/drivers/ina238/2-0044/hwmon/hwmon5";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / attribute) << text;
  }
  std::string Scope() { return (*OpenBelow(board_.sysfs(), clock_))->facts().scope; }
};

TEST_F(ThorTest, InputOfTheCarrierInMicrowattsIsTheTotal) {
  auto source = OpenBelow(board_.sysfs(), clock_);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->facts().scope, "board");
  EXPECT_DOUBLE_EQ((*source)->Begin().watts, 42.5);
}

TEST_F(ThorTest, WithoutItTheModuleRailsAreSummed) {
  std::filesystem::remove_all(board_.sysfs() / "bus/i2c/drivers/ina238");
  auto source = OpenBelow(board_.sysfs(), clock_);
  EXPECT_EQ((*source)->facts().scope, "module");
  EXPECT_DOUBLE_EQ((*source)->Begin().watts, 29);
}

TEST_F(ThorTest, AnotherUnnamedSensorOnAnotherBoardIsNoInput) {
  board_.Put("1-0040", "in2_label", "VDD_IN\n");
  EXPECT_EQ(Scope(), "module");
  board_.Put("1-0040", "in2_label", "OTHER\n");
  EXPECT_EQ(OpenBelow(board_.sysfs(), clock_).status().code(), Code::kFailedPrecondition);
  PutInput("in1_label", "VIN\n");
  EXPECT_EQ(Scope(), "board");
}

TEST(IsI2cDevice, IsABusAndASevenBitAddress) {
  for (const char* name : {"1-0040", "0-0041", "12-007f"}) EXPECT_TRUE(IsI2cDevice(name)) << name;
  for (const char* name : {"", "-0040", "i2c-1", "1-004", "1-00400", "1-1040", "1-00G0", "1 -0040", "uevent"}) {
    EXPECT_FALSE(IsI2cDevice(name)) << name;
  }
}

TEST(ChooseRails, TakesAnInputBeforeAnySum) {
  EXPECT_EQ(ChooseRails({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDD_IN"})->rails,
            std::vector<std::string>{"VDD_IN"});
  EXPECT_EQ(ChooseRails({"VDD_IN", "VIN"})->scope, "board");
  EXPECT_EQ(ChooseRails({"VIN_SYS_5V0"}).status().code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace inferometer::probe
