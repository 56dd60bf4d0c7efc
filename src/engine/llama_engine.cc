#include "engine/llama_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/units.h"
#include "engine/engine_log.h"
#include "engine/fixed_test.h"
#include "engine/generation.h"
#include "engine/model_file.h"
#include "engine/runtime.h"
#include "engine/steady_load.h"
#include "os/cpus.h"

namespace inferometer::engine {
namespace {

std::vector<ggml_backend_dev_t> GpuDevices() {
  std::vector<ggml_backend_dev_t> devices;
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    const auto type = ggml_backend_dev_type(device);
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) devices.push_back(device);
  }
  return devices;
}

// "CUDA0" as "cuda:0".
std::string DeviceName(ggml_backend_dev_t device) {
  std::string name = ggml_backend_dev_name(device);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  if (digits > 0 && digits < name.size()) name.insert(digits, ":");
  return name;
}

// What runs the model, given the layers that were put on GPUs. The output layer counts as one.
std::string ComputeDevice(const llama_model* model, int gpu_layers, const std::vector<ggml_backend_dev_t>& gpus) {
  if (gpu_layers == 0 || gpus.empty()) return kCpu;
  std::string names;
  for (ggml_backend_dev_t gpu : gpus) names += (names.empty() ? "" : ",") + DeviceName(gpu);
  const bool all = gpu_layers < 0 || gpu_layers > llama_model_n_layer(model);
  return all ? names : names + "+cpu";
}

Status CheckGpu(int gpu_layers, const std::vector<ggml_backend_dev_t>& gpus) {
  if (gpu_layers == 0 || !gpus.empty()) return Ok();
  return {Code::kUnavailable,
          "no GPU that this build can use; build with the preset cuda or vulkan on a machine with one, or leave out "
          "--gpu-layers"};
}

struct ProgressCall {
  const std::function<bool(float)>& function;
  bool given_up = false;
};

bool OnProgress(float fraction, void* data) {
  auto& call = *static_cast<ProgressCall*>(data);
  if (call.function && !call.function(fraction)) call.given_up = true;
  return !call.given_up;
}

Status LoadFailure(const ModelFile& file, bool given_up) {
  const std::string log = TakeEngineLog();
  if (given_up) return {Code::kCancelled, "loading was stopped"};
  const std::string& path = file.path.string();
  if (log.find("not within the file bounds") != std::string::npos || log.find("failed to read") != std::string::npos ||
      log.find("corrupted or incomplete") != std::string::npos) {
    return {Code::kDataLoss, path + " is truncated or damaged; download or copy it again. The engine says: " + log};
  }
  return {Code::kInvalidArgument, path + " could not be loaded. The engine says: " + log};
}

std::string MetaText(const llama_model* model, const char* key) {
  char text[128] = "";
  return llama_model_meta_val_str(model, key, text, sizeof text) > 0 ? text : "";
}

Result<std::unique_ptr<llama_model, Deleter>> LoadModel(const ModelFile& file, const ModelOptions& options,
                                                        std::vector<ggml_backend_dev_t> devices,
                                                        const std::function<bool(float)>& progress) {
  ProgressCall call{progress};
  devices.push_back(nullptr);  // the list ends so; empty, it keeps everything on the CPU
  llama_model_params params = llama_model_default_params();
  params.devices = devices.data();
  params.n_gpu_layers = options.gpu_layers;
  params.check_tensors = options.check_tensors;
  params.progress_callback = OnProgress;
  params.progress_callback_user_data = &call;
  (void)TakeEngineLog();
  std::unique_ptr<llama_model, Deleter> model(llama_model_load_from_file(file.path.c_str(), params));
  if (model == nullptr) return LoadFailure(file, call.given_up);
  if (llama_model_has_encoder(model.get()) || !llama_model_has_decoder(model.get())) {
    return {Code::kInvalidArgument, file.path.string() + " is not a model that generates text"};
  }
  return model;
}

}  // namespace

std::string EngineVersion() { return llama_version(); }

Backends DescribeBackends() {
  Backends backends;
  const auto add = [](std::string& list, const char* one) { list += (list.empty() ? "" : ",") + std::string(one); };
  for (std::size_t i = 0; i < ggml_backend_reg_count(); ++i) {
    const std::string name = ggml_backend_reg_name(ggml_backend_reg_get(i));
    if (name != "CPU") add(backends.names, name.c_str());
  }
  for (ggml_backend_dev_t gpu : GpuDevices()) add(backends.gpus, ggml_backend_dev_description(gpu));
  if (backends.names.empty()) backends.names = "CPU";
  return backends;
}

class LlamaEngine::State {
 public:
  Runtime runtime;
  ModelFacts facts;
  std::stop_token cancel;  // of the Ask that is running; only its thread reads it

