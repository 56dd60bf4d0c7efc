#include "probe/energy/battery.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <functional>

#include "os/as_nobody.h"
#include "probe/energy/fake_battery.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::seconds;

class BatteryTest : public testing::Test {
 protected:
  Result<std::unique_ptr<EnergySource>> Open() {
    EnergyRoots roots;
    roots.sysfs = battery_.sysfs();
    roots.clock = &clock_;
    return OpenBattery(roots);
  }
  void OpenOrDie() {
    auto source = Open();
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }
  // In which this happens.
  Result<Energy> Window(const std::function<void()>& happens, std::chrono::nanoseconds duration = seconds(600)) {
    const EnergyReading begin = source_->Begin();
    happens();
    return source_->Between(begin, source_->Read(), duration);
  }
  Status Refusal(const std::function<void()>& happens) { return Window(happens).status(); }

  FakeBattery battery_;
  ManualClock clock_;
  std::unique_ptr<EnergySource> source_;
};

TEST_F(BatteryTest, NoBatteryIsNotFound) {
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  battery_.AddMains("AC", true);
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(BatteryTest, EnergyIsWhatItLost) {
  battery_.Add("BAT0", 40'000'000);
  battery_.AddMains("AC", false);
  OpenOrDie();
  EXPECT_EQ(source_->facts().name, "battery");
  EXPECT_EQ(source_->facts().scope, "system");
  EXPECT_FALSE(source_->facts().is_sampled);
  const auto energy = Window([&] { battery_.SetEnergy("BAT0", 38'330'000); });
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 1'670'000 * 3.6, 1e-6);  // 1.67 Wh = 6012 J: 10 W
  // Two steps of 1 mWh, two of the 10 mWh in which it counts, and values of up to a minute ago.
  EXPECT_NEAR(energy->uncertainty_mj, 7'200 + 2 * 36'000 + 2 * 6'012'000 * 0.1 / std::sqrt(6.0), 1e-3);
}

TEST_F(BatteryTest, ChargeTimesMeanVoltageStandsInForEnergy) {
  battery_.AddByCharge("BAT0", 4'000'000, 12'000'000);
  OpenOrDie();
  const auto energy = Window([&] { battery_.AddByCharge("BAT0", 3'900'000, 11'800'000); });
  ASSERT_TRUE(energy.ok());
  EXPECT_NEAR(energy->mj, 0.1 * 11.9 * 3.6e6, 1e-3);
}

TEST_F(BatteryTest, SeveralBatteriesAreSummedAndOneMayRest) {
  battery_.Add("BAT0", 40'000'000);
  battery_.Add("BAT1", 20'000'000);
  battery_.Put("BAT1", "status", "Not charging");
  OpenOrDie();
  const auto energy = Window([&] {
    battery_.SetEnergy("BAT0", 39'000'000);
    battery_.SetEnergy("BAT1", 19'500'000);
  });
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, 1'500'000 * 3.6, 1e-6);
}

TEST_F(BatteryTest, BatteryOfAMouseIsNotTheMachines) {
  battery_.Add("hid-mouse", 1'000'000);
  battery_.Put("hid-mouse", "scope", "Device");
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  battery_.Add("BAT1", 1'000'000);
  battery_.Put("BAT1", "present", "0");
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(BatteryTest, ShortWindowIsRefused) {
  battery_.Add("BAT0", 40'000'000);
  OpenOrDie();
  const auto energy = Window([&] { battery_.SetEnergy("BAT0", 39'000'000); }, seconds(599));
  EXPECT_EQ(energy.status().code(), Code::kUnavailable);
  EXPECT_EQ(energy.status().message(), "the window is shorter than 600 s");
}

TEST_F(BatteryTest, ChargingAtEitherEndIsRefused) {
  battery_.Add("BAT0", 40'000'000);
  OpenOrDie();
  const auto status = [&](const char* text) { return [this, text] { battery_.Put("BAT0", "status", text); }; };
  EXPECT_EQ(Refusal(status("Charging")).message(), "the battery is charging");     // at the end
  EXPECT_EQ(Refusal(status("Discharging")).message(), "the battery is charging");  // at the begin
  EXPECT_EQ(Refusal(status("Full")).message(), "the battery is not discharging");
  EXPECT_EQ(Refusal(status("Unknown")).code(), Code::kUnavailable);
  EXPECT_EQ(Refusal(status("")).code(), Code::kUnavailable);
}

TEST_F(BatteryTest, ExternalPowerIsRefusedAlsoWhereTheBatteryDischarges) {
  battery_.Add("BAT0", 40'000'000);
  battery_.AddMains("AC", false);
  OpenOrDie();
  EXPECT_EQ(Refusal([&] { battery_.AddMains("AC", true); }).message(), "the machine is on external power");
}

TEST_F(BatteryTest, WindowAfterChargingCountsFromThere) {
  battery_.Add("BAT0", 20'000'000);
  battery_.Put("BAT0", "status", "Charging");
  OpenOrDie();
  EXPECT_FALSE(Window([&] {
                 battery_.SetEnergy("BAT0", 40'000'000);
                 battery_.Put("BAT0", "status", "Discharging");
               }).ok());
  EXPECT_NEAR(Window([&] { battery_.SetEnergy("BAT0", 39'000'000); })->mj, 3'600'000, 1e-6);
}

TEST_F(BatteryTest, BatteryThatStandsStillOrGainsGivesNoZeroAndNothingNegative) {
  battery_.Add("BAT0", 20'000'000);
  OpenOrDie();
  EXPECT_EQ(Refusal([] {}).code(), Code::kUnavailable);
  EXPECT_EQ(Refusal([&] { battery_.SetEnergy("BAT0", 21'000'000); }).code(), Code::kUnavailable);
}

TEST_F(BatteryTest, BadTextGivesTheFileAndNoEnergy) {
  battery_.Add("BAT0", 20'000'000);
  OpenOrDie();
  for (const char* text : {"", "x", "-5", "99999999999999999999", "1000000000001"}) {
    const Status refusal = Refusal([&] { battery_.Put("BAT0", "energy_now", text); });
    EXPECT_EQ(refusal.code(), Code::kDataLoss) << text;
    EXPECT_NE(refusal.message().find("BAT0/energy_now"), std::string::npos) << refusal.message();
    EXPECT_EQ(Open().status().code(), Code::kDataLoss) << text;
    battery_.SetEnergy("BAT0", 20'000'000);
  }
}

TEST_F(BatteryTest, NoPermissionSaysWhichCommandGivesIt) {
  battery_.Add("BAT0", 20'000'000);
  const auto path = battery_.Folder("BAT0") / "energy_now";
  ::chmod(battery_.sysfs().c_str(), 0755);
  ::chmod(path.c_str(), 0);
  const os::AsNobody nobody;
  EXPECT_EQ(Open().status().code(), Code::kPermissionDenied);
  EXPECT_NE(Open().status().message().find("sudo chmod a+r " + path.string()), std::string::npos);
}

}  // namespace
}  // namespace inferometer::probe
