// Checks 4, 5 and 6: RAPL on fake machines.
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "checks.h"
#include "driven.h"
#include "inferometer/recorder.h"
#include "known_window.h"
#include "os/as_nobody.h"
#include "power_curve.h"
#include "probe/energy/fake_powercap.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using probe::FakePowercap;
using std::chrono::milliseconds;

constexpr const char* kZone = "intel-rapl:0";

RecorderOptions On(const FakePowercap& powercap) { return {.device_id = "truth", .sysfs = powercap.sysfs()}; }

std::uint64_t CounterUj(const PowerCurve& curve, double t, std::uint64_t range_uj) {
  return static_cast<std::uint64_t>(curve.Joules(t) * 1e6) % range_uj;
}

struct Errors {
  double worst_mj = 0;
  double worst_steps = 0;  // in energy of the longest step between two writes
  int beyond_uncertainty = 0;
  int windows = 0;
  double wraps_in_longest = 0;
};

// Windows of random length against the exact integral.
Errors CompareWithTruth(std::uint64_t range_uj, double longest_s, int windows) {
  const PowerCurve curve{.base = 10, .step = 15};
  const FakePowercap powercap;
  powercap.Add(kZone, "package-0", 0, range_uj);
  powercap.Put(kZone, "constraint_0_max_power_uw", "60000000\n");
  Driven driven(std::chrono::microseconds(1000), [&](double t) { powercap.Set(kZone, CounterUj(curve, t, range_uj)); });
  const auto recorder = MakeRecorder(On(powercap));
  Errors errors;
  for (int i = 0; i < windows; ++i) {
    const double length_s = 0.05 + (longest_s - 0.05) * (i + 1) / windows;
    static_cast<void>(driven.TakeLongestStep());
    const KnownWindow window = MeasureKnownWindow(*recorder, driven, curve, std::chrono::duration<double>(length_s));
    if (window.record.energy_source != "rapl") continue;
    const double step_mj = 1000 * curve.most_watts() * driven.TakeLongestStep();
    ++errors.windows;
    errors.worst_mj = std::max(errors.worst_mj, window.error_mj());
    errors.worst_steps = std::max(errors.worst_steps, window.error_mj() / step_mj);
    errors.beyond_uncertainty += window.is_covered() ? 0 : 1;
    errors.wraps_in_longest = window.truth_mj * 1000 / static_cast<double>(range_uj);
  }
  return errors;
}

void ShowErrors(Sheet& sheet, const char* what, const Errors& errors, int windows) {
  sheet.AtLeast(fmt::format("{}: windows that rapl answered, of {}", what, windows), errors.windows, windows, "");
  sheet.Note(fmt::format("{}: wraps in the longest window", what), errors.wraps_in_longest, "");
  sheet.Note(fmt::format("{}: worst error", what), errors.worst_mj, "mJ");
  sheet.AtMost(fmt::format("{}: worst error, in steps of the counter", what), errors.worst_steps, 1.0, "steps");
  sheet.AtMost(fmt::format("{}: windows beyond the reported uncertainty", what), errors.beyond_uncertainty,
               0.05 * errors.windows, "");
}

// Two readings of a second in which the zones move to these joules.
InferenceRecord Second(const FakePowercap& powercap, Recorder& recorder,
                       const std::vector<std::pair<const char*, int>>& joules) {
  Inference inference = recorder.Begin({"rapl", kCpu});
  std::this_thread::sleep_for(milliseconds(300));
  for (const auto& [zone, j] : joules) powercap.Set(zone, static_cast<std::uint64_t>(j) * 1'000'000);
  inference.Token();
  return inference.End("stop");
}

void ExpectEnergy(Sheet& sheet, const char* what, const InferenceRecord& record, double mj, const char* scope) {
  const bool is_right = record.energy_source == "rapl" && record.energy_scope == scope &&
                        std::abs(*record.energy_consumed_mj - mj) < 0.01;
  sheet.Holds(fmt::format("{} ({} mJ of {})", what, mj, scope), is_right);
}

void ExpectNothing(Sheet& sheet, const char* what, const InferenceRecord& record) {
  const bool is_right = record.energy_source != "rapl" && record.energy_unavailable_reason.has_value() &&
                        record.energy_consumed_mj.value_or(1) > 0;
  sheet.Holds(fmt::format("{}: no figure of rapl, but its reason ({})", what,
                          record.energy_unavailable_reason.value_or("none")),
              is_right);
}

}  // namespace

