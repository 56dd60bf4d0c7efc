#include "probe/energy/external_meter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <optional>
#include <random>

#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Seconds = std::chrono::duration<double>;

constexpr seconds kToday(1'760'000'000);

// Of which clock the meter's stamps are.
enum class Stamps { kUnix, kSteady, kItsOwn };

// A meter whose lines the tests write, at a time of their choice.
class ExternalMeterTest : public testing::Test {
 protected:
  ExternalMeterTest() { clock_.wall = WallTime(kToday); }

  // A sample of this moment; it arrives `delay` later.
  void Send(double watts, nanoseconds delay = {}) {
    const Seconds stamp = Stamp();
    clock_.Advance(delay);
    meter_.Feed(fmt::format("{:.6f}, {:.6f}\n", stamp.count(), watts));
  }
  // `for_this_long` of samples; the last one stands at its end.
  void Draw(double watts, nanoseconds for_this_long, nanoseconds interval = milliseconds(100)) {
    for (nanoseconds sent{}; sent < for_this_long; sent += interval) {
      clock_.Advance(interval);
      Send(watts);
    }
  }
  void Settle() {
    meter_.Feed("time, watts\n");
    Draw(3, seconds(1));
    const Status settled = meter_.Settle();
    ASSERT_TRUE(settled.ok()) << settled.message();
  }
  Result<Energy> Until(const EnergyReading& begin, const EnergyReading& end) {
    return meter_.Between(begin, end, end.at - begin.at);
  }
  Result<Energy> UntilNow(const EnergyReading& begin) { return Until(begin, meter_.Read()); }
  Seconds Stamp() const {
    switch (stamps_) {
      case Stamps::kUnix: return clock_.wall.time_since_epoch();
      case Stamps::kSteady: return clock_.Steady();
      case Stamps::kItsOwn: break;
    }
    return clock_.Steady() * 1.00005 + seconds(12'345);  // 50 ppm fast
  }

  ManualClock clock_;
  Stamps stamps_ = Stamps::kUnix;
  ExternalMeter meter_{"meter", 0.02, &clock_};
};

TEST_F(ExternalMeterTest, PowerTimesTimeIsEnergy) {
  Settle();
  EXPECT_EQ(meter_.facts().name, "external");
  EXPECT_EQ(meter_.facts().scope, "system");
  EXPECT_EQ(meter_.facts().resolution, milliseconds(100));
  EXPECT_EQ(meter_.facts().detail, "meter, a sample every 100 ms, stamped by this machine's Unix clock to within 1 ms");
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(2));
  const auto energy = UntilNow(begin);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 6000, 0.01);
  EXPECT_NEAR(energy->uncertainty_mj, 0.02 * 6000, 0.1);
  const SamplingFacts sampling = meter_.Sampling(begin, meter_.Read());
  EXPECT_EQ(sampling.samples, 21U);
  EXPECT_NEAR(Seconds(sampling.longest_gap).count(), 0.1, 1e-5);
}

TEST_F(ExternalMeterTest, AWindowsEdgesAreInterpolatedOnceTheSamplesAfterThemHaveCome) {
  Settle();
  clock_.Advance(milliseconds(50));
  const EnergyReading begin = meter_.Begin();
  clock_.Advance(milliseconds(50));
  Send(5);  // 4 W at the beginning
  Draw(5, seconds(1));
  clock_.Advance(milliseconds(50));
  const EnergyReading end = meter_.Read();
  const auto held = Until(begin, end);
  clock_.Advance(milliseconds(50));
  Send(9);  // 7 W at the end
  const auto known = Until(begin, end);
  ASSERT_TRUE(held.ok() && known.ok());
  EXPECT_NEAR(held->mj, 225 + 5000 + 250, 0.1);
  EXPECT_NEAR(known->mj, 225 + 5000 + 300, 0.1);
  EXPECT_GT(held->uncertainty_mj, 1000 * 0.05 * 2);  // 50 ms that may have been 2 W less or more
}

TEST_F(ExternalMeterTest, AWindowOfWhichNoSampleHasComeIsRefused) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  clock_.Advance(milliseconds(80));
  const EnergyReading end = meter_.Read();
  EXPECT_EQ(Until(begin, end).status().message(), "meter: no sample of this window has come yet");
  clock_.Advance(milliseconds(20));
  Send(3);
  const auto energy = Until(begin, end);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 240, 0.1);
}

TEST_F(ExternalMeterTest, MonotonicStampsAreRecognised) {
  stamps_ = Stamps::kSteady;
  Settle();
  EXPECT_NE(meter_.facts().detail.find("by this machine's monotonic clock to within 1 ms"), std::string::npos)
      << meter_.facts().detail;
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  EXPECT_NEAR(UntilNow(begin)->mj, 3000, 0.01);
}

