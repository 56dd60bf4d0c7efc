#include "probe/energy/energy_counter.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/energy/fake_powercap.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kRangeUj = 7'000'000;
constexpr CounterLimits kLimits{kRangeUj, 50.0};  // may be left alone for 140 ms

class EnergyCounterTest : public testing::Test {
 protected:
  void Open(std::uint64_t energy_uj, CounterLimits limits = kLimits) {
    powercap_.Add("intel-rapl:0", "package-0", energy_uj);
    auto counter = EnergyCounter::Open(Path(), limits, &clock_);
    ASSERT_TRUE(counter.ok()) << counter.status().message();
    counter_ = std::move(counter).value();
  }
  CounterReading UpdateAfter(std::chrono::nanoseconds elapsed) {
    clock_.Advance(elapsed);
    return counter_->Update();
  }
  CounterReading UpdateAt(std::uint64_t energy_uj, std::chrono::nanoseconds elapsed = milliseconds(100)) {
    powercap_.Set("intel-rapl:0", energy_uj);
    return UpdateAfter(elapsed);
  }
  [[nodiscard]] std::filesystem::path Path() const { return powercap_.Zone("intel-rapl:0") / "energy_uj"; }
  [[nodiscard]] std::string Why() const { return counter_->last_disturbance().why.message(); }

  FakePowercap powercap_;
  ManualClock clock_;
  std::unique_ptr<EnergyCounter> counter_;
};

TEST_F(EnergyCounterTest, CountsFromWhereItWasOpened) {
  Open(5'000'000);
  EXPECT_EQ(UpdateAt(5'000'000).total_uj, 0U);
  EXPECT_EQ(UpdateAt(6'250'000).total_uj, 1'250'000U);
}

