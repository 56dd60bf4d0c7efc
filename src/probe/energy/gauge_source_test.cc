#include "probe/energy/gauge_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "probe/energy/gauge_curve.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Seconds = std::chrono::duration<double>;

const PowerGaugeFacts kExact{"test", "board", "one rail", {}, 0, 0, 50};
// As an INA3221 with a shunt of 5 mOhm at 5 V.
const PowerGaugeFacts kIna3221{"ina3221", "module", "", milliseconds(7), 0.01, 0.04, 50};

class GaugeSourceTest : public testing::Test {
 protected:
  GaugeSourceTest() { Use(kExact); }
  void Use(const PowerGaugeFacts& facts) {
    auto gauge = std::make_unique<CurveGauge>(facts, &clock_);
    gauge_ = gauge.get();
    source_ = std::make_unique<GaugeSource>(std::move(gauge), &clock_);
  }
  // A window over the curve from its beginning, sampled about every `interval`, as a thread that wakes up to 1 ms late.
  Result<Energy> Window(const PowerCurve& curve, nanoseconds duration, nanoseconds interval = milliseconds(20)) {
    std::uniform_int_distribution<std::int64_t> late_ns(0, 1'000'000);
    gauge_->curve = curve;
    gauge_->begin = clock_.Steady();
    const EnergyReading begin = source_->Begin();
    for (nanoseconds tick = interval; tick < duration; tick += interval) {
      const nanoseconds at = std::min(tick + nanoseconds(late_ns(random_)), duration);
      clock_.Advance(gauge_->begin + at - clock_.Steady());
      source_->Sample();
    }
    clock_.Advance(gauge_->begin + duration - clock_.Steady());
    const EnergyReading end = source_->Read();
    sampling_ = source_->Sampling(begin, end);
    return source_->Between(begin, end, duration);
  }
  double ErrorMj(const PowerCurve& curve, nanoseconds duration, const Energy& energy) {
    return energy.mj - 1000 * curve.Joules(Seconds(duration).count());
  }
  PowerCurve RandomCurve(nanoseconds duration) {
    const auto uniform = [&](double from, double to) {
      return std::uniform_real_distribution<double>(from, to)(random_);
    };
    return {.watts_before = 12,
            .watts_after = 8,
            .step_at = uniform(0, Seconds(duration).count()),
            .ripple_watts = 1,
            .ripple_hz = std::exp(uniform(std::log(2.0), std::log(400.0))),
            .ripple_phase = uniform(0, 2 * std::numbers::pi)};
  }
  // How many of 1000 windows over random curves are covered by their uncertainty, in percent.
  double CoveragePercent(nanoseconds duration) {
    std::vector<double> ratios;
    double squares = 0;
    int covered = 0;
    for (int i = 0; i < 1000; ++i) {
      gauge_->gain = 1 + gauge_->facts().relative_uncertainty * std::uniform_real_distribution<double>(-1, 1)(random_);
      const PowerCurve curve = RandomCurve(duration);
      const auto energy = Window(curve, duration);
      EXPECT_TRUE(energy.ok()) << energy.status().message();
      const double error_mj = std::abs(ErrorMj(curve, duration, *energy));
      if (error_mj <= energy->uncertainty_mj) ++covered;
      ratios.push_back(energy->uncertainty_mj / error_mj);
      squares += error_mj * error_mj / (energy->mj * energy->mj);
    }
    std::nth_element(ratios.begin(), ratios.begin() + 500, ratios.end());
    std::printf("%4.0f ms: %.1f %% covered; median of uncertainty by error %.1f; error %.2f %% rms\n",
                1000 * Seconds(duration).count(), covered / 10.0, ratios[500], 100 * std::sqrt(squares / 1000));
    return covered / 10.0;
  }

  ManualClock clock_;
  CurveGauge* gauge_ = nullptr;
  std::unique_ptr<GaugeSource> source_;
  SamplingFacts sampling_;
  std::mt19937_64 random_{20261125};
};

TEST_F(GaugeSourceTest, IntegralOfAStepAndARippleIsRight) {
  const PowerCurve curve{.step_at = 0.0907, .ripple_watts = 1, .ripple_hz = 13, .ripple_phase = 1};
  const auto second = Window(curve, seconds(1));
  ASSERT_TRUE(second.ok());
  EXPECT_NEAR(ErrorMj(curve, seconds(1), *second), 0, 0.002 * second->mj);
  const auto third = Window(curve, milliseconds(300));
  EXPECT_NEAR(ErrorMj(curve, milliseconds(300), *third), 0, 0.015 * third->mj);
}

