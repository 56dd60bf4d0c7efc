// Check 14: overlapping windows, and the long run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <limits>
#include <thread>
#include <vector>

#include "base/quantile.h"
#include "checks.h"
#include "driven.h"
#include "inferometer/recorder.h"
#include "known_window.h"
#include "power_curve.h"
#include "probe/energy/fake_powercap.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The least of some counts: the thread that drives the fake counter opens its file for a moment, 1,000 times a second.
// What has leaked is in every count.
std::size_t OpenDescriptors() {
  std::ptrdiff_t least = std::numeric_limits<std::ptrdiff_t>::max();
  for (int count = 0; count < 20; ++count) {
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    least = std::min(least, std::distance(begin(descriptors), end(descriptors)));
    std::this_thread::sleep_for(std::chrono::microseconds(300));  // no divisor of the writer's interval
  }
  return static_cast<std::size_t>(least);
}

void Overlap(Sheet& sheet, Recorder& recorder) {
  Inference first = recorder.Begin({"a", kCpu});
  Inference second = recorder.Begin({"b", kCpu});
  first.Token();
  second.Token();
  const InferenceRecord one = first.End("stop");
  const InferenceRecord two = second.End("stop");
  const auto is_apart = [](const InferenceRecord& record) {
    return record.flags == std::vector<std::string>{"concurrent"} && !record.energy_consumed_mj &&
           !record.cpu_time_ms && !record.memory_peak_mb && record.inference_time_ms.has_value();
  };
  sheet.Holds("two that overlap: both flagged, nothing attributed", is_apart(one) && is_apart(two));
}

struct Soak {
  std::size_t inferences = 0;
  std::size_t without_energy = 0;
  double worst_error_percent = 0;
  std::vector<double> resident_mb;
  std::size_t descriptors_begin = 0;
  std::size_t descriptors_end = 0;
};

Soak RunSoak(std::chrono::seconds length) {
  const PowerCurve curve{.base = 10, .step = 15};
  constexpr std::uint64_t kRangeUj = 65'000'000;
  const probe::FakePowercap powercap;
  powercap.Add("intel-rapl:0", "package-0", 0, kRangeUj);
  powercap.Put("intel-rapl:0", "constraint_0_max_power_uw", "60000000\n");
  Driven driven(milliseconds(1), [&](double t) {
    powercap.Set("intel-rapl:0", static_cast<std::uint64_t>(curve.Joules(t) * 1e6) % kRangeUj);
  });
  const auto recorder = MakeRecorder({.device_id = "truth", .sysfs = powercap.sysfs()});
  Soak soak;
  const auto end = Clock::now() + length;
  for (bool warm = false; Clock::now() < end; warm = true) {
    const KnownWindow window = MeasureKnownWindow(*recorder, driven, curve, milliseconds(200));
    if (!warm) soak.descriptors_begin = OpenDescriptors();
    ++soak.inferences;
    soak.resident_mb.push_back(*window.record.memory_rss_mb);
    if (window.record.energy_source != "rapl") {
      ++soak.without_energy;
      continue;
    }
    soak.worst_error_percent = std::max(soak.worst_error_percent, window.error_percent());
  }
  soak.descriptors_end = OpenDescriptors();
  return soak;
}

double MedianOf(const std::vector<double>& values, std::size_t begin, std::size_t count) {
  std::vector<double> part(values.begin() + static_cast<std::ptrdiff_t>(begin),
                           values.begin() + static_cast<std::ptrdiff_t>(begin + count));
  return base::QuantileType7(part, 0.5);
}

}  // namespace

void Concurrency(Sheet& sheet, const Extent& extent) {
  sheet.Title("14. Overlap, and a long run");
  const auto recorder = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone});
  Overlap(sheet, *recorder);
  const auto length = extent.quick ? std::chrono::seconds(3) : extent.soak;
  const Soak soak = RunSoak(length);
  const std::size_t tenth = std::max<std::size_t>(1, soak.resident_mb.size() / 10);
  sheet.Note(fmt::format("{} s of inferences one after the other", length.count()),
             static_cast<double>(soak.inferences), "");
  sheet.AtMost("more descriptors at the end than after the first",
               static_cast<double>(soak.descriptors_end) - static_cast<double>(soak.descriptors_begin), 0, "");
  sheet.AtMost(
      "resident memory, median of the last tenth less that of the first",
      MedianOf(soak.resident_mb, soak.resident_mb.size() - tenth, tenth) - MedianOf(soak.resident_mb, 0, tenth), 0.5,
      "MB");
  sheet.AtMost("inferences without their energy", static_cast<double>(soak.without_energy), 0, "");
  sheet.Note("worst error of an energy", soak.worst_error_percent, "%");
}

}  // namespace inferometer::checks
