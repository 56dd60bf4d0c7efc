#include "probe/heat/heat.h"

#include <gtest/gtest.h>

#include <thread>

#include "os/temporary_folder.h"
#include "probe/fake_mailbox.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Reasons = std::vector<std::string>;

class HeatTest : public testing::Test {
 protected:
  void SetTemperature(const std::string& millidegrees) const {
    folder_.Put("class/thermal/thermal_zone0/type", "cpu-thermal\n");
    folder_.Put("class/thermal/thermal_zone0/temp", millidegrees + "\n");
  }
  void SetThrottleCount(const std::string& count) const {
    folder_.Put("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", count + "\n");
  }
  void SetAlarm(const std::string& state) const {
    folder_.Put("class/hwmon/hwmon0/name", "ina3221\n");
    folder_.Put("class/hwmon/hwmon0/curr1_crit_alarm", state + "\n");
  }
  void SetFirmware(const std::string& bits) const { mailbox_->Answer("get_throttled", "throttled=" + bits); }
  void SetMhz(int mhz) const {
    folder_.Put("devices/system/cpu/cpufreq/policy0/scaling_cur_freq", std::to_string(mhz) + "000\n");
  }

  // The machine as it stands now, some time before the first window.
  void Open() {
    heat_ = std::make_unique<Heat>(HeatRoots{folder_.path(), &clock_, {}, mailbox_});
    clock_.Advance(seconds(60));
  }
  void Begin() { begin_ = heat_->Begin(); }
  void Tick() {
    clock_.Advance(milliseconds(100));
    heat_->Sample();
  }
  HeatAnswer End() {
    clock_.Advance(milliseconds(100));
    return heat_->Between(begin_, heat_->Read());
  }

  os::TemporaryFolder folder_;
  ManualClock clock_;
  std::shared_ptr<FakeMailbox> mailbox_ = std::make_shared<FakeMailbox>();
  std::unique_ptr<Heat> heat_;
  HeatReading begin_;
};

TEST_F(HeatTest, WhatNothingTellsIsAbsentAndNotFalse) {
  Open();
  EXPECT_FALSE(heat_->NeedsSampling());
  EXPECT_EQ(heat_->Facts().firmware.code(), Code::kNotFound);
  Begin();
  const HeatAnswer answer = End();
  EXPECT_FALSE(answer.throttled.has_value());
  EXPECT_FALSE(answer.throttle_events.has_value());
  EXPECT_FALSE(answer.start_celsius.has_value());
  EXPECT_FALSE(answer.most_celsius.has_value());
  EXPECT_FALSE(answer.cpu_mhz.has_value());
  EXPECT_EQ(answer.temperature_source + answer.frequency_source, "");
}

TEST_F(HeatTest, HighestTemperatureIsThatOfTheWindow) {
  SetTemperature("90000");
  Open();
  EXPECT_TRUE(heat_->NeedsSampling());
  SetTemperature("50000");
  Begin();
  SetTemperature("71500");
  Tick();
  SetTemperature("60000");
  const HeatAnswer answer = End();
  EXPECT_DOUBLE_EQ(answer.start_celsius.value_or(0), 50.0);
  EXPECT_DOUBLE_EQ(answer.most_celsius.value_or(0), 71.5);
  EXPECT_EQ(answer.temperature_source, "cpu-thermal");
}

TEST_F(HeatTest, FailedReadOfTheTemperatureLeavesOnlyItsFigureOut) {
  SetTemperature("50000");
  SetThrottleCount("5");
  Open();
  SetTemperature("-256000");
  Begin();
  const HeatAnswer answer = End();
  EXPECT_FALSE(answer.start_celsius.has_value());
  EXPECT_FALSE(answer.most_celsius.has_value());
  EXPECT_EQ(answer.temperature_source, "");
  EXPECT_EQ(answer.throttled, false);
}

TEST_F(HeatTest, CounterThatStandsIsNotThrottled) {
  SetThrottleCount("5");
  Open();
  SetThrottleCount("9");  // before the window
  Begin();
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, false);
  EXPECT_EQ(answer.throttle_events, 0);
  EXPECT_EQ(answer.reasons, Reasons{});
}

TEST_F(HeatTest, ThreeMoreAreThrottledWithThreeEvents) {
  SetThrottleCount("5");
  Open();
  Begin();
  SetThrottleCount("7");
  Tick();
  SetThrottleCount("8");
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, true);
  EXPECT_EQ(answer.throttle_events, 3);
  EXPECT_EQ(answer.reasons, Reasons{"thermal"});
}

TEST_F(HeatTest, CounterThatWentBackwardsIsAbsent) {
  SetThrottleCount("5");
  Open();
  Begin();
  SetThrottleCount("2");
  const HeatAnswer answer = End();
  EXPECT_FALSE(answer.throttled.has_value());
  EXPECT_FALSE(answer.throttle_events.has_value());
}

TEST_F(HeatTest, CounterThatFailsInTheWindowIsAbsentAndTheNextIsWell) {
  SetThrottleCount("5");
  Open();
  Begin();
  SetThrottleCount("");
  Tick();
  SetThrottleCount("5");
  EXPECT_FALSE(End().throttled.has_value());
  Begin();
  EXPECT_EQ(End().throttled, false);
}

