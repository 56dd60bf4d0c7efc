#pragma once
// For tests: metrics files of both layouts.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace inferometer::analyze {

// What a test says of one record; the rest is the same in all.
struct TestRecord {
  int second = 0;  // tells the records of one device apart
  double time_ms = 100;
  double energy_mj = 500;
  std::string device_id = "00:0f:00:70:91:0a";
  std::string model = "SmolLM2";
};

// One record as the older system writes it: 14 keys, indented, no zone.
inline std::string OlderRecord(const TestRecord& r) {
  return fmt::format(
      "    {{\n      \"timestamp\": \"2025-10-07T10:30:{:02}.250000\",\n      \"device_id\": \"{}\",\n"
      "      \"model_name\": \"{}\",\n      \"inference_time_ms\": {},\n      \"inference_time_seconds\": {},\n"
      "      \"memory_used_mb\": 12.5,\n      \"memory_total_mb\": 512.25,\n      \"cpu_percent_avg\": 98.5,\n"
      "      \"cpu_percent_samples\": [\n        97.0,\n        100.0\n      ],\n      \"energy_consumed_mj\": {},\n"
      "      \"energy_consumed_j\": {},\n      \"prompt_length\": 200,\n      \"response_length\": 80,\n"
      "      \"compute_device\": \"cpu\"\n    }}",
      r.second, r.device_id, r.model, r.time_ms, r.time_ms / 1000, r.energy_mj, r.energy_mj / 1000);
}

// One record as ours are written, on a line; `more` is put before the closing brace.
inline std::string OurRecord(const TestRecord& r, std::string_view more = "") {
  return fmt::format(
      R"({{"timestamp":"2025-10-07T10:30:{:02}.250000Z","device_id":"{}","model_name":"{}","inference_time_ms":{},)"
      R"("memory_used_mb":160.5,"cpu_percent_avg":180.25,"energy_consumed_mj":{},"compute_device":"cpu",)"
      R"("record_id":"{}/5eed/{}","time_to_first_token_ms":40.5,"decode_ms":50,"generated_tokens":11,)"
      R"("energy_source":"model","energy_scope":"board","energy_uncertainty_mj":{},"status":"ok"{}}})",
      r.second, r.device_id, r.model, r.time_ms, r.energy_mj, r.device_id, r.second, r.energy_mj * 0.6, more);
}

// A whole file around records; `summary` is the summary's value, or empty for none.
inline std::string FileWith(const std::vector<std::string>& records, std::string_view summary = "") {
  std::string text = "{\n";
  if (!summary.empty()) text += fmt::format("  \"summary\": {},\n", summary);
  text += "  \"detailed_metrics\": [\n";
  for (std::size_t i = 0; i < records.size(); ++i) text += (i == 0 ? "" : ",\n") + records[i];
  return text + "\n  ]\n}\n";
}

}  // namespace inferometer::analyze