TEST_F(GaugeSourceTest, UncertaintyCoversTheErrorOfExactSamples) {
  EXPECT_GE(CoveragePercent(seconds(1)), 95);
  EXPECT_GE(CoveragePercent(milliseconds(300)), 95);
  EXPECT_GE(CoveragePercent(milliseconds(100)), 95);
}

TEST_F(GaugeSourceTest, UncertaintyCoversTheErrorOfASensor) {
  Use(kIna3221);
  EXPECT_GE(CoveragePercent(seconds(1)), 95);
  EXPECT_GE(CoveragePercent(milliseconds(300)), 95);
  EXPECT_GE(CoveragePercent(milliseconds(100)), 95);
}

TEST_F(GaugeSourceTest, StepAndGainAddInSquares) {
  Use({"t", "board", "", milliseconds(10), 0.02, 0.25, 50});
  const auto flat = Window({.watts_before = 6, .watts_after = 6}, seconds(1));
  ASSERT_TRUE(flat.ok());
  EXPECT_NEAR(flat->mj, 6000, 1e-6);
  EXPECT_NEAR(flat->uncertainty_mj, std::hypot(0.02 * 6000, 250 / std::sqrt(3.0)), 1e-6);
  EXPECT_EQ(source_->facts().resolution, milliseconds(10));
  EXPECT_TRUE(source_->facts().is_sampled);
}

TEST_F(GaugeSourceTest, SamplingIsCountedWithBothEnds) {
  ASSERT_TRUE(Window({}, seconds(1), milliseconds(100)).ok());
  EXPECT_EQ(sampling_.samples, 11U);
  EXPECT_GE(sampling_.longest_gap, milliseconds(99));
  EXPECT_LE(sampling_.longest_gap, milliseconds(101));
}

TEST_F(GaugeSourceTest, FailedEndsSpoilTheWindowAndSayWhy) {
  const Status vanished(Code::kNotFound, "/sys/x: no such device");
  gauge_->failure = vanished;
  const EnergyReading bad_begin = source_->Begin();
  gauge_->failure = {};
  clock_.Advance(milliseconds(10));
  EXPECT_EQ(source_->Between(bad_begin, source_->Read(), milliseconds(10)).status().message(), vanished.message());
  const EnergyReading begin = source_->Begin();
  gauge_->failure = vanished;
  clock_.Advance(milliseconds(10));
  EXPECT_EQ(source_->Between(begin, source_->Read(), milliseconds(10)).status().message(), vanished.message());
  gauge_->failure = {};
  EXPECT_TRUE(Window({}, seconds(1)).ok());
}

TEST_F(GaugeSourceTest, FailureBetweenTheEndsIsAGapAndSpoilsOnlyALongOne) {
  const auto with_gap = [&](nanoseconds gap) {
    gauge_->begin = clock_.Steady();
    const EnergyReading begin = source_->Begin();
    gauge_->failure = Status(Code::kUnavailable, "busy");
    source_->Sample();
    clock_.Advance(gap);
    gauge_->failure = {};
    return source_->Between(begin, source_->Read(), gap);
  };
  EXPECT_TRUE(with_gap(milliseconds(400)).ok());
  EXPECT_EQ(with_gap(milliseconds(600)).status().code(), Code::kUnavailable);
}

TEST_F(GaugeSourceTest, ImpossiblePowerIsNoPower) {
  for (const double watts : {-0.001, 151.0, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(Window({.watts_before = watts, .watts_after = watts}, seconds(1)).status().code(), Code::kDataLoss);
  }
  EXPECT_TRUE(Window({.watts_before = 149, .watts_after = 149}, seconds(1)).ok());  // a peak above the limit
}

TEST_F(GaugeSourceTest, NoPowerIsNoZeroEnergy) {
  EXPECT_EQ(Window({.watts_before = 0, .watts_after = 0}, seconds(1)).status().code(), Code::kUnavailable);
}

TEST(MostGap, IsHalfASecondOrATenth) {
  EXPECT_EQ(MostGap(seconds(1)), milliseconds(500));
  EXPECT_EQ(MostGap(seconds(60)), seconds(6));
}

}  // namespace
}  // namespace inferometer::probe
