#include "load/record_lines.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "base/record_key.h"
#include "inferometer/record.h"
#include "record/json_write.h"

namespace inferometer::bench {
namespace {

void FillTimes(InferenceRecord& record) {
  record.inference_time_ms = 512.374;
  record.time_to_first_token_ms = 301.127;
  record.prefill_ms = 298.334;
  record.decode_ms = 211.247;
  record.time_per_output_token_ms = 6.814;
  record.prompt_tokens = 94;
  record.generated_tokens = 32;
  record.tokens_per_second = 146.748;
  record.prompt_tokens_per_second = 315.083;
}

void FillMemory(InferenceRecord& record) {
  record.memory_used_mb = 187.641;
  record.memory_added_mb = 0.129;
  record.memory_rss_mb = 211.262;
  record.memory_peak_mb = 211.391;
  record.memory_peak_source = "clear_refs";
  record.memory_anon_mb = 92.113;
  record.memory_file_mb = 119.149;
  record.swap_mb = 0;
  record.major_faults = 0;
}

void FillCpuAndEnergy(InferenceRecord& record) {
  record.cpu_percent_avg = 187.43;
  record.cpu_machine_percent_avg = 47.12;
  record.cpu_time_ms = 960.342;
  record.cpu_source = "threads";
  record.background_cpu_percent = 1.37;
  record.steal_ms = 0;
  record.ctx_switches_involuntary = 14;
  record.energy_consumed_mj = 2104.731;
  record.energy_uncertainty_mj = 420.946;
  record.average_power_mw = 4107.801;
  record.energy_source = "model";
  record.energy_scope = "machine";
  record.temperature_c = 54.2;
  record.throttled = false;
  record.probe_overhead_us = 38.7;
}

}  // namespace

RecordLines::RecordLines(std::string_view device_id, std::uint64_t stream) {
  constexpr std::string_view kMark = "/SEQUENCE";
  InferenceRecord record;
  // A hub mends what it cannot believe.
  record.timestamp = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  record.record_id = fmt::format("{}/{}{}", device_id, base::StreamText(stream), kMark);
  record.session_id = base::StreamText(stream);
  record.device_id = device_id;
  record.model_name = "SmolLM2-135M-Instruct";
  record.compute_device = "cpu";
  record.status = kStatusOk;
  record.finish_reason = "stop";
  FillTimes(record);
  FillMemory(record);
  FillCpuAndEnergy(record);
  std::string line;
  record::AppendJson(record, line);
  const std::size_t mark = line.find(kMark);
  before_ = line.substr(0, mark + 1);
  behind_ = line.substr(mark + kMark.size());
}

void RecordLines::Append(std::uint64_t sequence, std::string& out) const {
  out += before_;
  fmt::format_to(std::back_inserter(out), "{}", sequence);
  out += behind_;
}

std::string RecordLines::Line(std::uint64_t sequence) const {
  std::string line;
  line.reserve(before_.size() + behind_.size() + 20);
  Append(sequence, line);
  return line;
}

}  // namespace inferometer::bench
