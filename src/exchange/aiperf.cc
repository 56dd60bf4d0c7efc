#include <algorithm>
#include <array>
#include <chrono>

#include "exchange/foreign_parsers.h"

namespace inferometer::exchange {
namespace {

// The value of a metric in milliseconds; nothing where it is not there.
std::optional<double> Milliseconds(FlatJson& json, const std::string& metric) {
  constexpr struct {
    std::string_view unit;
    double ms;
  } kUnits[] = {{"ms", 1}, {"ns", 1e-6}, {"us", 1e-3}, {"s", 1e3}, {"sec", 1e3}};
  const auto value = json.Number("metrics." + metric + ".value");
  if (!value) return std::nullopt;
  const auto unit = json.Text("metrics." + metric + ".unit");
  const auto* const known =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& one) { return one.unit == unit; });
  if (known == std::end(kUnits)) {
    json.Refuse("metrics." + metric + ".unit", "missing, or no unit of time that is known");
    return std::nullopt;
  }
  return *value * known->ms;
}

std::optional<std::int64_t> Tokens(FlatJson& json, const std::string& metric) {
  const auto value = json.Number("metrics." + metric + ".value");
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

void TakeTimes(FlatJson& json, InferenceRecord& record) {
  record.inference_time_ms = Milliseconds(json, "request_latency");
  record.time_to_first_token_ms = Milliseconds(json, "time_to_first_token");
  record.time_per_output_token_ms = Milliseconds(json, "inter_token_latency");
  record.prompt_tokens = Tokens(json, "input_sequence_length");
  record.generated_tokens = Tokens(json, "output_sequence_length");
  if (!record.inference_time_ms || !record.time_to_first_token_ms) return;
  if (*record.inference_time_ms < *record.time_to_first_token_ms) {
    return json.Refuse("metrics.time_to_first_token.value", "more than request_latency");
  }
  record.decode_ms = *record.inference_time_ms - *record.time_to_first_token_ms;
  record.tokens_per_second = GenerationRate(record.generated_tokens, record.decode_ms);
}

void TakeOutcome(FlatJson& json, InferenceRecord& record) {
  const bool is_cancelled = json.Boolean("metadata.was_cancelled").value_or(false);
  const bool is_failed = is_cancelled || json.HasObject("error") || json.Text("error").has_value();
  record.status = is_failed ? kStatusError : kStatusOk;
  if (!is_failed) return;
  record.error_type = is_cancelled ? std::optional<std::string>("cancelled") : json.Text("error.type");
}

}  // namespace

void TakeAiperf(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line) {
  const auto began = json.Integer("metadata.request_start_ns");
  if (!began) return json.Refuse("metadata.request_start_ns", "missing");
  if (*began < 0) return json.Refuse("metadata.request_start_ns", "before 1970");
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(*began / 1000));
  TakeModel(std::nullopt, defaults, line, record);
  TakeTimes(json, record);
  TakeOutcome(json, record);
  if (!record.failed() && !record.inference_time_ms) return json.Refuse("metrics.request_latency.value", "missing");
  PutText(line.context, "measured_at", "the client");
  const auto phase = json.Text("metadata.benchmark_phase");
  PutText(line.context, "benchmark_phase", phase);
  if (phase == "warmup") record.flags = {kWarmupFlag};
  line.records.push_back(std::move(record));
}

}  // namespace inferometer::exchange
