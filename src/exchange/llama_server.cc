#include <chrono>

#include "exchange/foreign_parsers.h"

namespace inferometer::exchange {
namespace {

constexpr double kLatestSecond = 1e10;

void TakeTimings(FlatJson& json, InferenceRecord& record) {
  const auto evaluated = json.Count("timings.prompt_n");
  const auto cached = json.Count("timings.cache_n");
  record.prefill_ms = json.Number("timings.prompt_ms");
  record.decode_ms = json.Number("timings.predicted_ms");
  record.generated_tokens = json.Count("timings.predicted_n");
  record.cached_prompt_tokens = cached;
  // Without the cached ones the evaluated are not all of them.
  if (evaluated && cached) record.prompt_tokens = *evaluated + *cached;
  if (!record.prompt_tokens) record.prompt_tokens = json.Count("usage.prompt_tokens");
  if (!record.prompt_tokens) record.prompt_tokens = json.Count("tokens_evaluated");
  record.prompt_tokens_per_second = RatePerSecond(evaluated, record.prefill_ms);
  record.tokens_per_second = GenerationRate(record.generated_tokens, record.decode_ms);
  if (record.prefill_ms && record.decode_ms) record.inference_time_ms = *record.prefill_ms + *record.decode_ms;
}

std::optional<std::string> FinishReason(FlatJson& json) {
  if (const auto reason = json.Text("choices.0.finish_reason")) return reason;
  const auto stop = json.Text("stop_type");
  if (stop == "eos" || stop == "word") return "stop";
  return stop == "limit" ? std::optional<std::string>("length") : std::nullopt;
}

}  // namespace

void TakeLlamaServer(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line) {
  if (!json.HasObject("timings")) return;  // a chunk on the way, or another kind of answer
  InferenceRecord record;
  TakeTimings(json, record);
  if (!record.inference_time_ms) return json.Refuse("timings.predicted_ms", "missing, or timings.prompt_ms is");
  if (const auto ended = json.Number("created", kLatestSecond)) {
    const auto second = WallTime(std::chrono::seconds(static_cast<std::int64_t>(*ended)));
    record.timestamp = Before(second, *record.inference_time_ms);
    PutText(line.context, "timestamp_is", "\"created\", a whole second, less the times of prompt and answer");
  } else if (defaults.measured_at) {
    record.timestamp = defaults.measured_at;
    PutText(line.context, "timestamp_is", "as the import was told");
  } else {
    return json.Refuse("created", "missing, so that nothing tells when this was; --measured-at TIME does");
  }
  TakeModel(json.Text("model"), defaults, line, record);
  record.finish_reason = FinishReason(json);
  record.status = kStatusOk;
  PutText(line.context, "engine", "llama.cpp");
  PutText(line.context, "engine_version", json.Text("system_fingerprint"));
  PutText(line.context, "inference_time_is",
          "prompt and answer as the server timed them, without tokenising and waiting");
  line.records.push_back(std::move(record));
}

}  // namespace inferometer::exchange
