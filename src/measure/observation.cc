#include "measure/observation.h"

#include <algorithm>
#include <utility>

namespace inferometer::measure {
namespace {

using std::chrono::nanoseconds;

double Ms(nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }
double Mb(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

// May be negative: memory can be less than it was.
double MbMore(std::uint64_t bytes, std::uint64_t than) { return Mb(bytes) - Mb(than); }

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
  record.memory_peak_source = memory.peak_was_reset ? "vmhwm_reset" : "vmhwm_lifetime";
  if (memory.baseline.has_value()) record.memory_used_mb = MbMore(peak_bytes, memory.baseline->resident_bytes);
  // The peak of the process's life may be of an earlier inference: what this one added is not known then.
  if (memory.peak_was_reset && memory.begin.has_value()) {
    record.memory_added_mb = MbMore(peak_bytes, memory.begin->resident_bytes);
  }
}

void SetCpu(const CpuWindow& cpu, InferenceRecord& record) {
  record.cpu_time_ms = Ms(cpu.time);
  if (*record.inference_time_ms <= 0) return;
  record.cpu_percent_avg = 100.0 * *record.cpu_time_ms / *record.inference_time_ms;
  // The readings stand a few us outside the window, which a window of a few us would show as more than all CPUs.
  record.cpu_machine_percent_avg = std::min(100.0, *record.cpu_percent_avg / cpu.cpus);
}

void SetEnergy(probe::EnergyAnswer answer, InferenceRecord& record) {
  if (!answer.unavailable_reason.empty()) record.energy_unavailable_reason = std::move(answer.unavailable_reason);
  if (!answer.energy.has_value()) return;
  record.energy_consumed_mj = answer.energy->mj;
  record.energy_uncertainty_mj = answer.energy->uncertainty_mj;
  record.energy_source = std::move(answer.source);
  record.energy_scope = std::move(answer.scope);
  if (*record.inference_time_ms > 0) record.average_power_mw = 1000.0 * answer.energy->mj / *record.inference_time_ms;
}

}  // namespace inferometer::measure
