#include "probe/energy.h"

#include <gtest/gtest.h>

#include "probe/fake_powercap.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EnergyMeterTest : public testing::Test {
 protected:
  Result<EnergyMeter> Make(EnergyChoice choice, const std::string& board = "pi4") {
    EnergyRoots roots;
    roots.sysfs = powercap_.sysfs();
    roots.clock = &clock_;
    roots.pause = [] {};
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
  std::string profile_not_used_;
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

TEST(EnergyQualityRule, ComparesTheWindowWithTheResolutionAndTheUncertaintyWithTheFigure) {
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(20), milliseconds(1)), "ok");
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(19), milliseconds(1)), "low");
  EXPECT_STREQ(EnergyQuality({100, 11}, milliseconds(20), milliseconds(1)), "low");
  EXPECT_STREQ(EnergyQuality({100, 51}, milliseconds(20), milliseconds(1)), "below_resolution");
  EXPECT_STREQ(EnergyQuality({100, 10}, milliseconds(1), milliseconds(2)), "below_resolution");
}

TEST_F(EnergyMeterTest, ModelSaysThatTheProfileIsOfAnotherMachine) {
  profile_not_used_ = "p.json: the power profile is of \"x\"";
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

TEST_F(EnergyMeterTest, UnknownBoardIsRefusedWhateverTheChoice) {
  for (const EnergyChoice choice : {EnergyChoice::kAuto, EnergyChoice::kModel, EnergyChoice::kNone}) {
    EXPECT_EQ(Make(choice, "toaster").status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace inferometer::probe
