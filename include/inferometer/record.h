#pragma once
// One measured inference, as plain data. src/record/fields.cc names each member's unit, meaning and spelling in JSON,
// CSV and Parquet (docs/fields.md is made from it); the definitions follow docs/fields.md to the letter.
//
// A member that was not measured is empty, never 0.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace inferometer {

// UTC, microseconds.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// Copyable value. 1 MB = 2^20 bytes.
struct InferenceRecord {
  // Identity.
  std::optional<WallTime> timestamp;  // when the inference began
  std::optional<std::string> record_id;
  std::optional<std::string> session_id;
  // Of an experiment; the program that runs it knows and sets them.
  std::optional<std::string> block_id;
  std::optional<std::int64_t> run_index;
  std::optional<bool> warmup;
  std::optional<std::string> prompt_id;
  // Where the clock was not synchronised, so that a hub can tell the time later; see docs/fields.md.
  std::optional<std::string> clock_state;
  std::optional<std::string> boot_id;
  std::optional<double> boottime_ms;
  // The hub's, in its files only.
  std::optional<WallTime> received_at;
  std::optional<WallTime> timestamp_device;
  std::optional<std::string> timestamp_rule;
  std::optional<std::string> device_id;
  std::optional<std::string> model_name;
  std::optional<std::string> compute_device;

  // Outcome.
  std::optional<std::string>
      status;  // kStatusOk or kStatusError; absent in files of the older system, where it means ok
  std::optional<std::string> error_type;
  std::optional<std::string> finish_reason;
  // Of `inferometer measure` only.
  std::optional<std::string> command;
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> processes;

  // Time, from the steady clock.
  std::optional<double> inference_time_ms;
  std::optional<double> time_to_first_token_ms;
  std::optional<double> prefill_ms;
  std::optional<double> decode_ms;
  std::optional<double> time_per_output_token_ms;

  // Tokens.
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> cached_prompt_tokens;
  std::optional<std::int64_t> generated_tokens;
  std::optional<double> tokens_per_second;
  std::optional<double> prompt_tokens_per_second;

  // Memory.
  std::optional<double> memory_used_mb;
  std::optional<double> memory_added_mb;
  std::optional<double> memory_rss_mb;
  std::optional<double> memory_peak_mb;
  std::optional<std::string> memory_peak_source;
  std::optional<double> memory_anon_mb;
  std::optional<double> memory_file_mb;
  std::optional<double> swap_mb;
  std::optional<std::int64_t> major_faults;

  // CPU.
  std::optional<double> cpu_percent_avg;
  std::optional<double> cpu_machine_percent_avg;
  std::optional<double> cpu_time_ms;
  std::optional<std::string> cpu_source;
  std::optional<double> background_cpu_percent;
  std::optional<double> steal_ms;
  std::optional<std::int64_t> ctx_switches_involuntary;

  // Energy.
  std::optional<double> energy_consumed_mj;
  std::optional<double> energy_uncertainty_mj;
  std::optional<double> average_power_mw;
  std::optional<std::string> energy_source;
  std::optional<std::string> energy_scope;
  std::optional<std::string> energy_unavailable_reason;
  std::optional<std::string> energy_quality;
  std::optional<double> energy_resolution_ms;
  std::optional<std::int64_t> energy_samples;
  std::optional<double> energy_max_gap_ms;
  std::optional<double> prefill_energy_mj;
  std::optional<double> prefill_energy_uncertainty_mj;
  std::optional<double> decode_energy_mj;
  std::optional<double> decode_energy_uncertainty_mj;
  std::optional<double> gpu_energy_mj;
  std::optional<double> gpu_energy_uncertainty_mj;

  // Heat.
  std::optional<double> temperature_start_c;
  std::optional<double> temperature_c;
  std::optional<std::string> temperature_source;
  std::optional<bool> throttled;
  std::vector<std::string> throttle_reasons;
  std::optional<std::int64_t> throttle_events;
  std::optional<double> cpu_freq_avg_mhz;
  std::optional<std::string> cpu_freq_source;

  // Quality.
  std::vector<std::string> flags;
  std::optional<double> probe_overhead_us;
  std::optional<double> sampler_cpu_us;

  [[nodiscard]] bool failed() const { return status == "error"; }
};

inline constexpr const char* kStatusOk = "ok";
inline constexpr const char* kStatusError = "error";
inline constexpr const char* kClockUnsynchronised = "unsynchronised";

}  // namespace inferometer
