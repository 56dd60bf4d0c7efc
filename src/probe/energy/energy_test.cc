#include "probe/energy/energy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "os/temporary_folder.h"
#include "probe/energy/fake_battery.h"
#include "probe/energy/fake_ina3221.h"
#include "probe/energy/fake_powercap.h"
#include "probe/energy/nvml_for_tests.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EnergyMeterTest : public testing::Test {
 protected:
  Result<EnergyMeter> Make(EnergyChoice choice, const std::string& board = "pi4") {
    return MakeBelow(powercap_.sysfs(), choice, board);
  }
  Result<EnergyMeter> MakeBelow(const std::filesystem::path& sysfs, EnergyChoice choice = EnergyChoice::kAuto,
                                const std::string& board = "pi4") {
    EnergyRoots roots;
    roots.sysfs = sysfs;
    roots.clock = &clock_;
    roots.pause = [] {};
    roots.nvml_library = nvml_library_;
    roots.external_meter = external_meter_;
    return EnergyMeter::Make({choice, board, profile_, std::move(roots), profile_not_used_});
  }
  // A second with half of two CPUs in use, in which the package counts `joules`.
  EnergyAnswer Window(EnergyMeter& meter, std::uint64_t joules) {
    const EnergyReadings begin = meter.Begin();
    if (joules > 0) powercap_.Set("intel-rapl:0", joules * 1'000'000);
    clock_.Advance(seconds(1));
    return meter.Between(begin, std::nullopt, meter.Read(), kWindow);
  }

  static constexpr EnergyWindow kWindow{seconds(1), seconds(1), 2, true, false, std::nullopt};
  static constexpr double kModelMj = 1000.0 * (2.7 + (6.4 - 2.7) / 2);
  FakePowercap powercap_;
  ManualClock clock_;
  std::optional<PowerProfile> profile_;
  NotUsed profile_not_used_;
  std::string nvml_library_;  // empty: none, whatever this machine has
  std::filesystem::path external_meter_;
};

class EnergyOfGpuTest : public EnergyMeterTest {
 protected:
  EnergyOfGpuTest() { nvml_library_ = NvmlForTests::kPath; }
  // A second in which the package counts 12 J and the GPU 50 J.
  EnergyAnswer WindowWithGpu(EnergyMeter& meter, bool uses_gpu) {
    const EnergyReadings begin = meter.Begin();
    if (std::filesystem::exists(powercap_.Zone("intel-rapl:0"))) powercap_.Set("intel-rapl:0", 12'000'000);
    nvml_->energy_mj[0] += 50'000;
    clock_.Advance(seconds(1));
    return meter.Between(begin, std::nullopt, meter.Read(), {seconds(1), seconds(1), 2, !uses_gpu, uses_gpu, {}});
  }

  NvmlForTests nvml_;
};

TEST_F(EnergyMeterTest, CounterComesFirst) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 12);
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, 12'000.0);
  EXPECT_EQ(answer.source, "rapl");
  EXPECT_EQ(answer.scope, "package");
  EXPECT_EQ(answer.quality, "ok");
  EXPECT_EQ(answer.unavailable_reason, "");
  EXPECT_EQ(meter->Description(), "rapl, over package");
}

TEST_F(EnergyMeterTest, ModelStandsInAndSaysWhy) {
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 0);
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, kModelMj);
  EXPECT_DOUBLE_EQ(answer.energy->uncertainty_mj, 0.6 * kModelMj);
  EXPECT_EQ(answer.source, "model");
  EXPECT_EQ(answer.scope, "board");
  EXPECT_EQ(answer.unavailable_reason, "no energy sensor");
  EXPECT_EQ(answer.quality, "estimate");
  EXPECT_NE(meter->Description().find("model of board 'pi4', CPUs only (2.7 W idle, 6.4 W busy; +/- 60 %)"),
            std::string::npos)
      << meter->Description();
}

TEST_F(EnergyMeterTest, ModelStandsInForOneSpoiledWindow) {
  powercap_.Add("intel-rapl:0", "package-0", 5'000'000);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyReadings begin = meter->Begin();
  powercap_.Break("intel-rapl:0", "");
  const EnergyAnswer spoiled = meter->Between(begin, std::nullopt, meter->Read(), kWindow);
  EXPECT_EQ(spoiled.source, "model");
  EXPECT_NE(spoiled.unavailable_reason.find("intel-rapl:0/energy_uj: empty"), std::string::npos);
  powercap_.Set("intel-rapl:0", 5'000'000);
  static_cast<void>(meter->Read());
  EXPECT_EQ(Window(*meter, 9).source, "rapl");
}