void RaplWraps(Sheet& sheet, const Extent& extent) {
  sheet.Title("4. RAPL, written 1,000 times a second along a known curve");
  const int windows = extent.quick ? 4 : 20;
  ShowErrors(sheet, "range of 262 kJ (no wrap)",
             CompareWithTruth(FakePowercap::kIntelRangeUj, extent.quick ? 0.4 : 1.5, windows), windows);
  ShowErrors(sheet, "range of 7 J (0 to 4 wraps)", CompareWithTruth(7'000'000, extent.quick ? 0.6 : 1.5, windows),
             windows);
  ShowErrors(sheet, "range of 7 J, long windows", CompareWithTruth(7'000'000, extent.quick ? 1.0 : 4.0, windows / 2),
             windows / 2);
}

void RaplScopes(Sheet& sheet, const Extent& /*extent*/) {
  sheet.Title("5. RAPL: one scope, nothing twice");
  {
    const FakePowercap powercap;
    powercap.Add("intel-rapl:1", "package-0", 0);
    powercap.Add("intel-rapl:1:0", "core", 0);
    powercap.Add("intel-rapl:1:1", "uncore", 0);
    powercap.Add("intel-rapl-mmio:0", "package-0", 0);
    powercap.Add("intel-rapl:0", "package-1", 0);
    const auto recorder = MakeRecorder(On(powercap));
    ExpectEnergy(sheet, "two packages in any order, core, uncore and an mmio duplicate",
                 Second(powercap, *recorder,
                        {{"intel-rapl:1", 5},
                         {"intel-rapl:1:0", 3},
                         {"intel-rapl:1:1", 1},
                         {"intel-rapl-mmio:0", 5},
                         {"intel-rapl:0", 4}}),
                 9000, "package");
  }
  {
    const FakePowercap powercap;
    powercap.Add("intel-rapl:0", "package-0", 0);
    powercap.Add("intel-rapl:0:2", "dram", 0);
    powercap.Add("intel-rapl-mmio:0", "package-0", 0);
    powercap.Add("intel-rapl-mmio:0:0", "dram", 0);
    const auto recorder = MakeRecorder(On(powercap));
    ExpectEnergy(
        sheet, "memory beside the package, both by two providers",
        Second(powercap, *recorder,
               {{"intel-rapl:0", 5}, {"intel-rapl:0:2", 2}, {"intel-rapl-mmio:0", 5}, {"intel-rapl-mmio:0:0", 2}}),
        7000, "package+dram");
  }
}

void RaplFailures(Sheet& sheet, const Extent& /*extent*/) {
  sheet.Title("6. RAPL that fails: a reason, never 0, never a jump");
  const auto spoil = [&](const char* what, const auto& spoil_it) {
    const FakePowercap powercap;
    powercap.Add(kZone, "package-0", 100'000'000);
    powercap.Put(kZone, "constraint_0_max_power_uw", "60000000\n");
    const auto recorder = MakeRecorder(On(powercap));
    Inference inference = recorder->Begin({"rapl", kCpu});
    std::this_thread::sleep_for(milliseconds(50));
    spoil_it(powercap);
    inference.Token();
    ExpectNothing(sheet, what, inference.End("stop"));
  };
  spoil("an empty file", [](const FakePowercap& powercap) { powercap.Break(kZone, ""); });
  spoil("garbage", [](const FakePowercap& powercap) { powercap.Break(kZone, "0x12 volts\n"); });
  spoil("a reset to 0", [](const FakePowercap& powercap) { powercap.Set(kZone, 0); });
  spoil("a jump of 90 kJ", [](const FakePowercap& powercap) { powercap.Set(kZone, 90'000'000'000); });
  spoil("a value above the range", [](const FakePowercap& powercap) { powercap.Set(kZone, 900'000'000'000); });
  spoil("a counter that stands still", [](const FakePowercap&) {});
  {
    const FakePowercap powercap;
    powercap.Add(kZone, "package-0", 100'000'000);
    ::chmod(powercap.sysfs().c_str(), 0755);
    ::chmod((powercap.Zone(kZone) / "energy_uj").c_str(), 0);
    std::unique_ptr<Recorder> recorder;
    {
      const os::AsNobody nobody;
      recorder = MakeRecorder(On(powercap));
    }
    ExpectNothing(sheet, "no permission", Second(powercap, *recorder, {}));
  }
}

}  // namespace inferometer::checks
