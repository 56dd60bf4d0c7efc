#include "measure/observation.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/units.h"

namespace inferometer::measure {
namespace {

using base::Mb;
using std::chrono::nanoseconds;

// Beyond these a figure is no longer of the program alone.
constexpr double kMostStealShare = 0.01;
constexpr double kMostBackgroundPercent = 5.0;
constexpr std::chrono::milliseconds kMostWallStep{100};  // a clock that is being slewed moves by 0.05 %

double Ms(nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// May be negative: memory can be less than it was.
double MbMore(std::uint64_t bytes, std::uint64_t than) { return Mb(bytes) - Mb(than); }

std::optional<double> Mb(std::optional<std::uint64_t> bytes) {
  if (!bytes.has_value()) return std::nullopt;
  return Mb(*bytes);
}

nanoseconds FromMs(double ms) { return std::chrono::round<nanoseconds>(std::chrono::duration<double, std::milli>(ms)); }

void SetGpuEnergy(const probe::EnergyAnswer& answer, InferenceRecord& record) {
  if (!answer.gpu.has_value()) return;
  record.gpu_energy_mj = answer.gpu->mj;
  record.gpu_energy_uncertainty_mj = answer.gpu->uncertainty_mj;
}

void SetSampling(const probe::EnergyAnswer& answer, InferenceRecord& record) {
  if (!answer.sampling.has_value()) return;
  record.energy_samples = static_cast<std::int64_t>(answer.sampling->samples);
  record.energy_max_gap_ms = Ms(answer.sampling->longest_gap);
}

void SetPhases(const probe::EnergyAnswer& answer, InferenceRecord& record) {
  if (!answer.phases.has_value()) return;
  record.prefill_energy_mj = answer.phases->prefill.mj;
  record.prefill_energy_uncertainty_mj = answer.phases->prefill.uncertainty_mj;
  record.decode_energy_mj = answer.phases->decode.mj;
  record.decode_energy_uncertainty_mj = answer.phases->decode.uncertainty_mj;
}

std::optional<double> PerSecond(std::int64_t count, std::optional<double> ms) {
  if (count <= 0 || !ms.has_value() || *ms <= 0) return std::nullopt;
  return 1000.0 * static_cast<double>(count) / *ms;
}

}  // namespace

void SetTimes(const Marks& marks, InferenceRecord& record) {
  record.inference_time_ms = Ms(marks.end - marks.begin);
  if (!marks.first_token.has_value()) return;
  record.time_to_first_token_ms = Ms(*marks.first_token - marks.begin);
  record.prefill_ms = Ms(*marks.first_token - marks.prompt_ready.value_or(marks.begin));
  if (marks.tokens >= 2) record.decode_ms = Ms(*marks.last_token - *marks.first_token);
}

void SetTokens(const Marks& marks, bool rates, InferenceRecord& record) {
  record.generated_tokens = marks.tokens;
  record.prompt_tokens = marks.prompt_tokens;
  record.cached_prompt_tokens = marks.cached_prompt_tokens;
  if (!rates) return;
  record.tokens_per_second = PerSecond(marks.tokens - 1, record.decode_ms);
  if (record.decode_ms.has_value()) {
    record.time_per_output_token_ms = *record.decode_ms / static_cast<double>(marks.tokens - 1);
  }
  if (marks.prompt_tokens.has_value()) {
    record.prompt_tokens_per_second =
        PerSecond(*marks.prompt_tokens - marks.cached_prompt_tokens.value_or(0), record.prefill_ms);
  }
}

void SetMemory(const MemoryWindow& memory, InferenceRecord& record) {
  if (!memory.end.has_value()) return;
  std::uint64_t peak_bytes = memory.end->peak_bytes;
  if (memory.begin.has_value()) peak_bytes = std::max(peak_bytes, memory.begin->resident_bytes);
  record.memory_rss_mb = Mb(memory.end->resident_bytes);
  record.memory_peak_mb = Mb(peak_bytes);
  record.memory_anon_mb = Mb(memory.end->anon_bytes);
  record.memory_file_mb = Mb(memory.end->file_bytes);
  record.swap_mb = Mb(memory.end->swap_bytes);
  record.memory_peak_source = memory.peak_was_reset ? "vmhwm_reset" : "vmhwm_lifetime";
  if (memory.baseline.has_value()) record.memory_used_mb = MbMore(peak_bytes, memory.baseline->resident_bytes);
  // The peak of the process's life may be of an earlier inference: what this one added is not known then.
  if (memory.peak_was_reset && memory.begin.has_value()) {
    record.memory_added_mb = MbMore(peak_bytes, memory.begin->resident_bytes);
  }
}

void SetCpu(const CpuWindow& cpu, InferenceRecord& record) {
  record.cpu_time_ms = Ms(cpu.time);
  record.cpu_source = cpu.exact ? "process_clock" : "process_clock_ticks";
  if (*record.inference_time_ms <= 0) return;
  record.cpu_percent_avg = 100.0 * *record.cpu_time_ms / *record.inference_time_ms;
  // The readings stand a few us outside the window, which a window of a few us would show as more than all CPUs.
  record.cpu_machine_percent_avg = std::min(100.0, *record.cpu_percent_avg / cpu.cpus);
}

void SetSurroundings(const Surroundings& surroundings, unsigned cpus, InferenceRecord& record) {
  record.major_faults = surroundings.events_end.major_faults - surroundings.events_begin.major_faults;
  record.ctx_switches_involuntary =
      surroundings.events_end.involuntary_switches - surroundings.events_begin.involuntary_switches;
  if (!surroundings.machine_begin.has_value() || !surroundings.machine_end.has_value()) return;
  const auto& [begin, end] = std::tie(*surroundings.machine_begin, *surroundings.machine_end);
  if (end.steal_ticks >= begin.steal_ticks) {
    record.steal_ms = Ms(static_cast<int>(end.steal_ticks - begin.steal_ticks) * probe::kTick);
  }
  record.background_cpu_percent =
      probe::BackgroundPercent(begin, end, FromMs(*record.cpu_time_ms), FromMs(*record.inference_time_ms), cpus);
}

void SetEnergy(const probe::EnergyAnswer& answer, InferenceRecord& record) {
  if (!answer.unavailable_reason.empty()) record.energy_unavailable_reason = answer.unavailable_reason;
  SetGpuEnergy(answer, record);
  if (!answer.energy.has_value()) return;
  record.energy_consumed_mj = answer.energy->mj;
  record.energy_uncertainty_mj = answer.energy->uncertainty_mj;
  record.energy_source = answer.source;
  record.energy_scope = answer.scope;
  record.energy_quality = answer.quality;
  if (*record.inference_time_ms > 0) record.average_power_mw = 1000.0 * answer.energy->mj / *record.inference_time_ms;
  if (answer.resolution.has_value()) record.energy_resolution_ms = Ms(*answer.resolution);
  SetSampling(answer, record);
  SetPhases(answer, record);
}

void SetHeat(probe::HeatAnswer answer, InferenceRecord& record) {
  record.temperature_start_c = answer.start_celsius;
  record.temperature_c = answer.most_celsius;
  if (!answer.temperature_source.empty()) record.temperature_source = std::move(answer.temperature_source);
  record.throttled = answer.throttled;
  record.throttle_reasons = std::move(answer.reasons);
  record.throttle_events = answer.throttle_events;
  record.cpu_freq_avg_mhz = answer.cpu_mhz;
  if (!answer.frequency_source.empty()) record.cpu_freq_source = std::move(answer.frequency_source);
}

void SetFlags(const Surroundings& surroundings, unsigned cpus, InferenceRecord& record) {
  const auto flag = [&](bool holds, const char* name) {
    if (holds) record.flags.emplace_back(name);
  };
  const double all_ms = *record.inference_time_ms * cpus;
  flag(record.throttled.value_or(false), "throttled");
  flag(record.swap_mb.value_or(0) > 0, "swap");
  flag(record.major_faults.value_or(0) > 0, "major_faults");
  flag(record.steal_ms.value_or(0) > kMostStealShare * all_ms, "steal");
  flag(record.background_cpu_percent.value_or(0) > kMostBackgroundPercent, "background_load");
  flag(std::chrono::abs(surroundings.wall_step) > kMostWallStep, "clock_step");
  flag(record.energy_quality == "below_resolution", "short_window");
}

}  // namespace inferometer::measure