TEST_F(ExternalMeterTest, LateLinesStandWhereTheirStampsSay) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  const EnergyReading end = meter_.Read();
  for (int i = 0; i < 5; ++i) {  // each 70 ms late
    clock_.Advance(milliseconds(30));
    Send(8, milliseconds(70));
  }
  // Only its end, before the first of them, counts.
  EXPECT_NEAR(Until(begin, end)->mj, 3000, 0.1);
}

TEST_F(ExternalMeterTest, AClockOfItsOwnIsAlignedByTheQuickestArrival) {
  stamps_ = Stamps::kItsOwn;
  meter_.Feed("header\n");
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(milliseconds(50));
    Send(3, milliseconds(i % 5 == 0 ? 0 : 50));
  }
  ASSERT_TRUE(meter_.Settle().ok());
  EXPECT_NE(meter_.facts().detail.find("a clock of its own, aligned by the quickest arrival"), std::string::npos)
      << meter_.facts().detail;
  // Two hours of drift, 0.36 s, are followed.
  for (int i = 0; i < 7'200; ++i) Draw(3, seconds(1), milliseconds(500));
  const EnergyReading begin = meter_.Begin();
  Draw(6, seconds(1), milliseconds(50));
  Draw(3, seconds(1), milliseconds(50));
  const EnergyReading end = meter_.Read();
  const auto energy = Until(begin, end);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 9000, 3 * 50 + 10);  // the steps
  EXPECT_GE(energy->uncertainty_mj, 1000 * 3 * 0.05);
}

TEST_F(ExternalMeterTest, AWindowOfHoursIsAnsweredFromTheRunningIntegral) {
  Settle();
  clock_.Advance(milliseconds(50));
  const EnergyReading begin = meter_.Begin();
  clock_.Advance(milliseconds(50));
  Send(3);
  Draw(3, seconds(3'600));
  const auto energy = UntilNow(begin);
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 3000 * 3600.05, 1);
  EXPECT_NEAR(energy->uncertainty_mj, 0.02 * energy->mj, 1);
}

TEST_F(ExternalMeterTest, AGapSpoilsTheWindow) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  clock_.Advance(milliseconds(550));
  Draw(3, seconds(1));
  EXPECT_EQ(UntilNow(begin).status().message(), "meter: no sample for 650 ms");
  const EnergyReading again = meter_.Begin();
  Draw(3, seconds(1));
  EXPECT_TRUE(UntilNow(again).ok());
}

TEST_F(ExternalMeterTest, AMeterThatFellSilentIsNoMeter) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  clock_.Advance(milliseconds(600));
  EXPECT_EQ(UntilNow(begin).status().message(), "meter: no sample for 600 ms");
}

TEST_F(ExternalMeterTest, NoPowerAtAllIsNoEnergy) {
  Settle();
  Draw(0, milliseconds(100));
  const EnergyReading begin = meter_.Begin();
  Draw(0, seconds(1));
  EXPECT_FALSE(UntilNow(begin).ok());
}

TEST_F(ExternalMeterTest, OneRefusedLineInAHundredIsJustAMissingSample) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  meter_.Feed("garbage\n");
  Draw(3, seconds(1));
  EXPECT_NEAR(UntilNow(begin)->mj, 6000, 0.1);
  EXPECT_EQ(meter_.refused_lines(), 1U);
  meter_.Feed("# a comment is no fault\n\n");
  EXPECT_EQ(meter_.refused_lines(), 1U);
}

TEST_F(ExternalMeterTest, TwoRefusedLinesInAHundredSpoilTheWindowAndAreNamed) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  meter_.Feed("garbage\n1,2,3\n");
  EXPECT_EQ(UntilNow(begin).status().message(),
            "meter: line 23 since it was opened, byte 3: more than a time and a power (2 refused so far)");
  Draw(3, seconds(10));
  const EnergyReading again = meter_.Begin();
  meter_.Feed("garbage\n");
  Draw(3, seconds(1));
  EXPECT_TRUE(UntilNow(again).ok());
}

TEST_F(ExternalMeterTest, ATimeThatGoesBackOrLiesAheadIsRefused) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  const double now = Stamp().count();
  meter_.Feed(fmt::format("{:.3f},900\n", now - 0.05));
  EXPECT_EQ(meter_.refused_lines(), 1U);
  meter_.Feed(fmt::format("{:.3f},900\n", now + 1000));
  EXPECT_EQ(meter_.refused_lines(), 2U);
  Draw(3, seconds(1));
  EXPECT_FALSE(UntilNow(begin).ok());
  const EnergyReading again = meter_.Begin();
  Draw(3, seconds(1));
  EXPECT_NEAR(UntilNow(again)->mj, 3000, 0.1);
}

