#include "base/timestamp.h"
#include "exchange/foreign_parsers.h"

namespace inferometer::exchange {
namespace {

std::optional<double> Milliseconds(FlatJson& json, std::string_view key) {
  const auto ns = json.Number(key);
  return ns ? std::optional(*ns / kNsPerMs) : std::nullopt;
}

void TakeTimings(FlatJson& json, InferenceRecord& record) {
  record.prompt_tokens = json.Count("prompt_eval_count");
  record.cached_prompt_tokens = json.Count("prompt_eval_cached_count");
  record.generated_tokens = json.Count("eval_count");
  record.prefill_ms = Milliseconds(json, "prompt_eval_duration");
  record.decode_ms = Milliseconds(json, "eval_duration");
  record.tokens_per_second = GenerationRate(record.generated_tokens, record.decode_ms);
  if (!record.prompt_tokens) return;
  const std::int64_t evaluated = *record.prompt_tokens - record.cached_prompt_tokens.value_or(0);
  if (evaluated < 0) return json.Refuse("prompt_eval_cached_count", "more than prompt_eval_count");
  record.prompt_tokens_per_second = RatePerSecond(evaluated, record.prefill_ms);
}

}  // namespace

void TakeOllama(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line) {
  const auto total = Milliseconds(json, "total_duration");
  if (!total) return;  // a chunk on the way, or the answer to a model's loading
  const double load = Milliseconds(json, "load_duration").value_or(0);
  if (load > *total) return json.Refuse("load_duration", "more than total_duration");
  const auto created = json.Text("created_at");
  InferenceRecord record;
  if (created) {
    const auto ended = base::ParseTimestamp(*created);
    if (!ended.ok()) return json.Refuse("created_at", ended.status().message());
    record.timestamp = Before(*ended, *total - load);
  } else if (defaults.measured_at) {
    record.timestamp = defaults.measured_at;
  } else {
    return json.Refuse("created_at", "missing, so that nothing tells when this was; --measured-at TIME does");
  }
  TakeModel(json.Text("model"), defaults, line, record);
  record.inference_time_ms = *total - load;
  TakeTimings(json, record);
  record.finish_reason = json.Text("done_reason");
  record.status = kStatusOk;
  PutText(line.context, "engine", "ollama");
  PutText(line.context, "timestamp_is",
          created ? "\"created_at\" less the time of the answer" : "as the import was told");
  line.records.push_back(std::move(record));
}

}  // namespace inferometer::exchange
