#include "measure/observation.h"

#include <gtest/gtest.h>

namespace inferometer::measure {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMb = std::uint64_t{1} << 20;

// Begins at 1 s; prompt ready at 1.010, first token at 1.110, last at 1.510, end at 1.520; five tokens.
Marks FiveTokens() {
  Marks marks;
  marks.begin = seconds(1);
  marks.prompt_ready = milliseconds(1010);
  marks.first_token = milliseconds(1110);
  marks.last_token = milliseconds(1510);
  marks.end = milliseconds(1520);
  marks.tokens = 5;
  marks.prompt_tokens = 60;
  marks.cached_prompt_tokens = 20;
  return marks;
}

InferenceRecord Derive(const Marks& marks, bool rates = true) {
  InferenceRecord record;
  SetTimes(marks, record);
  SetTokens(marks, rates, record);
  return record;
}

TEST(SetTimes, FollowTheDefinitions) {
  const InferenceRecord record = Derive(FiveTokens());
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 520);
  EXPECT_DOUBLE_EQ(*record.time_to_first_token_ms, 110);
  EXPECT_DOUBLE_EQ(*record.prefill_ms, 100);
  EXPECT_DOUBLE_EQ(*record.decode_ms, 400);
}

TEST(SetTimes, PrefillIsFromBeginWhereThePromptIsNotMarked) {
  Marks marks = FiveTokens();
  marks.prompt_ready.reset();
  EXPECT_DOUBLE_EQ(*Derive(marks).prefill_ms, 110);
}

TEST(SetTokens, RatesFollowTheDefinitions) {
  const InferenceRecord record = Derive(FiveTokens());
  EXPECT_DOUBLE_EQ(*record.tokens_per_second, 10);  // 4 in 400 ms
  EXPECT_DOUBLE_EQ(*record.time_per_output_token_ms, 100);
  EXPECT_DOUBLE_EQ(*record.prompt_tokens_per_second, 400);  // 40 in 100 ms
  EXPECT_EQ(record.prompt_tokens, 60);
  EXPECT_EQ(record.cached_prompt_tokens, 20);
  EXPECT_EQ(record.generated_tokens, 5);
}

TEST(SetTokens, OneTokenHasNoDecodeRate) {
  Marks marks = FiveTokens();
  marks.tokens = 1;
  marks.last_token = marks.first_token;
  const InferenceRecord record = Derive(marks);
  EXPECT_FALSE(record.decode_ms.has_value());
  EXPECT_FALSE(record.tokens_per_second.has_value());
  EXPECT_FALSE(record.time_per_output_token_ms.has_value());
  EXPECT_DOUBLE_EQ(*record.time_to_first_token_ms, 110);
  EXPECT_DOUBLE_EQ(*record.prompt_tokens_per_second, 400);
}

TEST(SetTokens, NoTokenHasNoTimesOfTokens) {
  Marks marks = FiveTokens();
  marks.tokens = 0;
  marks.first_token.reset();
  marks.last_token.reset();
  const InferenceRecord record = Derive(marks);
  EXPECT_EQ(record.generated_tokens, 0);
  EXPECT_FALSE(record.time_to_first_token_ms.has_value());
  EXPECT_FALSE(record.prefill_ms.has_value());
  EXPECT_FALSE(record.prompt_tokens_per_second.has_value());
  EXPECT_FALSE(record.tokens_per_second.has_value());
}

TEST(SetTokens, WindowsOfNoLengthGiveNoRate) {
  Marks marks = FiveTokens();
  marks.prompt_ready = marks.last_token = marks.first_token;
  const InferenceRecord record = Derive(marks);
  EXPECT_FALSE(record.tokens_per_second.has_value());
  EXPECT_FALSE(record.prompt_tokens_per_second.has_value());
}

TEST(SetTokens, PromptThatWasAllCachedHasNoRate) {
  Marks marks = FiveTokens();
  marks.cached_prompt_tokens = 60;
  EXPECT_FALSE(Derive(marks).prompt_tokens_per_second.has_value());
}

TEST(SetTokens, FailureKeepsCountsAndTimesButNoRates) {
  const InferenceRecord record = Derive(FiveTokens(), false);
  EXPECT_EQ(record.generated_tokens, 5);
  EXPECT_TRUE(record.decode_ms.has_value());
  EXPECT_FALSE(record.tokens_per_second.has_value());
  EXPECT_FALSE(record.time_per_output_token_ms.has_value());
  EXPECT_FALSE(record.prompt_tokens_per_second.has_value());
}

InferenceRecord OfMemory(const MemoryWindow& memory) {
  InferenceRecord record;
  SetMemory(memory, record);
  return record;
}

TEST(SetMemory, PeakIsSeenAgainstBaselineAndBegin) {
  const InferenceRecord record =
      OfMemory({{{10 * kMb, 10 * kMb}}, {{150 * kMb, 150 * kMb}}, {{155 * kMb, 170 * kMb}}, true});
  EXPECT_DOUBLE_EQ(*record.memory_used_mb, 160);
  EXPECT_DOUBLE_EQ(*record.memory_added_mb, 20);
  EXPECT_DOUBLE_EQ(*record.memory_rss_mb, 155);
  EXPECT_DOUBLE_EQ(*record.memory_peak_mb, 170);
  EXPECT_EQ(record.memory_peak_source, "vmhwm_reset");
}

