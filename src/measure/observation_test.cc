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

probe::EnergyAnswer Measured(double mj, double uncertainty_mj) {
  probe::EnergyAnswer answer;
  answer.energy = probe::Energy{mj, uncertainty_mj};
  answer.source = "rapl";
  answer.scope = "package";
  answer.quality = "ok";
  answer.resolution = milliseconds(1);
  return answer;
}

TEST(SetEnergy, CarriesSourceScopeUncertaintyQualityAndPower) {
  const InferenceRecord record = OfEnergy(milliseconds(500), Measured(4000, 240));
  EXPECT_DOUBLE_EQ(*record.energy_consumed_mj, 4000);
  EXPECT_DOUBLE_EQ(*record.energy_uncertainty_mj, 240);
  EXPECT_DOUBLE_EQ(*record.average_power_mw, 8000);
  EXPECT_EQ(record.energy_source, "rapl");
  EXPECT_EQ(record.energy_scope, "package");
  EXPECT_EQ(record.energy_quality, "ok");
  EXPECT_DOUBLE_EQ(*record.energy_resolution_ms, 1);
  EXPECT_FALSE(record.energy_unavailable_reason.has_value());
  EXPECT_FALSE(record.energy_samples.has_value());
  EXPECT_FALSE(record.prefill_energy_mj.has_value());
  EXPECT_FALSE(record.gpu_energy_mj.has_value());
}

TEST(SetEnergy, GaugesSayHowTheyWereSampledAndPhasesStandApart) {
  probe::EnergyAnswer answer = Measured(4000, 240);
  answer.sampling = probe::SamplingFacts{27, milliseconds(21)};
  answer.phases = probe::PhaseEnergy{{3000, 30}, {1000, 10}};
  answer.gpu = probe::Energy{500, 50};
  const InferenceRecord record = OfEnergy(milliseconds(500), answer);
  EXPECT_EQ(record.energy_samples, 27);
  EXPECT_DOUBLE_EQ(*record.energy_max_gap_ms, 21);
  EXPECT_DOUBLE_EQ(*record.prefill_energy_mj, 3000);
  EXPECT_DOUBLE_EQ(*record.prefill_energy_uncertainty_mj, 30);
  EXPECT_DOUBLE_EQ(*record.decode_energy_mj, 1000);
  EXPECT_DOUBLE_EQ(*record.decode_energy_uncertainty_mj, 10);
  EXPECT_DOUBLE_EQ(*record.gpu_energy_mj, 500);
  EXPECT_DOUBLE_EQ(*record.gpu_energy_uncertainty_mj, 50);
}

TEST(SetEnergy, WithoutEnergyThereIsOnlyTheReason) {
  probe::EnergyAnswer answer;
  answer.unavailable_reason = "turned off";
  const InferenceRecord record = OfEnergy(milliseconds(500), answer);
  EXPECT_EQ(record.energy_unavailable_reason, "turned off");
  EXPECT_FALSE(record.energy_consumed_mj.has_value());
  EXPECT_FALSE(record.energy_source.has_value());
  EXPECT_FALSE(record.energy_scope.has_value());
  EXPECT_FALSE(record.energy_quality.has_value());
  EXPECT_FALSE(record.average_power_mw.has_value());
}

TEST(SetEnergy, WindowOfNoLengthHasNoPower) {
  EXPECT_FALSE(OfEnergy(nanoseconds(0), Measured(1, 1)).average_power_mw.has_value());
}

// A second on two CPUs, of which this process burned one.
InferenceRecord OfSurroundings(const Surroundings& surroundings) {
  InferenceRecord record = OfCpu(seconds(1), seconds(1), 2);
  SetSurroundings(surroundings, 2, record);
  SetFlags(surroundings, 2, record);
  return record;
}

TEST(SetSurroundings, SaysWhatOthersTookAndFlagsNothingOnAQuietMachine) {
  const InferenceRecord record = OfSurroundings({{{1000, 5}}, {{1104, 6}}, {3, 10}, {3, 17}, milliseconds(-1)});
  EXPECT_DOUBLE_EQ(*record.background_cpu_percent, 2);
  EXPECT_DOUBLE_EQ(*record.steal_ms, 10);
  EXPECT_EQ(record.major_faults, 0);
  EXPECT_EQ(record.ctx_switches_involuntary, 7);
  EXPECT_TRUE(record.flags.empty());
}

TEST(SetSurroundings, WithoutProcStatOnlyTheProcessIsKnown) {
  const InferenceRecord record = OfSurroundings({std::nullopt, std::nullopt, {3, 10}, {4, 17}, {}});
  EXPECT_FALSE(record.background_cpu_percent.has_value());
  EXPECT_FALSE(record.steal_ms.has_value());
  EXPECT_EQ(record.major_faults, 1);
}

using Flags = std::vector<std::string>;

TEST(SetFlags, EachThingThatSpoilsAComparisonHasItsFlag) {
  EXPECT_EQ(OfSurroundings({{{0, 0}}, {{100, 3}}, {}, {}, {}}).flags, Flags{"steal"});
  EXPECT_EQ(OfSurroundings({{{0, 0}}, {{111, 0}}, {}, {}, {}}).flags, Flags{"background_load"});
  EXPECT_EQ(OfSurroundings({{}, {}, {3, 0}, {4, 0}, {}}).flags, Flags{"major_faults"});
  EXPECT_EQ(OfSurroundings({{}, {}, {}, {}, milliseconds(101)}).flags, Flags{"clock_step"});
  EXPECT_EQ(OfSurroundings({{}, {}, {}, {}, milliseconds(-101)}).flags, Flags{"clock_step"});
  InferenceRecord record = OfCpu(seconds(1), seconds(1), 2);
  record.throttled = true;
  record.swap_mb = 0.5;
  record.energy_quality = "below_resolution";
  SetFlags({}, 2, record);
  EXPECT_EQ(record.flags, (Flags{"throttled", "swap", "short_window"}));
}

TEST(SetHeat, WhatNothingTellsIsAbsentAndNotFalse) {
  InferenceRecord record;
  SetHeat({}, record);
  EXPECT_FALSE(record.throttled.has_value());
  EXPECT_FALSE(record.temperature_c.has_value());
  EXPECT_FALSE(record.temperature_source.has_value());
  EXPECT_FALSE(record.cpu_freq_source.has_value());
}

}  // namespace
}  // namespace inferometer::measure
