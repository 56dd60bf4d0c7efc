// What measuring costs and how exact it is, with the bound beside each figure. No engine takes part.
//   bench-metering [--quick]
// Exit code 1 when a figure is beyond its bound.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/quantile.h"
#include "device/keeper.h"
#include "figures.h"
#include "inferometer/recorder.h"
#include "os/burners.h"
#include "os/temporary_folder.h"
#include "os/touched_pages.h"

namespace {

using inferometer::Inference;
using inferometer::InferenceRecord;
using inferometer::Recorder;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t kMb = std::size_t{1} << 20;

using inferometer::bench::Microseconds;

inferometer::bench::Figures figures;

// The whole of Begin and End as a program calls them, making the record included.
void BenchCost(Recorder& recorder, int pairs) {
  std::vector<double> whole_us;
  std::vector<double> probes_us;
  for (int i = -100; i < pairs; ++i) {  // the first 100 warm up
    const auto t0 = Clock::now();
    Inference inference = recorder.Begin({"bench", "cpu"});
    const auto t1 = Clock::now();
    inference.Token();
    const auto t2 = Clock::now();
    const InferenceRecord record = inference.End("stop");
    const auto t3 = Clock::now();
    if (i < 0) continue;
    whole_us.push_back(Microseconds(t1 - t0) + Microseconds(t3 - t2));
    probes_us.push_back(*record.probe_overhead_us);
  }
  const std::string n = fmt::format(", {} pairs", pairs);
  figures.Row("begin + end, warm, median" + n, inferometer::base::QuantileType7(whole_us, 0.5), "us", 60.0);
  figures.Row("begin + end, warm, p95" + n, inferometer::base::QuantileType7(whole_us, 0.95), "us");
  figures.Row("  of it reading the probes, median" + n, inferometer::base::QuantileType7(probes_us, 0.5), "us", 60.0);
}

void Compute(std::chrono::microseconds at_least) {
  const auto end = Clock::now() + at_least;
  while (Clock::now() < end) continue;
}

// As above, and the record kept as a device keeps it: into a journal, by a thread of its own that writes and syncs it
// meanwhile. `between`: what the inference computes. A short one leaves the caches to other programs, and finds the
// keeper's thread asleep, which is to be woken.
void BenchKept(Recorder& recorder, int pairs, std::chrono::microseconds between, std::optional<double> most_us) {
  const inferometer::os::TemporaryFolder folder;
  const inferometer::base::SystemClock clock;
  auto keeping = inferometer::device::RecordKeeping::Open(
      {.folder = folder.path(), .device_id = "bench", .journal = {.stream = 1}}, inferometer::os::SystemFileCalls(),
      clock);
  if (!keeping.ok()) return figures.Row("a journal could not be opened in " + folder.path().string(), 1, "", 0);
  inferometer::device::Keeper keeper({}, std::move(*keeping), nullptr, clock, {});
  std::vector<double> whole_us;
  std::vector<double> keep_us;
  for (int i = -100; i < pairs; ++i) {
    const auto t0 = Clock::now();
    Inference inference = recorder.Begin({"bench", "cpu"});
    const auto t1 = Clock::now();
    Compute(between);
    inference.Token();
    const auto t2 = Clock::now();
    InferenceRecord record = inference.End("stop");
    const auto t3 = Clock::now();
    static_cast<void>(keeper.Keep(std::move(record)));
    const auto t4 = Clock::now();
    if (i < 0) continue;
    whole_us.push_back(Microseconds(t1 - t0) + Microseconds(t4 - t2));
    keep_us.push_back(Microseconds(t4 - t3));
  }
  keeper.Finish();
  const std::string what = fmt::format("begin + end + keep, journal on, {} us between, ", between.count());
  const double median_us = inferometer::base::QuantileType7(whole_us, 0.5);
  if (most_us) figures.Row(what + "median", median_us, "us", *most_us);
  if (!most_us) figures.Row(what + "median", median_us, "us");
  figures.Row(what + "p95", inferometer::base::QuantileType7(whole_us, 0.95), "us");
  figures.Row("  of it keep, median", inferometer::base::QuantileType7(keep_us, 0.5), "us");
  figures.Row("  records lost", static_cast<double>(keeper.stats().lost_records), "", 0);
}

void BenchToken(Recorder& recorder) {
  constexpr int kTokens = 100'000;
  Inference inference = recorder.Begin({"bench", "cpu"});
  const auto begin = Clock::now();
  for (int i = 0; i < kTokens; ++i) inference.Token();
  figures.Row("a token, mean of 100000", Microseconds(Clock::now() - begin) / kTokens, "us");
  static_cast<void>(inference.End("stop"));
}

// What two readings of CPU time and the marks beside them, a few microseconds apart, can differ by. Where this thread
// lost its CPU in between it is more, and the window tells nothing about an error of 1 ms.
constexpr Milliseconds kMostUnsure{0.5};

void BenchCpu(Recorder& recorder, std::chrono::milliseconds window, int windows) {
  inferometer::os::Burners burners(4);
  double worst_ms = 0;
  int judged = 0;
  int left_out = 0;
  while (judged < windows && left_out <= windows) {
    std::optional<Inference> inference;
    InferenceRecord record;
    const auto begin = burners.MarkAfter([&] { inference.emplace(recorder.Begin({"bench", "cpu"})); });
    std::this_thread::sleep_for(window);
    inference->Token();
    const auto end = burners.MarkAfter([&] { record = inference->End("stop"); });
    if (begin.unsure + end.unsure > kMostUnsure) {
      ++left_out;
      continue;
    }
    ++judged;
    worst_ms = std::max(worst_ms, std::abs(*record.cpu_time_ms - Milliseconds(end.burned - begin.burned).count()));
  }
  const double seconds = std::chrono::duration<double>(window).count();
  figures.Row(fmt::format("CPU time, 4 threads, {:.1f} s, worst error of {} windows", seconds, judged), worst_ms, "ms",
              1.0);
  figures.Row("  left out: this program lost its CPU beside a reading", left_out, "", windows);
}

void BenchMemory(Recorder& recorder, std::size_t mb, int repetitions) {
  double worst_mb = 0;
  for (int i = 0; i < repetitions; ++i) {
    Inference inference = recorder.Begin({"bench", "cpu"});
    { const inferometer::os::TouchedPages pages(mb * kMb); }
    inference.Token();
    const InferenceRecord record = inference.End("stop");
    if (!record.memory_added_mb.has_value()) {
      fmt::print("{:<58} not measured: no /proc/self/clear_refs\n", "peak memory");
      return;
    }
    worst_mb = std::max(worst_mb, std::abs(*record.memory_added_mb - static_cast<double>(mb)));
  }
  figures.Row(fmt::format("peak memory, {} MB touched, worst error of {}", mb, repetitions), worst_mb, "MB", 1.0);
}

int Run(bool quick) {
  auto recorder = Recorder::Create({.device_id = "bench"});
  if (!recorder.ok()) {
    fmt::print(stderr, "{}\n", recorder.status().message());
    return 1;
  }
  fmt::print("{}; {} CPUs\n", (*recorder)->EnergyDescription(), std::thread::hardware_concurrency());
  BenchCost(**recorder, quick ? 2000 : 20'000);
  BenchKept(**recorder, quick ? 1000 : 5000, std::chrono::microseconds(0), 60.0);
  BenchKept(**recorder, quick ? 1000 : 5000, std::chrono::microseconds(1000), std::nullopt);
  BenchToken(**recorder);
  BenchCpu(**recorder, std::chrono::milliseconds(100), quick ? 20 : 200);
  BenchCpu(**recorder, std::chrono::milliseconds(500), quick ? 4 : 60);
  BenchCpu(**recorder, std::chrono::milliseconds(2000), quick ? 1 : 20);
  for (const std::size_t mb : {300U, 1U, 10U, 100U}) BenchMemory(**recorder, mb, quick ? 3 : 20);
  return figures.ExitCode();
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc == 2 && std::string_view(argv[1]) == "--quick";
  if (argc > 1 && !quick) {
    fmt::print(stderr, "usage: bench-metering [--quick]\n");
    return 2;
  }
  return Run(quick);
}
