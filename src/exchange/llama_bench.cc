#include <fmt/format.h>

#include "base/timestamp.h"
#include "exchange/foreign_parsers.h"

namespace inferometer::exchange {
namespace {

// As llama-bench's own tables call it: "pp512", "tg128 @ d1024".
std::string TestName(std::int64_t prompt, std::int64_t generated, std::int64_t depth) {
  std::string name;
  if (prompt > 0) name = fmt::format("pp{}", prompt);
  if (generated > 0) name += fmt::format("{}tg{}", name.empty() ? "" : "+", generated);
  return depth > 0 ? fmt::format("{} @ d{}", name, depth) : name;
}

void PutContext(FlatJson& json, store::Context& context) {
  PutText(context, "engine", "llama.cpp");
  PutText(context, "engine_version", json.Text("build_commit"));
  PutCount(context, "engine_build", json.Count("build_number"));
  PutText(context, "cpu_model", json.Text("cpu_info"));
  PutText(context, "gpu_model", json.Text("gpu_info"));
  PutText(context, "backends", json.Text("backends"));
  PutText(context, "model_type", json.Text("model_type"));
  PutCount(context, "model_size_bytes", json.Count("model_size"));
  PutCount(context, "parameters", json.Count("model_n_params"));
  PutCount(context, "threads", json.Count("n_threads"));
  PutCount(context, "batch_tokens", json.Count("n_batch"));
  PutCount(context, "ubatch_tokens", json.Count("n_ubatch"));
  PutText(context, "kv_type_k", json.Text("type_k"));
  PutText(context, "kv_type_v", json.Text("type_v"));
  PutCount(context, "gpu_layers", json.Integer("n_gpu_layers"));
}

// One repetition. Its rate is llama-bench's: steps of decoding over their time. There is no first token apart.
InferenceRecord Sample(const InferenceRecord& test, std::int64_t prompt, std::int64_t generated, double ms) {
  InferenceRecord record = test;
  record.inference_time_ms = ms;
  if (generated == 0) record.prompt_tokens_per_second = RatePerSecond(prompt, ms);
  if (prompt == 0) record.tokens_per_second = RatePerSecond(generated, ms);
  return record;
}

}  // namespace

void TakeLlamaBench(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line) {
  const auto samples = json.Counts("samples_ns");
  const auto prompt = json.Count("n_prompt");
  const auto generated = json.Count("n_gen");
  const auto began = json.Text("test_time");
  if (samples.empty()) return json.Refuse("samples_ns", "missing or empty");
  if (!prompt || !generated || *prompt + *generated == 0)
    return json.Refuse("n_prompt", "no tokens, or missing beside n_gen");
  if (!began) return json.Refuse("test_time", "missing");
  const auto time = base::ParseTimestamp(*began);
  if (!time.ok()) return json.Refuse("test_time", time.status().message());

  InferenceRecord test;
  test.timestamp = *time;
  TakeModel(json.Text("model_filename"), defaults, line, test);
  if (json.Text("backends") == "CPU") test.compute_device = "cpu";
  test.prompt_tokens = *prompt;
  test.generated_tokens = *generated;
  test.status = kStatusOk;
  test.flags = {kSyntheticFlag};
  for (const std::int64_t ns : samples) {
    if (ns == 0) return json.Refuse("samples_ns", "a repetition that took no time");
    line.records.push_back(Sample(test, *prompt, *generated, static_cast<double>(ns) / kNsPerMs));
  }
  PutContext(json, line.context);
  PutText(line.context, "test", TestName(*prompt, *generated, json.Count("n_depth").value_or(0)));
  PutText(line.context, "timestamp_is", "the beginning of the test that the repetition belongs to");
}

}  // namespace inferometer::exchange