TEST_F(EnergyMeterTest, ModelKnowsNothingOfAGpu) {
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = meter->Between({}, std::nullopt, {}, {seconds(1), seconds(1), 2, false, false, {}});
  EXPECT_FALSE(answer.energy.has_value());
  EXPECT_EQ(answer.source, "");
  EXPECT_EQ(answer.unavailable_reason, "no energy sensor; the model covers CPUs only");
}

TEST_F(EnergyMeterTest, ModelThatWasAskedForBeatsTheCounter) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kModel);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 12);
  EXPECT_EQ(answer.source, "model");
  EXPECT_EQ(answer.unavailable_reason, "the model was asked for");
}

TEST_F(EnergyMeterTest, PhasesAreToldApartWhereTheCounterResolvesThem) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyReadings begin = meter->Begin();
  clock_.Advance(milliseconds(400));
  powercap_.Set("intel-rapl:0", 8'000'000);
  const auto first_token = meter->ReadPhase();
  clock_.Advance(milliseconds(600));
  powercap_.Set("intel-rapl:0", 11'000'000);
  const auto answer =
      meter->Between(begin, first_token, meter->Read(), {seconds(1), {}, 2, true, false, milliseconds(400)});
  ASSERT_TRUE(answer.phases.has_value());
  EXPECT_DOUBLE_EQ(answer.phases->prefill.mj, 8'000);
  EXPECT_DOUBLE_EQ(answer.phases->decode.mj, 3'000);
  const auto short_prompt =
      meter->Between(begin, first_token, meter->Read(), {seconds(1), {}, 2, true, false, milliseconds(19)});
  EXPECT_FALSE(short_prompt.phases.has_value());
}

TEST_F(EnergyMeterTest, CalibratedModelIsThePowerOfEachPhaseTimesItsTime) {
  profile_ = PowerProfile{.machine = "board",
                          .measured_at = "2026-11-25",
                          .source = "external",
                          .scope = "system",
                          .model_name = "m",
                          .threads = 2,
                          .idle = {3, 0.1},
                          .prefill = {10, 0.1},
                          .decode = {8, 0.1}};
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const auto answer = meter->Between({}, std::nullopt, {}, {seconds(1), seconds(1), 2, true, false, milliseconds(250)});
  EXPECT_EQ(answer.source, "model_calibrated");
  EXPECT_EQ(answer.scope, "system");
  EXPECT_EQ(answer.quality, "estimate");
  EXPECT_DOUBLE_EQ(answer.energy->mj, 2'500 + 6'000);
  EXPECT_DOUBLE_EQ(answer.energy->uncertainty_mj, 0.15 * 8'500);
  EXPECT_DOUBLE_EQ(answer.phases->decode.mj, 6'000);
  EXPECT_NE(meter->Description().find("calibrated with external"), std::string::npos);
}

TEST_F(EnergyMeterTest, SensorsOfPowerAreIntegratedAndComeInTheirOrder) {
  const FakeIna3221 jetson;
  jetson.Add("1-0040", 1, "VDD_IN", 5000, 2000);
  const auto window = [&] {
    auto meter = MakeBelow(jetson.sysfs());
    EXPECT_TRUE(meter.ok() && meter->NeedsSampling());
    const EnergyReadings begin = meter->Begin();
    for (int i = 0; i < 50; ++i) {
      clock_.Advance(milliseconds(20));
      meter->Sample();
    }
    clock_.Advance(milliseconds(1));
    return meter->Between(begin, std::nullopt, meter->Read(), kWindow);
  };
  std::filesystem::create_directories(jetson.sysfs() / "class/hwmon/hwmon0");
  std::ofstream(jetson.sysfs() / "class/hwmon/hwmon0/name") << "power_meter\n";
  std::ofstream(jetson.sysfs() / "class/hwmon/hwmon0/power1_average") << "20000000\n";
  const EnergyAnswer by_ina3221 = window();
  EXPECT_EQ(by_ina3221.source, "ina3221");
  EXPECT_EQ(by_ina3221.scope, "module");
  EXPECT_NEAR(by_ina3221.energy->mj, 10'010, 1e-6);
  EXPECT_EQ(by_ina3221.sampling->samples, 52U);
  std::filesystem::remove_all(jetson.sysfs() / "bus");
  const EnergyAnswer by_hwmon = window();
  EXPECT_EQ(by_hwmon.source, "hwmon");
  EXPECT_NEAR(by_hwmon.energy->mj, 20'020, 1e-6);
}

TEST_F(EnergyMeterTest, BatteryAnswersLongWindowsAndTheModelShortOnes) {
  const FakeBattery battery;
  battery.Add("BAT0", 40'000'000);
  auto meter = MakeBelow(battery.sysfs());
  ASSERT_TRUE(meter.ok());
  EXPECT_FALSE(meter->NeedsSampling());
  const EnergyReadings begin = meter->Begin();
  battery.SetEnergy("BAT0", 39'000'000);
  const EnergyReadings end = meter->Read();
  EXPECT_EQ(meter->Between(begin, std::nullopt, end, kWindow).source, "model");
  const EnergyAnswer answer = meter->Between(begin, std::nullopt, end, {seconds(1200), {}, 2, true, false, {}});
  EXPECT_EQ(answer.source, "battery");
  EXPECT_EQ(answer.scope, "system");
  EXPECT_NEAR(answer.energy->mj, 3'600'000, 1e-6);
  EXPECT_EQ(answer.unavailable_reason, "no energy sensor");
}

TEST_F(EnergyMeterTest, BatteryIsNotOpenedBesideAMeter) {
  const FakeBattery battery;
  battery.Add("BAT0", 40'000'000);
  const auto zone = battery.sysfs() / "class/powercap/intel-rapl:0";
  std::filesystem::create_directories(zone);
  std::ofstream(zone / "name") << "package-0\n";
  std::ofstream(zone / "max_energy_range_uj") << FakePowercap::kIntelRangeUj << "\n";
  std::ofstream(zone / "energy_uj") << "0\n";
  auto meter = MakeBelow(battery.sysfs());
  ASSERT_TRUE(meter.ok());
  const EnergyReadings begin = meter->Begin();
  battery.SetEnergy("BAT0", 39'000'000);
  const auto answer = meter->Between(begin, std::nullopt, meter->Read(), {seconds(1200), {}, 2, true, false, {}});
  EXPECT_EQ(answer.source, "model");  // the package stood still
}

TEST_F(EnergyMeterTest, BatteryThatCannotBeReadIsToldToPeople) {
  const FakeBattery battery;
  battery.Add("BAT0", 40'000'000);
  battery.Put("BAT0", "energy_now", "what");
  auto meter = MakeBelow(battery.sysfs());
  ASSERT_TRUE(meter.ok());
  EXPECT_NE(meter->Description().find("battery: "), std::string::npos) << meter->Description();
  EXPECT_NE(meter->Description().find("BAT0/energy_now: not a number"), std::string::npos) << meter->Description();
}

TEST_F(EnergyOfGpuTest, IsAddedToAMainScopeThatLeavesItOut) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  EXPECT_EQ(meter->Description(), "rapl, over package, and nvml for the GPU");
  const EnergyAnswer answer = WindowWithGpu(*meter, true);
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, 62'000);
  EXPECT_EQ(answer.source, "rapl+nvml");
  EXPECT_EQ(answer.scope, "package+gpu");
  EXPECT_EQ(answer.resolution, milliseconds(100));
  EXPECT_EQ(answer.quality, "low");  // ten steps of the GPU's counter are too few
  ASSERT_TRUE(answer.gpu.has_value());
  EXPECT_DOUBLE_EQ(answer.gpu->mj, 50'000);
}

TEST_F(EnergyOfGpuTest, IsKeptApartWhereTheGpuDidNotTakePart) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = WindowWithGpu(*meter, false);
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, 12'000);
  EXPECT_EQ(answer.source, "rapl");
  EXPECT_EQ(answer.scope, "package");
  EXPECT_DOUBLE_EQ(answer.gpu->mj, 50'000);
}

TEST_F(EnergyOfGpuTest, IsInAWholePlatformAlready) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  powercap_.Add("intel-rapl:1", "psys", 0);
  EnergyRoots roots;
  roots.sysfs = powercap_.sysfs();
  roots.clock = &clock_;
  roots.nvml_library = nvml_library_;
  roots.pause = [&] {
    clock_.Advance(seconds(1));
    powercap_.Set("intel-rapl:1", 1'000'000);
  };
  auto meter = EnergyMeter::Make({EnergyChoice::kAuto, "pi4", std::nullopt, std::move(roots)});
  ASSERT_TRUE(meter.ok());
  const EnergyReadings begin = meter->Begin();
  powercap_.Set("intel-rapl:1", 81'000'000);
  nvml_->energy_mj[0] += 50'000;
  clock_.Advance(seconds(1));
  const auto answer = meter->Between(begin, std::nullopt, meter->Read(), {seconds(1), {}, 2, false, true, {}});
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, 80'000);
  EXPECT_EQ(answer.scope, "psys");
  EXPECT_DOUBLE_EQ(answer.gpu->mj, 50'000);
}

TEST_F(EnergyOfGpuTest, AnswersAloneWhereNothingElseMeasures) {
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = WindowWithGpu(*meter, true);
  ASSERT_TRUE(answer.energy.has_value());
  EXPECT_DOUBLE_EQ(answer.energy->mj, 50'000);
  EXPECT_EQ(answer.source, "nvml");
  EXPECT_EQ(answer.scope, "gpu");
  EXPECT_EQ(answer.unavailable_reason, "no energy sensor; the model covers CPUs only");
}

TEST_F(EnergyOfGpuTest, ThatFailedIsSaidAndNotGuessed) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  nvml_->energy_result[0] = 15;
  const EnergyAnswer answer = WindowWithGpu(*meter, true);
  EXPECT_EQ(answer.scope, "package");
  EXPECT_FALSE(answer.gpu.has_value());
  EXPECT_EQ(answer.unavailable_reason, "nvml: Fake 0?: energy: GPU is lost");
}

TEST_F(EnergyOfGpuTest, IsNotReadWhereTheModelWasAskedFor) {
  auto meter = Make(EnergyChoice::kModel);
  ASSERT_TRUE(meter.ok());
  EXPECT_FALSE(WindowWithGpu(*meter, false).gpu.has_value());
}

TEST(EnergyQualityRule, ComparesTheWindowWithTheResolutionAndTheUncertaintyWithTheFigure) {
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(20), milliseconds(1)), "ok");
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(19), milliseconds(1)), "low");
  EXPECT_STREQ(EnergyQuality({100, 11}, milliseconds(20), milliseconds(1)), "low");
  EXPECT_STREQ(EnergyQuality({100, 51}, milliseconds(20), milliseconds(1)), "below_resolution");
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(1), milliseconds(2)), "below_resolution");
}

