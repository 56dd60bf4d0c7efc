#include "trial/fixed_inference.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "engine/engine_log.h"
#include "engine/runtime.h"
#include "os/cpus.h"

namespace inferometer::trial {
namespace {

// As llama-bench feeds them.
std::vector<llama_token> RandomTokens(const engine::Runtime& runtime, int count) {
  std::mt19937 random(1);
  std::vector<llama_token> tokens(static_cast<std::size_t>(count));
  const auto vocabulary = static_cast<std::uint32_t>(llama_vocab_n_tokens(runtime.vocab()));
  for (llama_token& token : tokens) token = static_cast<llama_token>(random() % vocabulary);
  return tokens;
}

}  // namespace

class FixedInference::State {
 public:
  State(engine::Runtime runtime, const Options& options)
      : runtime_(std::move(runtime)),
        prompt_(RandomTokens(runtime_, options.prompt_tokens)),
        tokens_(RandomTokens(runtime_, options.generated_tokens)) {}

  Status EvaluatePrompt() {
    const std::size_t batch = llama_n_batch(runtime_.context.get());
    for (std::size_t begin = 0; begin < prompt_.size(); begin += batch) {
      RETURN_IF_ERROR(Decode(prompt_.data() + begin, std::min(batch, prompt_.size() - begin)));
    }
    llama_synchronize(runtime_.context.get());
    return Ok();
  }

  Status Generate(Inference* inference) {
    for (llama_token& token : tokens_) {
      RETURN_IF_ERROR(Decode(&token, 1));
      llama_synchronize(runtime_.context.get());
      if (inference != nullptr) inference->Token();
    }
    return Ok();
  }

  void Rest() { runtime_.Rest(); }
  [[nodiscard]] std::int64_t prompt_tokens() const { return static_cast<std::int64_t>(prompt_.size()); }

 private:
  Status Decode(llama_token* tokens, std::size_t count) {
    if (llama_decode(runtime_.context.get(), llama_batch_get_one(tokens, static_cast<int>(count))) == 0) return Ok();
    return {Code::kInternal, "the engine failed: " + engine::TakeEngineLog()};
  }

  engine::Runtime runtime_;
  std::vector<llama_token> prompt_;
  std::vector<llama_token> tokens_;
};

Result<std::unique_ptr<FixedInference>> FixedInference::Load(const Options& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(options.model, error)) {
    return {Code::kNotFound, options.model.string() + ": no such model file"};
  }
  engine::CaptureEngineLog();
  engine::Runtime runtime;
  runtime.model.reset(llama_model_load_from_file(options.model.c_str(), llama_model_default_params()));
  const int threads = options.threads > 0 ? options.threads : os::UsableCpus();
  if (runtime.model == nullptr || !runtime.OpenContext(options.prompt_tokens + options.generated_tokens, threads)) {
    return {Code::kInvalidArgument, options.model.string() + ": cannot be loaded: " + engine::TakeEngineLog()};
  }
  return std::unique_ptr<FixedInference>(new FixedInference(std::make_unique<State>(std::move(runtime), options)));
}

FixedInference::FixedInference(std::unique_ptr<State> state) : state_(std::move(state)) {}
FixedInference::~FixedInference() = default;

Status FixedInference::EvaluatePrompt() { return state_->EvaluatePrompt(); }
Status FixedInference::Generate(Inference* inference) { return state_->Generate(inference); }
void FixedInference::Rest() { state_->Rest(); }

Status FixedInference::Run(Inference* inference) {
  RETURN_IF_ERROR(EvaluatePrompt());
  if (inference != nullptr) inference->PromptReady(state_->prompt_tokens());
  RETURN_IF_ERROR(Generate(inference));
  Rest();
  return Ok();
}

}  // namespace inferometer::trial