TEST(SetMemory, PeakOfTheProcessLifeSaysSoAndAddsNothingThatIsNotKnown) {
  const InferenceRecord record =
      OfMemory({{{10 * kMb, 10 * kMb}}, {{150 * kMb, 900 * kMb}}, {{155 * kMb, 900 * kMb}}, false});
  EXPECT_EQ(record.memory_peak_source, "vmhwm_lifetime");
  EXPECT_DOUBLE_EQ(*record.memory_peak_mb, 900);
  EXPECT_FALSE(record.memory_added_mb.has_value());
}

TEST(SetMemory, WhatShrankBelowTheBaselineIsNegativeNotHuge) {
  const InferenceRecord record =
      OfMemory({{{100 * kMb, 100 * kMb}}, {{40 * kMb, 40 * kMb}}, {{40 * kMb, 40 * kMb}}, true});
  EXPECT_DOUBLE_EQ(*record.memory_used_mb, -60);
}

TEST(SetMemory, EachMissingReadingLeavesItsFiguresOut) {
  EXPECT_FALSE(OfMemory({{{1, 1}}, {{1, 1}}, std::nullopt, true}).memory_peak_mb.has_value());
  const InferenceRecord no_begin = OfMemory({{{1, 1}}, std::nullopt, {{kMb, kMb}}, true});
  EXPECT_FALSE(no_begin.memory_added_mb.has_value());
  EXPECT_TRUE(no_begin.memory_used_mb.has_value());
  EXPECT_FALSE(OfMemory({std::nullopt, {{1, 1}}, {{1, 1}}, true}).memory_used_mb.has_value());
}

InferenceRecord OfCpu(nanoseconds duration, nanoseconds cpu_time, unsigned cpus) {
  InferenceRecord record;
  Marks marks;
  marks.end = duration;
  SetTimes(marks, record);
  SetCpu({cpu_time, cpus}, record);
  return record;
}

TEST(SetCpu, PercentIsOfOneCoreAndOfTheMachine) {
  const InferenceRecord record = OfCpu(milliseconds(200), milliseconds(300), 4);
  EXPECT_DOUBLE_EQ(*record.cpu_time_ms, 300);
  EXPECT_DOUBLE_EQ(*record.cpu_percent_avg, 150);
  EXPECT_DOUBLE_EQ(*record.cpu_machine_percent_avg, 37.5);
}

TEST(SetCpu, ShareOfTheMachineNeverPassesAllOfIt) {
  EXPECT_DOUBLE_EQ(*OfCpu(microseconds(5), microseconds(20), 2).cpu_machine_percent_avg, 100);
}

TEST(SetCpu, WindowOfNoLengthHasNoPercent) {
  const InferenceRecord record = OfCpu(nanoseconds(0), microseconds(20), 2);
  EXPECT_TRUE(record.cpu_time_ms.has_value());
  EXPECT_FALSE(record.cpu_percent_avg.has_value());
  EXPECT_FALSE(record.cpu_machine_percent_avg.has_value());
}

InferenceRecord OfEnergy(nanoseconds duration, probe::EnergyAnswer answer) {
  InferenceRecord record;
  Marks marks;
  marks.end = duration;
  SetTimes(marks, record);
  SetEnergy(std::move(answer), record);
  return record;
}

TEST(SetEnergy, CarriesSourceScopeUncertaintyAndPower) {
  const InferenceRecord record = OfEnergy(milliseconds(500), {probe::Energy{4000, 240}, "rapl", "package", ""});
  EXPECT_DOUBLE_EQ(*record.energy_consumed_mj, 4000);
  EXPECT_DOUBLE_EQ(*record.energy_uncertainty_mj, 240);
  EXPECT_DOUBLE_EQ(*record.average_power_mw, 8000);
  EXPECT_EQ(record.energy_source, "rapl");
  EXPECT_EQ(record.energy_scope, "package");
  EXPECT_FALSE(record.energy_unavailable_reason.has_value());
}

TEST(SetEnergy, WithoutEnergyThereIsOnlyTheReason) {
  const InferenceRecord record = OfEnergy(milliseconds(500), {std::nullopt, "", "", "turned off"});
  EXPECT_EQ(record.energy_unavailable_reason, "turned off");
  EXPECT_FALSE(record.energy_consumed_mj.has_value());
  EXPECT_FALSE(record.energy_source.has_value());
  EXPECT_FALSE(record.energy_scope.has_value());
  EXPECT_FALSE(record.average_power_mw.has_value());
}

TEST(SetEnergy, WindowOfNoLengthHasNoPower) {
  EXPECT_FALSE(OfEnergy(nanoseconds(0), {probe::Energy{1, 1}, "model", "board", ""}).average_power_mw.has_value());
}

}  // namespace
}  // namespace inferometer::measure
