#include "full_record.h"

#include <fmt/format.h>

#include <cmath>

namespace inferometer {
namespace {

constexpr double kPagesPerMb = 256;

double Pages(Random& random, std::int64_t low, std::int64_t high) {
  return static_cast<double>(random.Whole(low, high)) / kPagesPerMb;
}

void AddIdentity(InferenceRecord& r, int sequence, Random& random) {
  r.record_id = fmt::format("{}/{:016x}/{}", *r.device_id, 0x1f5c0a9be3d27741U, sequence);
  r.session_id = "7d3f6c1e9a20";
  r.clock_state = kClockUnsynchronised;
  r.boot_id = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e";
  r.boottime_ms = std::chrono::duration<double, std::milli>(r.timestamp->time_since_epoch()).count() - 1.7595e12;
  r.received_at = *r.timestamp + std::chrono::microseconds(random.Whole(1'000'000, 3'000'000));
  r.timestamp_device = *r.timestamp - std::chrono::microseconds(random.Whole(5'000'000, 5'001'000));
  r.timestamp_rule = "anchor";
}

void AddTimeAndTokens(InferenceRecord& r, Random& random) {
  const auto timed = static_cast<double>(*r.generated_tokens - 1);
  r.cached_prompt_tokens = random.Whole(0, 20);
  r.prefill_ms = *r.time_to_first_token_ms - random.Between(0.2, 0.9);
  r.time_per_output_token_ms = *r.decode_ms / timed;
  r.tokens_per_second = timed / *r.decode_ms * 1000;
  r.prompt_tokens_per_second = static_cast<double>(*r.prompt_tokens - *r.cached_prompt_tokens) / *r.prefill_ms * 1000;
  r.finish_reason = random.Unit() < 0.9 ? "stop" : "length";
}

void AddMemoryAndCpu(InferenceRecord& r, Random& random) {
  r.memory_added_mb = Pages(random, 0, 600);
  r.memory_rss_mb = *r.memory_used_mb + Pages(random, 5000, 5200);
  r.memory_peak_mb = *r.memory_rss_mb + Pages(random, 0, 200);
  r.memory_peak_source = "vmhwm_reset";
  r.memory_anon_mb = Pages(random, 17000, 18000);
  r.memory_file_mb = *r.memory_rss_mb - *r.memory_anon_mb;
  r.swap_mb = 0;
  r.major_faults = random.Unit() < 0.02 ? random.Whole(1, 50) : 0;
  r.cpu_time_ms = *r.inference_time_ms * *r.cpu_percent_avg / 100;
  r.cpu_machine_percent_avg = *r.cpu_percent_avg / 4;
  r.cpu_source = "process_clock";
  r.background_cpu_percent = random.Between(0, 5);
  r.steal_ms = random.Unit() < 0.1 ? 10 : 0;
  r.ctx_switches_involuntary = random.Whole(0, 200);
}

void AddEnergy(InferenceRecord& r, Random& random) {
  const double share = random.Between(0.45, 0.65);
  r.energy_source = "ina3221";
  r.energy_scope = "module";
  r.energy_uncertainty_mj = *r.energy_consumed_mj * random.Between(0.010, 0.014);
  r.energy_unavailable_reason = "no external meter";
  r.energy_quality = "ok";
  r.energy_resolution_ms = 4.512;
  r.energy_samples = static_cast<std::int64_t>(*r.inference_time_ms / 20);
  r.energy_max_gap_ms = random.Between(20, 24);
  r.prefill_energy_mj = *r.energy_consumed_mj * share;
  r.prefill_energy_uncertainty_mj = *r.prefill_energy_mj * random.Between(0.010, 0.014);
  r.decode_energy_mj = *r.energy_consumed_mj - *r.prefill_energy_mj;
  r.decode_energy_uncertainty_mj = *r.decode_energy_mj * random.Between(0.010, 0.014);
  r.gpu_energy_mj = *r.energy_consumed_mj * random.Between(0.2, 0.3);
  r.gpu_energy_uncertainty_mj = *r.gpu_energy_mj * random.Between(0.05, 0.06);
  r.average_power_mw = *r.energy_consumed_mj / *r.inference_time_ms * 1000;
}

void AddHeatAndQuality(InferenceRecord& r, Random& random) {
  r.temperature_start_c = static_cast<double>(random.Whole(80, 140)) / 2;  // a sensor of half a degree
  r.temperature_c = *r.temperature_start_c + static_cast<double>(random.Whole(0, 4)) / 2;
  r.temperature_source = "cpu-thermal";
  r.throttled = random.Unit() < 0.05;
  if (*r.throttled) r.throttle_reasons = {"thermal"};
  r.throttle_events = *r.throttled ? random.Whole(1, 5) : 0;
  r.cpu_freq_avg_mhz = random.Between(1400, 1510);
  r.cpu_freq_source = "time_in_state";
  if (*r.throttled) r.flags = {"throttled"};
  r.probe_overhead_us = random.Between(20, 50);
  r.sampler_cpu_us = random.Between(200, 900);
  r.status = kStatusOk;
  r.command = "./llama-cli -m model.gguf -p hi";
  r.exit_code = 0;
  r.processes = 3;
}

}  // namespace

void AddEveryField(InferenceRecord& record, int sequence, Random& random) {
  AddIdentity(record, sequence, random);
  AddTimeAndTokens(record, random);
  AddMemoryAndCpu(record, random);
  AddEnergy(record, random);
  AddHeatAndQuality(record, random);
}

}  // namespace inferometer
