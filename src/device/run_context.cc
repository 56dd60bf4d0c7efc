#include "device/run_context.h"

#include "base/timestamp.h"

namespace inferometer::device {
namespace {

using store::Context;

void Put(Context& context, const char* key, const std::optional<std::string>& text) {
  if (text && !text->empty()) context.emplace_back(key, *text);
}
void Put(Context& context, const char* key, std::optional<double> real) {
  if (real) context.emplace_back(key, *real);
}
void PutCount(Context& context, const char* key, std::int64_t count) { context.emplace_back(key, count); }

void PutModel(Context& context, const engine::ModelFacts& model) {
  Put(context, "engine", model.engine);
  Put(context, "engine_version", model.engine_version);
  Put(context, "architecture", model.architecture);
  Put(context, "quantization", model.quantization);
  PutCount(context, "parameters", static_cast<std::int64_t>(model.parameters));
  Put(context, "model_file_mb", model.file_size_mb);
  PutCount(context, "context_tokens", model.context_tokens);
  PutCount(context, "threads", model.threads);
  PutCount(context, "gpu_layers", model.gpu_layers);
}

}  // namespace

Context RunContext(const RunFacts& facts, const engine::ModelFacts* model, const engine::AnswerOptions& answer) {
  Context context;
  PutCount(context, "schema_version", store::kSchemaVersion);
  Put(context, "program_version", facts.program_version);
  Put(context, "session_id", facts.session_id);
  Put(context, "device_name", facts.device_name);
  Put(context, "experiment", facts.experiment);
  Put(context, "host", facts.machine.host);
  Put(context, "kernel", facts.machine.kernel);
  Put(context, "cpu_model", facts.machine.cpu_model);
  PutCount(context, "cpus_online", facts.machine.cpus_online);
  Put(context, "memory_total_mb", facts.machine.memory_total_mb);
  Put(context, "cpu_governor", facts.machine.cpu_governor);
  Put(context, "power_mode", facts.power_mode);
  Put(context, "energy", facts.energy);
  Put(context, "power_profile", facts.power_profile);
  PutCount(context, "interval_messages", facts.interval);
  if (model == nullptr) return context;
  PutModel(context, *model);
  PutCount(context, "max_tokens", answer.max_tokens);
  context.emplace_back("temperature", answer.temperature);
  PutCount(context, "seed", answer.seed);
  return context;
}

Context LoadingContext(const engine::ModelFacts& model, const std::string& device_id, WallTime timestamp) {
  Context context;
  Put(context, "event", std::string("model_loading"));
  Put(context, "timestamp", base::FormatRfc3339(timestamp));
  Put(context, "device_id", device_id);
  Put(context, "model_name", model.name);
  Put(context, "load_time_seconds", model.load_time_seconds);
  Put(context, "memory_increase_mb", model.memory_increase_mb);
  Put(context, "compute_device", model.compute_device);
  PutModel(context, model);
  return context;
}

}  // namespace inferometer::device
