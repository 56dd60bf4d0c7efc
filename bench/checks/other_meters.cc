// Check 8: the Pi 5's power chip, batteries, and a meter's stream.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "checks.h"
#include "driven.h"
#include "inferometer/recorder.h"
#include "known_window.h"
#include "os/temporary_folder.h"
#include "power_curve.h"
#include "probe/energy/battery.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/fake_battery.h"
#include "probe/energy/pmic.h"
#include "probe/manual_clock.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 12 rails of i/10 A at 2 V, 1.5 V more that have no current.
std::string PmicAnswer(bool broken) {
  std::string text;
  for (int i = 1; i <= 12; ++i) text += fmt::format("   RAIL{}_A current({})={:.8f}A\n", i, i, i / 10.0);
  for (int i = 1; i <= 12; ++i) {
    text += fmt::format("   RAIL{}_V volt({})={}V\n", i, 20 + i, broken && i == 7 ? "x" : "2.00000000");
  }
  return text + "   EXT5V_V volt(40)=5.08530000V\n   BATT_V volt(41)=0.00000000V\n";
}

void PowerChip(Sheet& sheet) {
  const auto reading = probe::ParsePmicAdc(PmicAnswer(false));
  sheet.AtMost("Pi 5: sum of twelve rails (15.6 W), error", reading.ok() ? std::abs(reading->watts - 15.6) : 99, 1e-9,
               "W");
  sheet.Holds("Pi 5: a malformed line is an error", !probe::ParsePmicAdc(PmicAnswer(true)).ok());
}

void Batteries(Sheet& sheet) {
  const probe::FakeBattery battery;
  battery.Add("BAT0", 40'000'000);
  probe::ManualClock clock;
  probe::EnergyRoots roots;
  roots.sysfs = battery.sysfs();
  roots.clock = &clock;
  auto opened = probe::OpenBattery(roots);
  if (!opened.ok()) return sheet.Holds("battery can be opened", false);
  const auto window = [&](seconds length, const char* status) {
    const probe::EnergyReading begin = (*opened)->Begin();
    clock.Advance(length);
    battery.SetEnergy("BAT0", 39'000'000);
    battery.Put("BAT0", "status", status);
    const auto energy = (*opened)->Between(begin, (*opened)->Read(), length);
    battery.SetEnergy("BAT0", 40'000'000);
    battery.Put("BAT0", "status", "Discharging");
    return energy;
  };
  const auto energy = window(seconds(1200), "Discharging");
  sheet.AtMost("battery: 1 Wh in 20 minutes (3,600 J), error", energy.ok() ? std::abs(energy->mj - 3.6e6) : 1e9, 1e-3,
               "mJ");
  sheet.Holds("battery: charging is refused", !window(seconds(1200), "Charging").ok());
  sheet.Holds("battery: a minute is refused", !window(seconds(60), "Discharging").ok());
}

// A file to which a thread adds a line 50 times a second, stamped with Unix time.
void Stream(Sheet& sheet, int windows) {
  const os::TemporaryFolder folder;
  const auto path = folder.Put("meter.csv", "time,watts\n");
  std::FILE* file = std::fopen(path.c_str(), "a");
  if (file == nullptr) return sheet.Holds("a meter's file can be written", false);
  const PowerCurve curve{.base = 5, .step = 8};
  int covered = 0;
  double worst_percent = 0;
  {
    Driven driven(milliseconds(20), [&](double t) {
      const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
      fmt::print(file, "{:.6f},{:.4f}\n", now.count(), curve.Watts(t));
      std::fflush(file);
    });
    const auto recorder = MakeRecorder({.device_id = "truth", .external_meter = path});
    for (int i = 0; i < windows; ++i) {
      std::this_thread::sleep_for(milliseconds(37));
      const KnownWindow window = MeasureKnownWindow(*recorder, driven, curve, milliseconds(500));
      if (window.record.energy_source != "external") continue;
      covered += window.is_covered() ? 1 : 0;
      worst_percent = std::max(worst_percent, window.error_percent());
    }
  }
  std::fclose(file);
  sheet.AtLeast(fmt::format("a meter's stream, {} windows of 500 ms: within the uncertainty", windows),
                100.0 * covered / windows, FewestCoveredPercent(windows), "%");
  sheet.Note("a meter's stream: worst error", worst_percent, "%");
}

}  // namespace

void OtherMeters(Sheet& sheet, const Extent& extent) {
  sheet.Title("8. The Pi 5's power chip, batteries, a meter's stream");
  PowerChip(sheet);
  Batteries(sheet);
  Stream(sheet, extent.quick ? 5 : 50);
}

}  // namespace inferometer::checks
