#include "telemetry/pace.h"

#include <gtest/gtest.h>

#include <cmath>

namespace inferometer::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime At(double s) { return WallTime(std::chrono::microseconds(std::llround(s * 1e6))); }

TEST(Pace, IsTheRecordedGapDividedByTheSpeed) {
  EXPECT_EQ(Pace(At(100), At(105), 1), seconds(5));
  EXPECT_EQ(Pace(At(100), At(105), 10), milliseconds(500));
  EXPECT_EQ(Pace(At(100), At(105), 0.5), seconds(10));
}

TEST(Pace, NothingIsWaitedForWithoutASpeedOrBeforeTheFirst) {
  EXPECT_EQ(Pace(At(100), At(105), std::nullopt).count(), 0);
  EXPECT_EQ(Pace(std::nullopt, At(105), 1).count(), 0);
}

TEST(Pace, ClockThatWentBackOrStoodIsNoWait) {
  EXPECT_EQ(Pace(At(105), At(100), 1).count(), 0);
  EXPECT_EQ(Pace(At(105), At(105), 1).count(), 0);
}

TEST(Pace, IsBounded) {
  EXPECT_EQ(Pace(At(0), At(1e9), 1), kLongestPause);
  EXPECT_EQ(Pace(At(0), At(1), 1e-300), kLongestPause);
}

TEST(Pace, SpeedThatIsNoneIsNoWait) {
  for (const double speed : {0.0, -1.0, std::nan("")}) EXPECT_EQ(Pace(At(0), At(1), speed).count(), 0);
}

}  // namespace
}  // namespace inferometer::telemetry
