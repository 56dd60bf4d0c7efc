// Check 7: gauges that are integrated.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "base/quantile.h"
#include "checks.h"
#include "driven.h"
#include "inferometer/recorder.h"
#include "known_window.h"
#include "os/cpus.h"
#include "power_curve.h"
#include "probe/energy/fake_ina3221.h"
#include "probe/energy/gauge_curve.h"
#include "probe/energy/gauge_source.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using probe::FakeIna3221;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Seconds = std::chrono::duration<double>;

constexpr const char* kDevice = "1-0040";

double MilliwattsOf(const FakeIna3221& jetson) {
  const auto recorder = MakeRecorder({.device_id = "truth", .sysfs = jetson.sysfs()});
  Inference inference = recorder->Begin({"gauge", kCpu});
  std::this_thread::sleep_for(milliseconds(100));
  inference.Token();
  const InferenceRecord record = inference.End("stop");
  return record.energy_source == "ina3221" ? *record.average_power_mw : 0;
}

void InputRailOnly(Sheet& sheet) {
  for (const auto& [layout, name, input] :
       {std::tuple{FakeIna3221::Layout::kHwmon, "hwmon", "VDD_IN"}, {FakeIna3221::Layout::kIio, "iio", "POM_5V_IN"}}) {
    const FakeIna3221 jetson(layout);
    jetson.Add(kDevice, 1, input, 5000, 2000);
    jetson.Add(kDevice, 2, "VDD_CPU_GPU_CV", 5000, 700);
    jetson.Add(kDevice, 3, "NC", 0, 0);
    if (layout == FakeIna3221::Layout::kHwmon) {
      jetson.Put(kDevice, "in7_label", "sum of shunt voltages\n");
      jetson.Put(kDevice, "in7_input", "13000\n");
    }
    jetson.LinkBelowDevices(kDevice);
    sheet.AtMost(fmt::format("{} layout: total is {} alone (10 W), error", name, input),
                 std::abs(MilliwattsOf(jetson) - 10'000), 20, "mW");
  }
}

struct Coverage {
  double percent = 0;
  double median_error_percent = 0;
  double median_uncertainty_percent = 0;
};

// Windows of a curve with one step and a ripple, of random phase, sampled with the scheduler's jitter.
Coverage CoverPhases(nanoseconds length, nanoseconds interval, int windows) {
  std::mt19937_64 random(20261125);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::vector<double> errors;
  std::vector<double> uncertainties;
  int covered = 0;
  for (int i = 0; i < windows; ++i) {
    probe::ManualClock clock;
    auto gauge = std::make_unique<probe::CurveGauge>(
        probe::PowerGaugeFacts{"gauge", "board", "", nanoseconds(0), 0, 0, 100}, &clock);
    gauge->begin = clock.Steady();
    const double seconds = Seconds(length).count();
    gauge->curve = {12, 8, uniform(0, seconds), 1, uniform(2, 400), uniform(0, 6.28)};
    const probe::PowerCurve curve = gauge->curve;
    probe::GaugeSource source(std::move(gauge), &clock);
    const probe::EnergyReading begin = source.Begin();
    const nanoseconds started = clock.Steady();
    for (nanoseconds next = interval; next < length; next += interval) {
      clock.Advance(started + next + nanoseconds(static_cast<int>(uniform(0, 1e6))) - clock.Steady());
      source.Sample();
    }
    clock.Advance(std::max(nanoseconds(1), started + length - clock.Steady()));
    const probe::EnergyReading end = source.Read();
    const double truth_mj = 1000 * curve.Joules(Seconds(clock.Steady() - started).count());
    const auto energy = source.Between(begin, end, clock.Steady() - started);
    if (!energy.ok()) continue;
    const double error_mj = std::abs(energy->mj - truth_mj);
    covered += error_mj <= energy->uncertainty_mj ? 1 : 0;
    errors.push_back(100 * error_mj / truth_mj);
    uncertainties.push_back(100 * energy->uncertainty_mj / truth_mj);
  }
  return {100.0 * covered / windows, base::QuantileType7(errors, 0.5), base::QuantileType7(uncertainties, 0.5)};
}

void RandomPhases(Sheet& sheet, int windows) {
  using Milliseconds = std::pair<int, int>;
  for (const auto& [length, interval] : {Milliseconds(1000, 20), {300, 20}, {100, 20}, {300, 40}, {3000, 50}}) {
    const Coverage coverage = CoverPhases(milliseconds(length), milliseconds(interval), windows);
    const auto what = fmt::format("{} random phases, {} ms each {} ms", windows, length, interval);
    sheet.AtLeast(what + ": true error within the uncertainty", coverage.percent, 95, "%");
    sheet.Note(what + ": median error", coverage.median_error_percent, "%");
    sheet.Note(what + ": median uncertainty", coverage.median_uncertainty_percent, "%");
  }
}

struct RealTime {
  int windows = 0;
  int covered = 0;
  std::vector<double> error_percent;
  std::vector<double> sampler_percent;  // of the machine
  std::vector<double> gap_ms;
};

// The recorder with its sampler, on a machine that a thread drives.
RealTime RunRealTime(int windows, milliseconds length) {
  const PowerCurve curve{.base = 5, .step = 8, .ripple_period_s = 0.0137};  // no multiple of it is a sampling interval
  std::mt19937_64 random(20261125);
  std::uniform_real_distribution<double> pause_s(0, curve.period_s);
  const FakeIna3221 jetson;
  jetson.Add(kDevice, 1, "VDD_IN", 5000, 1000);
  jetson.Put(kDevice, "update_interval", "1\n");
  Driven driven(milliseconds(1), [&](double t) { jetson.SetPower(kDevice, 1, curve.Watts(t)); });
  const auto recorder = MakeRecorder({.device_id = "truth", .sysfs = jetson.sysfs()});
  RealTime result;
  for (int i = 0; i < windows; ++i) {
    std::this_thread::sleep_for(std::chrono::duration<double>(pause_s(random)));
    const KnownWindow window = MeasureKnownWindow(*recorder, driven, curve, length);
    const InferenceRecord& record = window.record;
    if (record.energy_source != "ina3221") continue;
    ++result.windows;
    result.covered += window.is_covered() ? 1 : 0;
    result.error_percent.push_back(window.error_percent());
    result.sampler_percent.push_back(*record.sampler_cpu_us / (10 * *record.inference_time_ms * os::UsableCpus()));
    result.gap_ms.push_back(*record.energy_max_gap_ms);
  }
  return result;
}

void InRealTime(Sheet& sheet, int windows, milliseconds length) {
  RealTime result = RunRealTime(windows, length);
  const auto what = fmt::format("sampled by the recorder, {} windows of {} ms", windows, length.count());
  sheet.AtLeast(what + ": answered by the gauge", result.windows, windows, "");
  if (result.windows == 0) return;
  sheet.AtLeast(what + ": within the uncertainty", 100.0 * result.covered / result.windows,
                FewestCoveredPercent(result.windows), "%");
  sheet.Note(what + ": median error", base::QuantileType7(result.error_percent, 0.5), "%");
  sheet.Note(what + ": median longest gap", base::QuantileType7(result.gap_ms, 0.5), "ms");
  sheet.AtMost(what + ": sampler, median", base::QuantileType7(result.sampler_percent, 0.5), 0.1, "% of the machine");
}

}  // namespace

void Gauges(Sheet& sheet, const Extent& extent) {
  sheet.Title("7. Gauges: one rail, and an uncertainty that holds");
  InputRailOnly(sheet);
  RandomPhases(sheet, 1000);
  InRealTime(sheet, extent.quick ? 10 : 100, milliseconds(300));
  InRealTime(sheet, extent.quick ? 3 : 20, milliseconds(3000));
}

}  // namespace inferometer::checks