TEST_F(EnergyCounterTest, AddsAWrapOnce) {
  Open(6'000'000);
  const CounterReading begin = counter_->Update();
  const CounterReading end = UpdateAt(500'000);
  EXPECT_EQ(end.total_uj - begin.total_uj, 1'500'000U);
  EXPECT_TRUE(WindowIsWhole(begin, end));
  EXPECT_EQ(UpdateAt(600'000).total_uj, 1'600'000U);
}

TEST_F(EnergyCounterTest, ManyWrapsAddUpWithTicksBetween) {
  Open(0);
  std::uint64_t truth_uj = 0;
  const CounterReading begin = counter_->Update();
  CounterReading end;
  for (int tick = 0; tick < 100;
       ++tick) {  // 3 J in 100 ms: a wrap in every third tick, the last one also before the end
    truth_uj += 3'000'000;
    end = UpdateAt(truth_uj % kRangeUj);
  }
  EXPECT_EQ(end.total_uj - begin.total_uj, truth_uj);
  EXPECT_TRUE(WindowIsWhole(begin, end));
}

TEST_F(EnergyCounterTest, WrapBetweenTheLastTickAndTheEndIsCounted) {
  Open(6'000'000);
  const CounterReading begin = counter_->Update();
  static_cast<void>(UpdateAt(6'900'000));                         // the tick
  const CounterReading end = UpdateAt(100'000, milliseconds(5));  // 0.2 J over the wrap
  EXPECT_EQ(end.total_uj - begin.total_uj, 1'100'000U);
  EXPECT_TRUE(WindowIsWhole(begin, end));
}

TEST_F(EnergyCounterTest, ResetToZeroIsNoWrap) {
  Open(1'000'000, {FakePowercap::kIntelRangeUj, 50.0});
  const CounterReading begin = counter_->Update();
  const CounterReading end = UpdateAt(0, seconds(1));
  EXPECT_FALSE(WindowIsWhole(begin, end));
  EXPECT_EQ(end.total_uj, begin.total_uj);  // not + 262 kJ
  EXPECT_NE(Why().find("energy_uj: jumped"), std::string::npos) << Why();
}

TEST_F(EnergyCounterTest, WindowAfterAResetIsWholeAgain) {
  Open(1'000'000, {FakePowercap::kIntelRangeUj, 50.0});
  const CounterReading begin = UpdateAt(0, seconds(1));
  const CounterReading end = UpdateAt(2'000'000);
  EXPECT_TRUE(WindowIsWhole(begin, end));
  EXPECT_EQ(end.total_uj - begin.total_uj, 2'000'000U);
}

TEST_F(EnergyCounterTest, ShortPeakAboveTheLimitIsBelieved) {
  Open(0);
  const CounterReading begin = counter_->Update();
  const CounterReading end = UpdateAt(1'200'000, milliseconds(10));  // 120 W for 10 ms at a limit of 50 W
  EXPECT_TRUE(WindowIsWhole(begin, end));
}

TEST_F(EnergyCounterTest, OneStepInAMuchShorterWindowIsBelieved) {
  Open(0);
  const CounterReading begin = counter_->Update();
  EXPECT_TRUE(WindowIsWhole(begin, UpdateAt(45'000, std::chrono::microseconds(20))));  // 45 W for 1 ms
}

TEST_F(EnergyCounterTest, FailedReadChangesNothingAndSpoilsTheWindow) {
  Open(1'000'000);
  for (const char* text : {"", "garbage\n", "-5\n", "99999999999999999999\n", "7000001\n"}) {
    const CounterReading begin = UpdateAt(1'000'000);
    powercap_.Break("intel-rapl:0", text);
    const CounterReading failed = UpdateAfter(milliseconds(10));
    EXPECT_FALSE(failed.ok) << text;
    EXPECT_EQ(failed.total_uj, begin.total_uj) << text;
    EXPECT_FALSE(WindowIsWhole(begin, failed)) << text;
    EXPECT_NE(Why().find(Path().string()), std::string::npos) << Why();
    const CounterReading after = UpdateAt(1'000'000, milliseconds(10));
    EXPECT_FALSE(WindowIsWhole(begin, after)) << text;
    EXPECT_FALSE(WindowIsWhole(failed, after)) << text;
    EXPECT_EQ(after.total_uj, begin.total_uj) << text;
  }
}

// A file of /proc of a process that dies under the open descriptor fails as an attribute of a driver that goes away
// does.
TEST_F(EnergyCounterTest, VanishedFileSpoilsTheWindow) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  auto counter = EnergyCounter::Open("/proc/" + std::to_string(child) + "/oom_score", kLimits, &clock_);
  ASSERT_TRUE(counter.ok()) << counter.status().message();
  const CounterReading begin = (*counter)->Update();
  EXPECT_TRUE(begin.ok);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const CounterReading end = (*counter)->Update();
  EXPECT_FALSE(WindowIsWhole(begin, end));
  EXPECT_NE((*counter)->last_disturbance().why.message().find("No such process"), std::string::npos);
}

TEST_F(EnergyCounterTest, LeftAloneForLongerThanARangeIsNotTrusted) {
  Open(0);
  const CounterReading begin = counter_->Update();
  const CounterReading end = UpdateAt(10, milliseconds(141));
  EXPECT_FALSE(WindowIsWhole(begin, end));
  EXPECT_NE(Why().find("wrapped twice"), std::string::npos);
}

TEST_F(EnergyCounterTest, WithoutAKnownRangeADecreaseIsADisturbanceAndNeverEnergy) {
  Open(6'000'000, {0, 50.0, false});
  const CounterReading begin = counter_->Update();
  const CounterReading wrapped = UpdateAt(500'000);
  EXPECT_FALSE(WindowIsWhole(begin, wrapped));
  EXPECT_EQ(wrapped.total_uj, begin.total_uj);
  EXPECT_NE(Why().find("energy_uj: went back"), std::string::npos) << Why();
  const CounterReading after = UpdateAt(1'500'000);
  EXPECT_TRUE(WindowIsWhole(wrapped, after));
  EXPECT_EQ(after.total_uj - wrapped.total_uj, 1'000'000U);
}

TEST_F(EnergyCounterTest, WithoutAKnownRangeALongTimeAloneIsTrustedAndAJumpIsNot) {
  Open(0, {0, 50.0, false});
  const CounterReading begin = counter_->Update();
  const CounterReading end = UpdateAt(180'000'000'000, std::chrono::hours(1));  // 50 W
  EXPECT_TRUE(WindowIsWhole(begin, end));
  EXPECT_FALSE(WindowIsWhole(end, UpdateAt(180'200'000'000, seconds(1))));  // 200 W
}

TEST_F(EnergyCounterTest, CannotBeOpenedWithoutFileRangeOrNumber) {
  EXPECT_EQ(EnergyCounter::Open(Path(), kLimits, &clock_).status().code(), Code::kNotFound);
  powercap_.Add("intel-rapl:0", "package-0", 1);
  EXPECT_EQ(EnergyCounter::Open(Path(), {0, 50.0}, &clock_).status().code(), Code::kDataLoss);
  powercap_.Break("intel-rapl:0", "x\n");
  EXPECT_EQ(EnergyCounter::Open(Path(), kLimits, &clock_).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace inferometer::probe
