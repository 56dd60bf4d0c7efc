#include "inferometer/recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <set>
#include <thread>
#include <vector>

#include "measure/recorder_for_tests.h"
#include "record/fields.h"

namespace inferometer {
namespace {

using std::chrono::milliseconds;

TEST_F(RecorderTest, RecordHoldsEveryRequiredField) {
  clock_.wall = WallTime(std::chrono::seconds(1'700'000'000));
  Make();
  const InferenceRecord record = Measure(3);
  EXPECT_EQ(record.status, kStatusOk);
  EXPECT_EQ(record.timestamp, WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(record.device_id, "pi-07");
  EXPECT_EQ(record.model_name, "SmolLM2");
  EXPECT_EQ(record.compute_device, "cpu");
  EXPECT_FALSE(record.session_id.has_value());  // it is the stream of record_id
  EXPECT_EQ(record.finish_reason, "stop");
  EXPECT_TRUE(record.memory_used_mb.has_value());
  EXPECT_TRUE(record.cpu_percent_avg.has_value());
  EXPECT_TRUE(record.cpu_machine_percent_avg.has_value());
  EXPECT_TRUE(record.energy_consumed_mj.has_value());
  EXPECT_TRUE(record.probe_overhead_us.has_value());
  EXPECT_FALSE(record.error_type.has_value());
  EXPECT_TRUE(record.flags.empty());
}

TEST_F(RecorderTest, TimesAreThoseOfTheClockThatWasGiven) {
  Make();
  const InferenceRecord record = Measure(3);
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 210);
  EXPECT_DOUBLE_EQ(*record.time_to_first_token_ms, 110);
  EXPECT_DOUBLE_EQ(*record.prefill_ms, 100);
  EXPECT_DOUBLE_EQ(*record.decode_ms, 100);
  EXPECT_DOUBLE_EQ(*record.tokens_per_second, 20);
  EXPECT_DOUBLE_EQ(*record.prompt_tokens_per_second, 400);
}

// A device counts from a floor while the machine's clock was never set; its meters go by the machine's all the same.
TEST_F(RecorderTest, TimestampsMayHaveAClockOfTheirOwn) {
  probe::ManualClock timestamps;
  timestamps.wall = WallTime(std::chrono::seconds(1'700'000'000));
  auto recorder = measure::RecorderState::MakeRecorder(options_, {&clock_, &occupancy_, kSession, &timestamps});
  ASSERT_TRUE(recorder.ok()) << recorder.status().message();
  Inference inference = (*recorder)->Begin({"SmolLM2", "cpu"});
  clock_.wall += std::chrono::hours(24);
  Generate(inference, 3);
  timestamps.wall += milliseconds(210);
  const InferenceRecord record = inference.End("stop");
  EXPECT_EQ(record.timestamp, WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 210);
  EXPECT_TRUE(record.flags.empty());
}

TEST_F(RecorderTest, StepOfTheWallClockChangesNoDuration) {
  Make();
  Inference inference = Begin();
  Generate(inference, 2);
  clock_.wall -= std::chrono::hours(24);
  const InferenceRecord record = inference.End("stop");
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 160);
  EXPECT_EQ(record.flags, std::vector<std::string>{"clock_step"});
}

TEST_F(RecorderTest, RecordIdsCountFromOneAndAbandonedOnesTakeNone) {
  Make();
  EXPECT_EQ(Measure(1).record_id, "pi-07/0123456789abcdef/1");
  { const Inference dropped = Begin(); }
  EXPECT_EQ(Measure(1).record_id, "pi-07/0123456789abcdef/2");
  EXPECT_EQ(recorder_->abandoned(), 1U);
}

TEST_F(RecorderTest, MovedInferenceIsNotAbandoned) {
  Make();
  Inference first = Begin();
  Inference second = std::move(first);
  second.Token();
  EXPECT_EQ(second.End("stop").status, kStatusOk);
  EXPECT_EQ(recorder_->abandoned(), 0U);
}

TEST_F(RecorderTest, AssigningOverOneUnderWayAbandonsIt) {
  Make();
  Inference inference = Begin();
  inference = Begin();
  EXPECT_EQ(recorder_->abandoned(), 1U);
  EXPECT_EQ(inference.Fail("cancelled").flags, std::vector<std::string>{"concurrent"});
}

TEST_F(RecorderTest, NoTokenIsAnError) {
  Make();
  const InferenceRecord record = Measure(0);
  EXPECT_EQ(record.status, kStatusError);
  EXPECT_EQ(record.error_type, "empty_output");
  EXPECT_EQ(record.finish_reason, "stop");
  EXPECT_EQ(record.generated_tokens, 0);
  EXPECT_FALSE(record.prompt_tokens_per_second.has_value());
}

TEST_F(RecorderTest, FailureKeepsWhatWasMeasuredButNoRates) {
  Make();
  Inference inference = Begin();
  Generate(inference, 3);
  const InferenceRecord record = inference.Fail("cancelled");
  EXPECT_EQ(record.status, kStatusError);
  EXPECT_EQ(record.error_type, "cancelled");
  EXPECT_FALSE(record.finish_reason.has_value());
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 210);
  EXPECT_EQ(record.generated_tokens, 3);
  EXPECT_TRUE(record.cpu_time_ms.has_value());
  EXPECT_TRUE(record.memory_used_mb.has_value());
  EXPECT_TRUE(record.energy_consumed_mj.has_value());
  EXPECT_FALSE(record.tokens_per_second.has_value());
  EXPECT_FALSE(record.time_per_output_token_ms.has_value());
}

TEST_F(RecorderTest, CountsThatCannotBeAreNotRecorded) {
  Make();
  for (const auto& [prompt, cached] : {std::pair<int, int>{-1, 0}, {5, -1}, {5, 6}}) {
    Inference inference = Begin();
    inference.PromptReady(prompt, cached);
    inference.Token();
    const InferenceRecord record = inference.End("stop");
    EXPECT_FALSE(record.prompt_tokens.has_value());
    EXPECT_FALSE(record.cached_prompt_tokens.has_value());
  }
}

TEST_F(RecorderTest, PromptMarkedAfterTheFirstTokenGivesNoNegativePrefill) {
  Make();
  Inference inference = Begin();
  clock_.Advance(milliseconds(30));
  inference.Token();
  clock_.Advance(milliseconds(30));
  inference.PromptReady(4);
  const InferenceRecord record = inference.End("stop");
  EXPECT_DOUBLE_EQ(*record.prefill_ms, 30);
  EXPECT_EQ(record.prompt_tokens, 4);
}

TEST_F(RecorderTest, OverlappingOnesAreMeasuredInTimeAndTokensOnly) {
  Make();
  Inference first = Begin();
  Inference second = Begin();
  Generate(first, 3);
  second.Token();
  for (const InferenceRecord& record : {first.End("stop"), second.End("stop")}) {
    EXPECT_EQ(record.status, kStatusOk);
    EXPECT_EQ(record.flags, std::vector<std::string>{"concurrent"});
    EXPECT_TRUE(record.inference_time_ms.has_value());
    EXPECT_TRUE(record.generated_tokens.has_value());
    EXPECT_FALSE(record.cpu_time_ms.has_value());
    EXPECT_FALSE(record.cpu_percent_avg.has_value());
    EXPECT_FALSE(record.memory_used_mb.has_value());
    EXPECT_FALSE(record.memory_peak_mb.has_value());
    EXPECT_FALSE(record.energy_consumed_mj.has_value());
    EXPECT_FALSE(record.energy_source.has_value());
    EXPECT_EQ(record.energy_unavailable_reason, "concurrent inferences");
  }
  EXPECT_TRUE(Measure(2).flags.empty());
}

TEST_F(RecorderTest, RecordersOfOneProcessSeeEachOther) {
  RecorderOptions options;
  options.device_id = "pi-07";
  auto one = Recorder::Create(options);
  auto other = Recorder::Create(options);
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE((*one)->session_id(), (*other)->session_id());
  Inference first = (*one)->Begin({"m", "cpu"});
  Inference second = (*other)->Begin({"m", "cpu"});
  EXPECT_EQ(second.Fail("cancelled").flags, std::vector<std::string>{"concurrent"});
  EXPECT_EQ(first.Fail("cancelled").flags, std::vector<std::string>{"concurrent"});
}

TEST_F(RecorderTest, ManyThreadsGetEachRecordIdOnce) {
  Make();
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::vector<std::vector<std::string>> ids(kThreads);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (auto& mine : ids) {
      threads.emplace_back([this, &mine] {
        for (int i = 0; i < kEach; ++i) {
          Inference inference = Begin();
          inference.Token();
          mine.push_back(*inference.End("stop").record_id);
        }
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : ids) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
}

TEST_F(RecorderTest, EveryMissingSourceLeavesItsFiguresOutAndTheRestWorks) {
  for (const bool has_status : {false, true}) {
    for (const bool has_clear_refs : {false, true}) {
      for (const bool has_energy : {false, true}) {
        const os::TemporaryFolder proc;
        if (has_status) proc.Put("self/status", "VmHWM:\t2048 kB\nVmRSS:\t1024 kB\n");
        if (has_clear_refs) proc.Put("self/clear_refs", "");
        options_.procfs = proc.path();
        options_.energy = has_energy ? EnergyChoice::kModel : EnergyChoice::kNone;
        Make();
        const InferenceRecord record = Measure(2);
        EXPECT_EQ(record.status, kStatusOk);
        EXPECT_DOUBLE_EQ(*record.inference_time_ms, 160);
        EXPECT_TRUE(record.cpu_time_ms.has_value());
        EXPECT_EQ(record.memory_used_mb.has_value(), has_status);
        EXPECT_EQ(record.memory_rss_mb.has_value(), has_status);
        EXPECT_EQ(record.memory_added_mb.has_value(), has_status && has_clear_refs);
        EXPECT_EQ(record.memory_peak_source.has_value(), has_status);
        EXPECT_EQ(record.energy_consumed_mj.has_value(), has_energy);
        EXPECT_EQ(recorder_->BaselineMemoryMb().has_value(), has_status);
      }
    }
  }
}

TEST_F(RecorderTest, FiguresAreRoundedAsTheyAreWritten) {
  Make();
  InferenceRecord record = Measure(7);
  const InferenceRecord before = record;
  record::RoundAsWritten(record);
  EXPECT_EQ(record.cpu_percent_avg, before.cpu_percent_avg);
  EXPECT_EQ(record.energy_uncertainty_mj, before.energy_uncertainty_mj);
  EXPECT_EQ(record.time_per_output_token_ms, before.time_per_output_token_ms);
}

TEST(RecorderCreate, BadOptionsAreRefused) {
  EXPECT_EQ(Recorder::Create({.device_id = "../x"}).status().code(), Code::kInvalidArgument);
  for (const double percent : {0.0, -1.0, 101.0, std::nan("")}) {
    const auto recorder = Recorder::Create({.device_id = "pi-07", .external_meter_uncertainty_percent = percent});
    EXPECT_EQ(recorder.status().code(), Code::kInvalidArgument) << percent;
  }
  EXPECT_EQ(Recorder::Create({.device_id = "pi-07", .board = "toaster"}).status().code(), Code::kInvalidArgument);
}

TEST(RecorderCreate, SessionIsSixteenHexadecimalDigits) {
  auto recorder = Recorder::Create({.device_id = "pi-07"});
  ASSERT_TRUE(recorder.ok());
  EXPECT_EQ((*recorder)->session_id().size(), 16U);
  EXPECT_EQ((*recorder)->session_id().find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace inferometer
