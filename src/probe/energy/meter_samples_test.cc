#include "probe/energy/meter_samples.h"

#include <gtest/gtest.h>

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Side = MeterSamples::Side;

class MeterSamplesTest : public testing::Test {
 protected:
  void Add(milliseconds at, double watts) { EXPECT_TRUE(samples_.Add({at, watts})); }
  double MjAt(milliseconds at) { return samples_.EdgeAt(at, Side::kBegin)->total_mj; }
  MeterSamples samples_;
};

TEST_F(MeterSamplesTest, BetweenTwoSamplesPowerIsAStraightLine) {
  Add(seconds(1), 2);
  Add(seconds(2), 4);
  Add(seconds(3), 4);
  EXPECT_DOUBLE_EQ(MjAt(seconds(1)), 0);
  EXPECT_DOUBLE_EQ(MjAt(milliseconds(1500)), 1250);
  EXPECT_DOUBLE_EQ(MjAt(seconds(2)), 3000);
  EXPECT_DOUBLE_EQ(MjAt(milliseconds(2500)), 5000);
}

TEST_F(MeterSamplesTest, TheLastSampleStandsForTheTimeAfterIt) {
  Add(seconds(1), 2);
  Add(seconds(2), 4);
  const auto edge = samples_.EdgeAt(milliseconds(2250), Side::kEnd);
  EXPECT_DOUBLE_EQ(edge->total_mj, 4000);
  EXPECT_EQ(edge->held, milliseconds(250));
  EXPECT_EQ(edge->samples, 2U);
}

TEST_F(MeterSamplesTest, AnEndReachesToTheSampleAfterIt) {
  for (int i = 0; i < 4; ++i) Add(seconds(i), i % 2);
  EXPECT_EQ(samples_.EdgeAt(milliseconds(1500), Side::kBegin)->samples, 2U);
  EXPECT_EQ(samples_.EdgeAt(milliseconds(1500), Side::kEnd)->samples, 3U);
  EXPECT_GT(samples_.EdgeAt(milliseconds(1500), Side::kEnd)->roughness_mj2,
            samples_.EdgeAt(milliseconds(1500), Side::kBegin)->roughness_mj2);
}

TEST_F(MeterSamplesTest, WhatIsNotLaterIsDropped) {
  Add(seconds(2), 2);
  EXPECT_FALSE(samples_.Add({seconds(2), 9}));
  EXPECT_FALSE(samples_.Add({seconds(1), 9}));
  EXPECT_EQ(samples_.count(), 1U);
}

TEST_F(MeterSamplesTest, TheIntegralOutlivesTheSamples) {
  EXPECT_FALSE(samples_.EdgeAt(seconds(1), Side::kBegin).has_value());
  for (int i = 0; i < 10'000; ++i) Add(milliseconds(10 * i), 5);
  EXPECT_FALSE(samples_.EdgeAt(seconds(10), Side::kBegin).has_value());
  EXPECT_NEAR(MjAt(milliseconds(99'990)), 5 * 99'990, 1e-3);
  EXPECT_NEAR(MjAt(milliseconds(99'990 - 40'000)), 5 * 59'990, 1e-3);
  EXPECT_EQ(samples_.MedianInterval(), milliseconds(10));
}

TEST_F(MeterSamplesTest, ExtremesCountThePowersAroundAndTheGapsWithin) {
  Add(seconds(0), 1);
  Add(seconds(5), 3);
  Add(seconds(6), 4);
  Add(seconds(7), 5);
  Add(seconds(9), 9);
  const GaugeExtremes near = samples_.ExtremesOf(milliseconds(5500), milliseconds(6500), {});
  EXPECT_EQ(near.least_watts, 3);
  EXPECT_EQ(near.most_watts, 5);
  EXPECT_EQ(near.longest_gap, seconds(1));
  const GaugeExtremes wide = samples_.ExtremesOf(milliseconds(5500), milliseconds(6500), seconds(1));
  EXPECT_EQ(wide.least_watts, 1);
  EXPECT_EQ(wide.most_watts, 9);
  EXPECT_EQ(wide.longest_gap, seconds(1));
  EXPECT_EQ(samples_.ExtremesOf(milliseconds(6500), seconds(20), {}).longest_gap, seconds(2));
}

}  // namespace
}  // namespace inferometer::probe
