// Check 1: burned CPU.
#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "checks.h"
#include "inferometer/recorder.h"
#include "os/burners.h"
#include "os/process.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

double Ms(nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// Burns exactly so much CPU time on the calling thread, by its own clock; returns what it was.
nanoseconds Burn(nanoseconds cpu_time) {
  const auto begin = os::ThreadCpuTime();
  while (os::ThreadCpuTime() - begin < cpu_time) {
  }
  return os::ThreadCpuTime() - begin;
}

struct Burned {
  InferenceRecord record;
  double truth_ms;
};

Burned BurnOn(Recorder& recorder, unsigned threads, nanoseconds cpu_time) {
  std::vector<nanoseconds> burned(threads);
  Inference inference = recorder.Begin({"burn", kCpu});
  {
    std::vector<std::jthread> burners;
    for (unsigned i = 0; i < threads; ++i) {
      burners.emplace_back([&burned, i, cpu_time] { burned[i] = Burn(cpu_time); });
    }
  }
  inference.Token();
  Burned result{inference.End("stop"), 0};
  for (const nanoseconds one : burned) result.truth_ms += Ms(one);
  return result;
}

void BurnedTime(Sheet& sheet, Recorder& recorder, unsigned threads, nanoseconds cpu_time, int repetitions) {
  double worst_share = 0;
  double worst_percent = 0;
  for (int i = 0; i < repetitions; ++i) {
    const auto [record, truth_ms] = BurnOn(recorder, threads, cpu_time);
    worst_share = std::max(worst_share, std::abs(*record.cpu_time_ms / truth_ms - 1) * 100);
    const double percent = 100 * truth_ms / *record.inference_time_ms;
    worst_percent = std::max(worst_percent, std::abs(*record.cpu_percent_avg - percent));
  }
  const std::string what = fmt::format("{} x {:.1f} s burned on {} threads", repetitions, Ms(cpu_time) / 1000, threads);
  sheet.AtMost(what + ": worst error of cpu_time_ms", worst_share, 0.1, "%");
  sheet.AtMost(what + ": worst error of cpu_percent_avg", worst_percent, 0.2, "points");
}

void SleepOnly(Sheet& sheet, Recorder& recorder) {
  Inference inference = recorder.Begin({"sleep", kCpu});
  std::this_thread::sleep_for(std::chrono::seconds(1));
  inference.Token();
  sheet.AtMost("a second of sleep: cpu_percent_avg", *inference.End("stop").cpu_percent_avg, 0.5, "%");
}

// Half of the time by the steady clock, so that a busy machine, which delays us, is seen in the truth, too.
void HalfDuty(Sheet& sheet, Recorder& recorder) {
  nanoseconds burned{};
  Inference inference = recorder.Begin({"half", kCpu});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < end) {
    burned += Burn(milliseconds(10));
    std::this_thread::sleep_for(milliseconds(10));
  }
  inference.Token();
  const InferenceRecord record = inference.End("stop");
  const double truth = 100 * Ms(burned) / *record.inference_time_ms;
  sheet.Note("2 s, half of them burned: cpu_percent_avg", *record.cpu_percent_avg, "%");
  sheet.AtMost("2 s, half of them burned: error", std::abs(*record.cpu_percent_avg - truth), 1.0, "points");
}

}  // namespace

void CpuTime(Sheet& sheet, const Extent& extent) {
  sheet.Title("1. CPU time against CPU time that was burned (each thread's own clock)");
  const auto recorder = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone});
  const int repetitions = extent.quick ? 1 : 10;
  for (const unsigned threads : {1U, 2U, 4U}) {
    BurnedTime(sheet, *recorder, threads, std::chrono::seconds(1), repetitions);
  }
  if (!extent.quick) BurnedTime(sheet, *recorder, 2, std::chrono::seconds(3), 3);
  SleepOnly(sheet, *recorder);
  HalfDuty(sheet, *recorder);
}

}  // namespace inferometer::checks