TEST_F(ExternalMeterTest, AClockThatWasSetBackIsAlignedAnew) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  stamps_ = Stamps::kItsOwn;  // the meter was restarted
  Draw(3, seconds(3));
  EXPECT_EQ(UntilNow(begin).status().message(), "meter: its clock was set");
  const EnergyReading again = meter_.Begin();
  Draw(3, seconds(1));
  ASSERT_TRUE(UntilNow(again).ok()) << UntilNow(again).status().message();
  EXPECT_NEAR(UntilNow(again)->mj, 3000, 1);
}

TEST_F(ExternalMeterTest, AStreamThatWasLostSpoilsItsWindowsUntilItIsBack) {
  Settle();
  const EnergyReading begin = meter_.Begin();
  Draw(3, seconds(1));
  meter_.Feed("17600");
  meter_.Lose({Code::kUnavailable, "meter: closed"});
  EXPECT_EQ(UntilNow(begin).status().message(), "meter: closed");
  const EnergyReading without = meter_.Begin();
  EXPECT_FALSE(without.ok);
  EXPECT_EQ(UntilNow(without).status().message(), "meter: closed");
  meter_.Feed("header\n");
  Draw(4, seconds(1));
  const EnergyReading again = meter_.Begin();
  Draw(4, seconds(1));
  EXPECT_NEAR(UntilNow(again)->mj, 4000, 0.1);
}

TEST_F(ExternalMeterTest, WithoutTwoSamplesItDoesNotSettle) {
  EXPECT_EQ(meter_.Settle().message(), "meter: nothing came for 3 s; is the meter's program running?");
  meter_.Feed("header\n1,2\n");
  EXPECT_EQ(meter_.Settle().code(), Code::kUnavailable);
  meter_.Feed("a,b\n");
  EXPECT_EQ(meter_.Settle().message(),
            "meter: line 3 since it was opened, byte 0: no number for the time (1 refused so far); lines of \"seconds, "
            "watts\" are needed");
}

// A load of 6 W for 0.7 s, over 4 W with a ripple.
class KnownCurve {
 public:
  static constexpr double kBusy = 0.7;
  explicit KnownCurve(double begin) : begin_(begin) {}
  [[nodiscard]] double begin() const { return begin_; }
  [[nodiscard]] double end() const { return begin_ + kBusy; }
  [[nodiscard]] double Watts(double t) const {
    return 4 + (t >= begin() && t < end() ? 6 : 0) + 0.8 * std::sin(kTurn * t);
  }
  [[nodiscard]] double Mj() const {
    return 1000 * (10 * kBusy + 0.8 * (std::cos(kTurn * begin()) - std::cos(kTurn * end())) / kTurn);
  }

 private:
  static constexpr double kTurn = 2 * std::numbers::pi * 3.3;
  double begin_;
};

// The energy of the curve's load by a meter of 20 Hz that has no fault of its own, and whose phase is `phase` s.
Result<Energy> MeasureLoad(const KnownCurve& curve, double phase) {
  ManualClock clock;
  clock.wall = WallTime(kToday);
  const nanoseconds start = clock.Steady();
  const auto go_to = [&](double t) { clock.Advance(start + nanoseconds(std::llround(t * 1e9)) - clock.Steady()); };
  ExternalMeter meter("meter", 0, &clock);
  std::optional<EnergyReading> begin;
  std::optional<EnergyReading> end;
  for (double t = phase; t < curve.end() + 0.1; t += 0.05) {
    if (!begin.has_value() && t > curve.begin()) {
      RETURN_IF_ERROR(meter.Settle());
      go_to(curve.begin());
      begin = meter.Begin();
    }
    if (!end.has_value() && t > curve.end()) {
      go_to(curve.end());
      end = meter.Read();
    }
    go_to(t);
    meter.Feed(fmt::format("{:.9f},{:.6f}\n", Seconds(clock.Steady()).count(), curve.Watts(t)));
  }
  return meter.Between(*begin, *end, end->at - begin->at);
}

TEST(ExternalMeterUncertainty, HoldsTheTrueEnergyAtNinetyFiveOfAHundredPhases) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> when(0, 0.05);
  constexpr int kRuns = 1000;
  int held = 0;
  double sum_of_shares = 0;
  for (int run = 0; run < kRuns; ++run) {
    const KnownCurve curve(1 + 10 * when(random));
    const auto energy = MeasureLoad(curve, when(random));
    ASSERT_TRUE(energy.ok()) << energy.status().message();
    held += std::abs(energy->mj - curve.Mj()) <= energy->uncertainty_mj ? 1 : 0;
    sum_of_shares += energy->uncertainty_mj / energy->mj;
  }
  EXPECT_GE(held, 0.95 * kRuns);
  EXPECT_LT(sum_of_shares / kRuns, 0.08);  // and it is no empty promise
}

}  // namespace
}  // namespace inferometer::probe