TEST_F(HeatTest, StickyBitsThatWereThereAreNotThrottled) {
  SetFirmware("0xf0000");
  Open();
  EXPECT_TRUE(heat_->Facts().firmware.ok());
  Begin();
  Tick();
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, false);
  EXPECT_FALSE(answer.throttle_events.has_value());  // the firmware does not count
}

TEST_F(HeatTest, StickyBitThatCameBetweenWindowsIsNotInTheNext) {
  SetFirmware("0x0");
  Open();
  SetFirmware("0x40000");
  Begin();
  EXPECT_EQ(End().throttled, false);
}

TEST_F(HeatTest, StickyBitThatCameInTheWindowIsThrottled) {
  SetFirmware("0x10000");
  Open();
  Begin();
  SetFirmware("0x70000");
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, true);
  EXPECT_EQ(answer.reasons, (Reasons{"thermal", "frequency_capped"}));
}

TEST_F(HeatTest, LiveBitAtAnyMomentIsThrottled) {
  SetFirmware("0xf0000");
  Open();
  SetFirmware("0xf0001");
  Begin();
  SetFirmware("0xf0000");
  EXPECT_EQ(End().reasons, Reasons{"under_voltage"});
  Begin();
  SetFirmware("0xf0008");
  Tick();
  SetFirmware("0xf0000");
  EXPECT_EQ(End().reasons, Reasons{"soft_temperature_limit"});
  Begin();
  SetFirmware("0xf0002");
  EXPECT_EQ(End().reasons, Reasons{"frequency_capped"});
}

TEST_F(HeatTest, OverCurrentAlarmsAffirmAndDoNotDeny) {
  SetAlarm("0");
  Open();
  Begin();
  EXPECT_FALSE(End().throttled.has_value());
  Begin();
  SetAlarm("1");
  Tick();
  SetAlarm("0");
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, true);
  EXPECT_EQ(answer.reasons, Reasons{"over_current"});
}

TEST_F(HeatTest, SourceThatFailsLeavesNoDenialToTheOthers) {
  SetThrottleCount("5");
  SetAlarm("0");
  Open();
  Begin();
  SetAlarm("garbage");
  const HeatAnswer answer = End();
  EXPECT_FALSE(answer.throttled.has_value());
  EXPECT_EQ(answer.throttle_events, 0);
}

TEST_F(HeatTest, SlowSourceIsLeftToTheSampler) {
  SetFirmware("0x0");
  mailbox_->meanwhile = [this] { clock_.Advance(microseconds(201)); };
  Open();
  const int asked = mailbox_->asked();
  Begin();
  SetFirmware("0xf0000");
  Tick();  // before it nothing is known of when that was
  EXPECT_EQ(mailbox_->asked(), asked + 1);
  EXPECT_FALSE(End().throttled.has_value());
  EXPECT_EQ(mailbox_->asked(), asked + 1);

  Begin();
  Tick();
  Tick();
  EXPECT_EQ(End().throttled, false);
  Begin();
  Tick();
  SetFirmware("0xf0004");
  Tick();
  EXPECT_EQ(End().reasons, Reasons{"thermal"});
}

TEST_F(HeatTest, QuickSourceIsLookedAtAtBothEnds) {
  SetFirmware("0x0");
  mailbox_->meanwhile = [this] { clock_.Advance(microseconds(199)); };
  Open();
  const int asked = mailbox_->asked();
  Begin();
  EXPECT_EQ(End().throttled, false);
  EXPECT_EQ(mailbox_->asked(), asked + 2);
}

TEST_F(HeatTest, FrequencyIsTheMeanOfTheWindow) {
  SetMhz(600);
  Open();
  SetMhz(1000);
  Begin();
  Tick();
  SetMhz(2000);
  const HeatAnswer answer = End();
  EXPECT_NEAR(answer.cpu_mhz.value_or(0), 1250.0, 1e-6);
  EXPECT_EQ(answer.frequency_source, "scaling_cur_freq");
}

TEST_F(HeatTest, OverlappingWindowsEachSeeTheThrottling) {
  SetThrottleCount("5");
  Open();
  Begin();
  SetThrottleCount("6");
  const HeatReading second = heat_->Begin();
  clock_.Advance(milliseconds(100));
  const HeatReading end = heat_->Read();
  EXPECT_EQ(heat_->Between(begin_, end).throttle_events, 1);
  EXPECT_EQ(heat_->Between(second, end).throttle_events, 0);
}

TEST_F(HeatTest, LooksFromSeveralThreadsLoseNothing) {
  SetThrottleCount("5");
  SetTemperature("50000");
  SetFirmware("0x0");
  SetMhz(1000);
  Open();
  Begin();
  {
    std::jthread sampler([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) heat_->Sample();
    });
    std::jthread other([this] {
      for (int i = 0; i < 200; ++i) static_cast<void>(heat_->Between(heat_->Begin(), heat_->Read()));
    });
    for (int i = 0; i < 200; ++i) static_cast<void>(heat_->Read());
  }
  const HeatAnswer answer = End();
  EXPECT_EQ(answer.throttled, false);
  EXPECT_DOUBLE_EQ(answer.most_celsius.value_or(0), 50.0);
}

}  // namespace
}  // namespace inferometer::probe
