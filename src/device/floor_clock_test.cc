#include "device/floor_clock.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "probe/manual_clock.h"

namespace inferometer::device {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

WallTime At(const char* text) { return *base::ParseTimestamp(text); }
const WallTime k1970 = At("1970-01-01T00:00:20Z");
const WallTime kBuilt = At("2026-11-29T12:00:00Z");
const WallTime kLater = At("2027-06-01T08:00:00Z");

class FloorClockTest : public testing::Test {
 protected:
  void Boot(WallTime machine) {
    machine_.wall = machine;
    clock_.emplace(machine_, kBuilt, [this] { return is_synchronised_; });
  }
  probe::ManualClock machine_;
  bool is_synchronised_ = false;
  std::optional<FloorClock> clock_;
};

TEST_F(FloorClockTest, AClockOf1970StandsAtTheBuild) {
  Boot(k1970);
  EXPECT_EQ(clock_->Wall(), kBuilt);
  EXPECT_EQ(clock_->Floored(), kBuilt);
}

TEST_F(FloorClockTest, TimeGoesOnFromTheFloorByTheSteadyClock) {
  Boot(k1970);
  machine_.Advance(minutes(90));
  EXPECT_EQ(clock_->Wall(), kBuilt + minutes(90));
  machine_.wall = k1970 - hours(5);  // steps of a clock that is not believed are none of ours
  EXPECT_EQ(clock_->Wall(), kBuilt + minutes(90));
}

TEST_F(FloorClockTest, AClockAtOrPastTheFloorIsUsedAsItIs) {
  for (const WallTime machine : {kBuilt, kBuilt + microseconds(1), kLater, kLater + days(50 * 365)}) {
    Boot(machine);
    EXPECT_EQ(clock_->Wall(), machine);
    EXPECT_EQ(clock_->Floored(), std::nullopt);
  }
  Boot(kBuilt - microseconds(1));
  EXPECT_EQ(clock_->Floored(), kBuilt);
}

TEST_F(FloorClockTest, AClockThatIsSetTakesOverAtOnce) {
  Boot(k1970);
  machine_.Advance(hours(3));
  machine_.wall = kBuilt + minutes(1);  // behind what was told so far, and right
  EXPECT_EQ(clock_->Wall(), kBuilt + minutes(1));
  EXPECT_EQ(clock_->Floored(), std::nullopt);
}

TEST_F(FloorClockTest, DurationsAreTheMachines) {
  Boot(k1970);
  const auto before = clock_->Steady();
  machine_.wall = kLater;
  EXPECT_EQ(clock_->Steady(), before);
  machine_.Advance(hours(1));
  EXPECT_EQ(clock_->Steady() - before, hours(1));
}

TEST_F(FloorClockTest, WhatWasNotedRaisesTheFloorAndNeverLowersIt) {
  Boot(k1970);
  clock_->Raise(kLater);
  EXPECT_EQ(clock_->Wall(), kLater);
  clock_->Raise(kBuilt);
  clock_->Raise(k1970);
  EXPECT_EQ(clock_->Wall(), kLater);
}

TEST_F(FloorClockTest, ANoteOfMoreThanTwentyYearsAfterTheBuildIsPassedOver) {
  Boot(k1970);
  for (const WallTime noted :
       {kBuilt + kFurthestNoted + microseconds(1), At("2100-01-01T00:00:00Z"), WallTime::max()}) {
    clock_->Raise(noted);
    EXPECT_EQ(clock_->Wall(), kBuilt);
  }
  clock_->Raise(kBuilt + kFurthestNoted);
  EXPECT_EQ(clock_->Wall(), kBuilt + kFurthestNoted);
}

TEST_F(FloorClockTest, AClockALittleBehindTheNoteStandsAtIt) {
  Boot(kLater - hours(1));
  clock_->Raise(kLater);
  EXPECT_EQ(clock_->Wall(), kLater);
}

TEST_F(FloorClockTest, AClockThatIsVouchedForIsBelievedAgainstANote) {
  is_synchronised_ = true;
  Boot(kLater - hours(1));
  clock_->Raise(kLater);
  EXPECT_EQ(clock_->Wall(), kLater - hours(1));
}

TEST_F(FloorClockTest, NobodyVouchesForAClockBeforeTheBuild) {
  is_synchronised_ = true;
  Boot(k1970);
  EXPECT_EQ(clock_->Wall(), kBuilt);
}

TEST_F(FloorClockTest, AClockThatLooksSetIsBelievedAgainstANoteOfYearsAhead) {
  Boot(k1970);
  clock_->Raise(kLater + days(3000));
  EXPECT_EQ(clock_->Wall(), kLater + days(3000));
  machine_.wall = kLater;  // somebody sets the clock, and tells nobody
  EXPECT_EQ(clock_->Wall(), kLater);
  machine_.wall = kLater + days(3000) - kLongestLead;
  EXPECT_EQ(clock_->Wall(), kLater + days(3000));
}

}  // namespace
}  // namespace inferometer::device
