#include "trial/power_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "os/temporary_folder.h"
#include "probe/manual_clock.h"
#include "trial/calibration.h"

namespace inferometer::trial {
namespace {

using std::chrono::nanoseconds;
using testing::HasSubstr;

// A counter that is told how much each second takes, and is off by 5 %.
class PlannedSource final : public probe::EnergySource {
 public:
  [[nodiscard]] const probe::EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] probe::EnergyReading Read() override {
    probe::EnergyReading reading;
    reading.total_mj = total_mj;
    reading.ok = !broken;
    return reading;
  }
  [[nodiscard]] Result<probe::Energy> Between(const probe::EnergyReading& begin, const probe::EnergyReading& end,
                                              nanoseconds) const override {
    if (!WindowIsWhole(begin, end)) return {Code::kDataLoss, "planned/energy_uj: empty"};
    const double mj = end.total_mj - begin.total_mj;
    return probe::Energy{mj, 0.05 * mj};
  }

  double total_mj = 0;
  bool broken = false;

 private:
  const probe::EnergySourceFacts facts_{};
};

class PowerTrialTest : public testing::Test {
 protected:
  // One window for each of `watts`; they last a little longer than they should.
  Result<PowerFigure> Measure(const std::vector<double>& watts) {
    std::size_t next = 0;
    const auto wait = [&](nanoseconds duration) {
      clock_.Advance(duration * 11 / 10);
      source_.total_mj += watts[next++] * 1100;
      return true;
    };
    return MeasurePower(source_, static_cast<int>(watts.size()), clock_, wait);
  }

  probe::ManualClock clock_;
  PlannedSource source_;
};

TEST_F(PowerTrialTest, PowerIsEnergyOverTheTimeThatPassed) {
  const auto figure = Measure({10, 10, 10});
  ASSERT_TRUE(figure.ok());
  EXPECT_NEAR(figure->watts, 10, 1e-9);
  EXPECT_NEAR(figure->sd_watts, 0, 1e-9);
  EXPECT_NEAR(figure->uncertainty_watts, 0.5, 1e-9);
  EXPECT_EQ(figure->windows, 3);
}

TEST_F(PowerTrialTest, ScatterOfTheWindowsJoinsWhatTheSourceStates) {
  const auto figure = Measure({9, 11, 9, 11});
  ASSERT_TRUE(figure.ok());
  EXPECT_NEAR(figure->watts, 10, 1e-9);
  EXPECT_NEAR(figure->sd_watts, std::sqrt(4.0 / 3), 1e-9);
  EXPECT_NEAR(figure->uncertainty_watts, std::hypot(std::sqrt(4.0 / 3), 0.5), 1e-9);
}

TEST_F(PowerTrialTest, OneWindowThatFailsFailsTheTrialWithItsReason) {
  source_.broken = true;
  EXPECT_THAT(Measure({1, 1}).status().message(), HasSubstr("planned/energy_uj: empty"));
}

TEST_F(PowerTrialTest, StopEndsIt) {
  const auto figure = MeasurePower(source_, 5, clock_, [](nanoseconds) { return false; });
  EXPECT_EQ(figure.status().code(), Code::kCancelled);
}

TEST(CalibrationTest, ModelIsNoMeter) {
  const os::TemporaryFolder empty;
  const base::SystemClock clock;
  probe::EnergyRoots roots;
  roots.sysfs = empty.path();
  roots.clock = &clock;
  roots.mailboxes = {};
  const auto meter = OpenMeter(roots);
  EXPECT_EQ(meter.status().code(), Code::kUnavailable);
  EXPECT_THAT(meter.status().message(), HasSubstr("attach a meter"));
}

TEST(CalibrationTest, MeterThatWasNamedIsNotReplacedByAnother) {
  const os::TemporaryFolder empty;
  const base::SystemClock clock;
  probe::EnergyRoots roots;
  roots.sysfs = empty.path();
  roots.clock = &clock;
  roots.external_meter = empty.path() / "none";
  EXPECT_FALSE(OpenMeter(roots).ok());
}

}  // namespace
}  // namespace inferometer::trial
