// Memory and CPU of real inferences against what was really touched and burned.
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "base/sanitizers.h"
#include "inferometer/recorder.h"
#include "os/burners.h"
#include "os/touched_pages.h"

namespace inferometer {
namespace {

constexpr std::size_t kMb = std::size_t{1} << 20;

std::unique_ptr<Recorder> MakeRecorder(bool reset_peak) {
  RecorderOptions options;
  options.device_id = "pi-07";
  options.energy = EnergyChoice::kNone;
  options.reset_peak = reset_peak;
  auto recorder = Recorder::Create(options);
  EXPECT_TRUE(recorder.ok());
  return std::move(recorder).value();
}

// An inference that holds so much more for a moment.
InferenceRecord Touch(Recorder& recorder, std::size_t bytes) {
  Inference inference = recorder.Begin({"pages", "cpu"});
  { const os::TouchedPages pages(bytes); }
  inference.Token();
  return inference.End("stop");
}

#ifndef INFEROMETER_SANITIZES_THREADS  // whose shadows of touched pages are resident, too

TEST(RecorderMemory, PeakIsExactToOneMbAndTheSmallOneDoesNotShowTheBigOne) {
  const auto recorder = MakeRecorder(true);
  for (const std::size_t mb : {300U, 1U, 100U, 10U}) {
    const InferenceRecord record = Touch(*recorder, mb * kMb);
    EXPECT_EQ(record.memory_peak_source, "vmhwm_reset");
    EXPECT_NEAR(*record.memory_added_mb, static_cast<double>(mb), 1.0) << mb;
  }
}

TEST(RecorderMemory, WhatTheModelHoldsIsInMemoryUsedAndNotInMemoryAdded) {
  const auto recorder = MakeRecorder(true);
  const os::TouchedPages model(50 * kMb);
  const InferenceRecord record = Touch(*recorder, 20 * kMb);
  EXPECT_NEAR(*record.memory_used_mb, 70, 1.0);
  EXPECT_NEAR(*record.memory_added_mb, 20, 1.0);
  EXPECT_NEAR(*record.memory_rss_mb - *recorder->BaselineMemoryMb(), 50, 1.0);
  EXPECT_NEAR(*recorder->ResidentMemoryMb(), *record.memory_rss_mb, 1.0);
}

#endif

TEST(RecorderMemory, WithoutResetThePeakIsOfTheProcessLifeAndSaysSo) {
  const auto recorder = MakeRecorder(false);
  static_cast<void>(Touch(*recorder, 100 * kMb));
  const InferenceRecord small = Touch(*recorder, kMb);
  EXPECT_EQ(small.memory_peak_source, "vmhwm_lifetime");
  EXPECT_GE(*small.memory_peak_mb, *small.memory_rss_mb + 90);
  EXPECT_FALSE(small.memory_added_mb.has_value());
}

TEST(RecorderCpu, IsExactToAMillisecondWhileFourThreadsRun) {
  const auto recorder = MakeRecorder(true);
  os::Burners burners(4);
  using Milliseconds = std::chrono::duration<double, std::milli>;
  for (int window = 0; window < 40; ++window) {
    std::optional<Inference> inference;
    InferenceRecord record;
    const auto begin = burners.MarkAfter([&] { inference.emplace(recorder->Begin({"burners", "cpu"})); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    inference->Token();
    const auto end = burners.MarkAfter([&] { record = inference->End("stop"); });
    EXPECT_NEAR(*record.cpu_time_ms, Milliseconds(end.burned - begin.burned).count(),
                1.0 + Milliseconds(begin.unsure + end.unsure).count());
  }
}

}  // namespace
}  // namespace inferometer
