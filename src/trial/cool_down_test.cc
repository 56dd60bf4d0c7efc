#include "trial/cool_down.h"

#include <gtest/gtest.h>

#include "probe/manual_clock.h"

namespace inferometer::trial {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// A machine that cools by some degrees a second while it waits.
class CoolDownTest : public testing::Test {
 protected:
  CoolDown Make(CoolDownOptions options = {}) {
    return {options, [this] { return celsius_; }, clock_,
            [this](nanoseconds duration) {
              waited_ += duration;
              clock_.Advance(duration);
              if (celsius_) *celsius_ -= cools_by_ * std::chrono::duration<double>(duration).count();
              return waited_ < stop_after_;
            }};
  }

  probe::ManualClock clock_;
  std::optional<double> celsius_ = 40;
  double cools_by_ = 1;
  nanoseconds waited_{0};
  nanoseconds stop_after_ = std::chrono::hours(1);
};

TEST_F(CoolDownTest, WaitsUntilTheMachineIsNearlyAsCoolAsAtTheStart) {
  CoolDown pause = Make();
  pause.Start();
  celsius_ = 52;
  EXPECT_TRUE(pause.Rest());
  EXPECT_EQ(waited_, seconds(10));
  EXPECT_EQ(pause.start_celsius(), 40);
  EXPECT_EQ(pause.cut_short(), 0U);
}

TEST_F(CoolDownTest, CoolMachineIsNotWaitedFor) {
  CoolDown pause = Make();
  pause.Start();
  celsius_ = 42;
  EXPECT_TRUE(pause.Rest());
  EXPECT_EQ(waited_, nanoseconds(0));
}

TEST_F(CoolDownTest, MachineThatStaysWarmIsGivenUpAndCounted) {
  cools_by_ = 0;
  CoolDown pause = Make({.at_most = seconds(30)});
  pause.Start();
  celsius_ = 70;
  EXPECT_TRUE(pause.Rest());
  EXPECT_EQ(waited_, seconds(30));
  EXPECT_EQ(pause.cut_short(), 1U);
}

TEST_F(CoolDownTest, WithoutATemperatureTheDelayIsAll) {
  celsius_.reset();
  CoolDown pause = Make({.delay = seconds(3)});
  pause.Start();
  EXPECT_TRUE(pause.Rest());
  EXPECT_EQ(waited_, seconds(3));
  EXPECT_FALSE(pause.start_celsius().has_value());
}

TEST_F(CoolDownTest, SensorThatFailsLaterIsNotWaitedFor) {
  CoolDown pause = Make();
  pause.Start();
  celsius_.reset();
  EXPECT_TRUE(pause.Rest());
  EXPECT_EQ(waited_, nanoseconds(0));
}

TEST_F(CoolDownTest, StopBreaksTheDelayAndTheWaitOff) {
  stop_after_ = seconds(2);
  CoolDown delayed = Make({.delay = seconds(5)});
  delayed.Start();
  EXPECT_FALSE(delayed.Rest());
  waited_ = {};
  CoolDown waiting = Make();
  waiting.Start();
  celsius_ = 90;
  EXPECT_FALSE(waiting.Rest());
}

}  // namespace
}  // namespace inferometer::trial
