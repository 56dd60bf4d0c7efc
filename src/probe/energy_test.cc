#include "probe/energy.h"

#include <gtest/gtest.h>

#include "probe/fake_powercap.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::seconds;

class EnergyMeterTest : public testing::Test {
 protected:
  Result<EnergyMeter> Make(EnergyChoice choice, const std::string& board = "pi4") {
    return EnergyMeter::Make({choice, board, {powercap_.sysfs(), &clock_, [] {}}});
  }
  // A second with half of two CPUs in use, in which the package counts `joules`.
  EnergyAnswer Window(EnergyMeter& meter, std::uint64_t joules) {
    const CounterReading begin = meter.Read();
    if (joules > 0) powercap_.Set("intel-rapl:0", joules * 1'000'000);
    clock_.Advance(seconds(1));
    return meter.Between(begin, meter.Read(), {seconds(1), seconds(1), 2, true});
  }

  static constexpr double kModelMj = 1000.0 * (2.7 + (6.4 - 2.7) / 2);
  FakePowercap powercap_;
  ManualClock clock_;
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
  EXPECT_EQ(answer.unavailable_reason, "rapl: absent");
  EXPECT_NE(meter->Description().find("model of board 'pi4', CPUs only (2.7 W idle, 6.4 W busy; +/- 60 %)"),
            std::string::npos)
      << meter->Description();
}

TEST_F(EnergyMeterTest, ModelStandsInForOneSpoiledWindow) {
  powercap_.Add("intel-rapl:0", "package-0", 5'000'000);
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const CounterReading begin = meter->Read();
  powercap_.Break("intel-rapl:0", "");
  const EnergyAnswer spoiled = meter->Between(begin, meter->Read(), {seconds(1), seconds(1), 2, true});
  EXPECT_EQ(spoiled.source, "model");
  EXPECT_NE(spoiled.unavailable_reason.find("intel-rapl:0/energy_uj: empty"), std::string::npos);
  powercap_.Set("intel-rapl:0", 5'000'000);
  static_cast<void>(meter->Read());
  EXPECT_EQ(Window(*meter, 9).source, "rapl");
}

TEST_F(EnergyMeterTest, ModelKnowsNothingOfAGpu) {
  auto meter = Make(EnergyChoice::kAuto);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = meter->Between({}, {}, {seconds(1), seconds(1), 2, false});
  EXPECT_FALSE(answer.energy.has_value());
  EXPECT_EQ(answer.source, "");
  EXPECT_EQ(answer.unavailable_reason, "rapl: absent; the model covers CPUs only");
}

TEST_F(EnergyMeterTest, ModelThatWasAskedForBeatsTheCounter) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  auto meter = Make(EnergyChoice::kModel);
  ASSERT_TRUE(meter.ok());
  const EnergyAnswer answer = Window(*meter, 12);
  EXPECT_EQ(answer.source, "model");
  EXPECT_EQ(answer.unavailable_reason, "the model was asked for");
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