  static bool Aborted(void* data) { return static_cast<State*>(data)->cancel.stop_requested(); }

  void DescribeModel(const ModelFile& file, const ModelOptions& options, const std::vector<ggml_backend_dev_t>& gpus) {
    const llama_model* model = runtime.model.get();
    facts.name = file.name;
    facts.file_size_mb = base::Mb(file.size_bytes);
    facts.architecture = MetaText(model, "general.architecture");
    facts.quantization = llama_ftype_name(llama_model_ftype(model));
    char description[128] = "";
    llama_model_desc(model, description, sizeof description);
    facts.description = description;
    facts.parameters = llama_model_n_params(model);
    facts.weights_bytes = llama_model_size(model);
    facts.gpu_layers = options.gpu_layers;
    facts.compute_device = ComputeDevice(model, options.gpu_layers, gpus);
    facts.engine = "llama.cpp";
    facts.engine_version = EngineVersion();
  }

  Status OpenContext(const ModelOptions& options) {
    const int trained = llama_model_n_ctx_train(runtime.model.get());
    const int wanted = options.context_tokens > 0 ? options.context_tokens : std::min(trained, kDefaultContextTokens);
    facts.threads = options.threads > 0 ? options.threads : os::UsableCpus();
    facts.threads = std::min(facts.threads, GGML_MAX_N_THREADS);
    if (!runtime.OpenContext(wanted, facts.threads, options.batch_tokens)) {
      return {Code::kResourceExhausted, fmt::format("a context of {} tokens does not fit in memory; ask for a shorter "
                                                    "one with --context. The engine says: {}",
                                                    wanted, TakeEngineLog())};
    }
    facts.context_tokens = static_cast<int>(llama_n_ctx(runtime.context.get()));
    llama_set_abort_callback(runtime.context.get(), Aborted, this);
    return Ok();
  }
};

LlamaEngine::LlamaEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
LlamaEngine::~LlamaEngine() = default;
const ModelFacts& LlamaEngine::facts() const { return state_->facts; }

Result<std::unique_ptr<LlamaEngine>> LlamaEngine::Load(const ModelOptions& options, const Recorder& recorder,
                                                       const std::function<bool(float)>& progress) {
  CaptureEngineLog();
  ASSIGN_OR_RETURN(const ModelFile file, InspectModelFile(options.path));
  if (options.gpu_layers == 0) RETURN_IF_ERROR(CheckFitsInMemory(file, options.procfs));
  const std::vector<ggml_backend_dev_t> gpus =
      options.gpu_layers == 0 ? std::vector<ggml_backend_dev_t>() : GpuDevices();
  RETURN_IF_ERROR(CheckGpu(options.gpu_layers, gpus));

  auto state = std::make_unique<State>();
  const std::optional<double> memory_before_mb = recorder.ResidentMemoryMb();
  const auto begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(state->runtime.model, LoadModel(file, options, gpus, progress));
  RETURN_IF_ERROR(state->OpenContext(options));
  const std::chrono::duration<double> load_time = std::chrono::steady_clock::now() - begin;
  const std::optional<double> memory_after_mb = recorder.ResidentMemoryMb();

  state->DescribeModel(file, options, gpus);
  state->facts.load_time_seconds = load_time.count();
  if (memory_before_mb && memory_after_mb) state->facts.memory_increase_mb = *memory_after_mb - *memory_before_mb;
  return std::unique_ptr<LlamaEngine>(new LlamaEngine(std::move(state)));
}

Answer LlamaEngine::Ask(const std::string& prompt, const AnswerOptions& options, Recorder& recorder,
                        std::stop_token cancel) {
  State& state = *state_;
  state.cancel = cancel;
  Answer answer;
  {
    Generation generation(
        state.runtime, options, std::move(cancel),
        recorder.Begin({.model_name = state.facts.name, .compute_device = state.facts.compute_device}));
    answer = generation.Run(prompt);
  }
  state.cancel = {};
  state.runtime.Rest();
  return answer;
}

Answer LlamaEngine::RunFixed(const FixedTest& test, Recorder& recorder, std::stop_token cancel) {
  State& state = *state_;
  state.cancel = std::move(cancel);
  Answer answer =
      RunFixedTest(state.runtime, test, {.model_name = state.facts.name, .compute_device = state.facts.compute_device},
                   recorder, state.cancel);
  state.cancel = {};
  state.runtime.Rest();
  return answer;
}

Result<std::uint64_t> LlamaEngine::EvaluatePromptsWhile(const std::function<bool()>& go_on) {
  return engine::EvaluatePromptsWhile(state_->runtime, go_on);
}

Result<std::uint64_t> LlamaEngine::DecodeTokensWhile(const std::function<bool()>& go_on) {
  return engine::DecodeTokensWhile(state_->runtime, go_on);
}

}  // namespace inferometer::engine