TEST_F(EnergyMeterTest, ModelSaysThatTheProfileIsOfAnotherMachine) {
  profile_not_used_ = {"power profile of another machine", "p.json: the power profile is of \"x\""};
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 0);
  EXPECT_EQ(answer.source, "model");
  EXPECT_EQ(answer.unavailable_reason, "no energy sensor; power profile of another machine");
  EXPECT_NE(meter->Description().find("p.json"), std::string::npos) << meter->Description();
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto measured = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(measured.ok());
  EXPECT_EQ(Window(*measured, 12).unavailable_reason, "");
}

TEST_F(EnergyMeterTest, NoneIsNoneAndSaysSo) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kNone);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 12);
  EXPECT_FALSE(answer.energy.has_value());
  EXPECT_EQ(answer.source, "");
  EXPECT_EQ(answer.unavailable_reason, "turned off");
  EXPECT_EQ(meter->Description(), "none (turned off)");
}

TEST_F(EnergyMeterTest, AMeterThatWasNamedComesFirst) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  const os::TemporaryFolder folder;
  external_meter_ = folder.Put("meter", "");
  std::ofstream file(external_meter_);
  const std::jthread player([&](const std::stop_token& stop) {
    for (int ms = 0; !stop.stop_requested(); ms += 10) {  // by a clock of its own
      file << 1000 + ms / 1000.0 << " 5\n" << std::flush;
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok()) << meter.status().message();
  EXPECT_EQ(meter->Description().find("external, over system (" + external_meter_.string()), 0U)
      << meter->Description();
  EXPECT_FALSE(meter->NeedsSampling());
}

TEST_F(EnergyMeterTest, AMeterThatWasNamedAndCannotBeUsedIsAnError) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  external_meter_ = powercap_.sysfs() / "no_meter";
  const Status status = Make(EnergyChoice::kAuto).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find(external_meter_.string()), std::string::npos);
  EXPECT_TRUE(Make(EnergyChoice::kModel).ok());  // which asks for no meter
}

TEST_F(EnergyMeterTest, UnknownBoardIsRefusedWhateverTheChoice) {
  for (const EnergyChoice choice : {EnergyChoice::kAuto, EnergyChoice::kModel, EnergyChoice::kNone}) {
    EXPECT_EQ(Make(choice, "toaster").status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace inferometer::probe
