#include "probe/energy/gauge_integrator.h"

#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;

class GaugeIntegratorTest : public testing::Test {
 protected:
  void Add(int at_ms, double watts) { integrator_.Add({milliseconds(at_ms), watts}); }
  EnergyReading Begin(int at_ms, double watts) { return integrator_.Begin({milliseconds(at_ms), watts}); }
  GaugeIntegrator integrator_;
};

TEST_F(GaugeIntegratorTest, AddsTrapezoids) {
  const EnergyReading begin = Begin(1000, 4);
  Add(1500, 6);
  Add(2000, 6);
  const EnergyReading end = integrator_.Total();
  EXPECT_DOUBLE_EQ(end.total_mj - begin.total_mj, 2500 + 3000);
  EXPECT_EQ(end.samples - begin.samples, 2U);
  EXPECT_DOUBLE_EQ(end.watts, 6);
}

TEST_F(GaugeIntegratorTest, WindowsThatFollowEachOtherMissNothing) {
  const EnergyReading first = Begin(0, 4);
  const EnergyReading second = Begin(1000, 8);
  Add(2000, 8);
  EXPECT_DOUBLE_EQ(second.total_mj - first.total_mj, 6000);
  EXPECT_DOUBLE_EQ(integrator_.Total().total_mj - first.total_mj, 14'000);
}

TEST_F(GaugeIntegratorTest, SampleThatIsNotNewerIsDropped) {
  static_cast<void>(Begin(1000, 4));
  Add(1000, 400);
  Add(900, 400);
  Add(2000, 4);
  EXPECT_DOUBLE_EQ(integrator_.Total().total_mj, 4000);
  EXPECT_EQ(integrator_.Total().samples, 2U);
}

TEST_F(GaugeIntegratorTest, ExtremesAreOfTheWindow) {
  static_cast<void>(Begin(0, 100));
  static_cast<void>(Begin(1000, 5));
  Add(1100, 3);
  Add(1400, 9);
  EXPECT_DOUBLE_EQ(integrator_.Extremes().least_watts, 3);
  EXPECT_DOUBLE_EQ(integrator_.Extremes().most_watts, 9);
  EXPECT_EQ(integrator_.Extremes().longest_gap, milliseconds(300));
}

TEST_F(GaugeIntegratorTest, StraightLineIsNotRoughAlsoWithUnevenSamples) {
  const EnergyReading begin = Begin(0, 1);
  for (const int at : {10, 35, 40, 100}) Add(at, 1 + at / 10.0);
  EXPECT_NEAR(integrator_.Total().roughness_mj2 - begin.roughness_mj2, 0, 1e-9);
}

TEST_F(GaugeIntegratorTest, StepIsCoveredWhereverItFallsAlsoAtTheEdge) {
  for (int last_before = 0; last_before < 9; ++last_before) {  // the step is after this sample
    GaugeIntegrator integrator;
    const EnergyReading begin = integrator.Begin({milliseconds(0), 4});
    for (int i = 1; i < 10; ++i) integrator.Add({milliseconds(20 * i), i <= last_before ? 4.0 : 10.0});
    const double u = IntegrationUncertaintyMj(begin, integrator.Total(), integrator.Extremes(), milliseconds(180));
    EXPECT_GE(u, 60) << last_before;  // half of 6 W for 20 ms
    EXPECT_LE(u, 4 * 60) << last_before;
  }
}

TEST_F(GaugeIntegratorTest, TriplesDoNotReachBackOverTheBegin) {
  static_cast<void>(Begin(0, 4));
  Add(10, 100);
  const EnergyReading begin = Begin(20, 4);
  Add(30, 4);
  Add(40, 4);
  EXPECT_DOUBLE_EQ(integrator_.Total().roughness_mj2, begin.roughness_mj2);
}

TEST_F(GaugeIntegratorTest, FewSamplesAreTrustedLess) {
  const auto uncertainty_of = [](std::uint64_t samples) {
    EnergyReading end;
    end.samples = samples;
    end.roughness_mj2 = 3;
    return IntegrationUncertaintyMj({}, end, {}, milliseconds(100));
  };
  EXPECT_NEAR(uncertainty_of(100'000), 2, 0.001);
  EXPECT_NEAR(uncertainty_of(51), 2 * 2.06 / 1.96, 0.02);  // Student's t of 25.7 degrees
  EXPECT_NEAR(uncertainty_of(5), 2 * 4.22 / 1.96, 0.2);    // of 2.06
}

TEST_F(GaugeIntegratorTest, TwoSamplesAreAsGoodAsTheirDifference) {
  const EnergyReading begin = Begin(0, 4);
  Add(100, 6);
  EXPECT_DOUBLE_EQ(IntegrationUncertaintyMj(begin, integrator_.Total(), integrator_.Extremes(), milliseconds(100)),
                   200);
}

TEST_F(GaugeIntegratorTest, DisturbanceIsKeptAndCounted) {
  EXPECT_TRUE(integrator_.last_disturbance().ok());
  integrator_.Disturb({Code::kDataLoss, "garbage"});
  EXPECT_EQ(integrator_.Total().disturbances, 1U);
  EXPECT_EQ(integrator_.last_disturbance().message(), "garbage");
}

}  // namespace
}  // namespace inferometer::probe
