#include "trial/fixed_inference.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/fixed_load.h"

namespace inferometer::trial {

class FixedInference::State {
 public:
  State(engine::Runtime runtime, const Options& options)
      : runtime_(std::move(runtime)),
        prompt_(engine::RandomTokens(runtime_).Take(options.prompt_tokens)),
        tokens_(engine::RandomTokens(runtime_).Take(options.generated_tokens)) {}

  Status Run(Inference* inference) {
    RETURN_IF_ERROR(engine::EvaluateTokens(runtime_, prompt_));
    if (inference != nullptr) inference->PromptReady(static_cast<std::int64_t>(prompt_.size()));
    const auto mark = [inference] {
      if (inference != nullptr) inference->Token();
    };
    RETURN_IF_ERROR(engine::DecodeSingly(runtime_, tokens_, mark));
    runtime_.Rest();
    return Ok();
  }

 private:
  engine::Runtime runtime_;
  std::vector<llama_token> prompt_;
  std::vector<llama_token> tokens_;
};

Result<std::unique_ptr<FixedInference>> FixedInference::Load(const Options& options) {
  const int context_tokens = options.prompt_tokens + options.generated_tokens;
  ASSIGN_OR_RETURN(engine::Runtime runtime, engine::OpenForFixedLoad(options.model, context_tokens, options.threads));
  return std::unique_ptr<FixedInference>(new FixedInference(std::make_unique<State>(std::move(runtime), options)));
}

FixedInference::FixedInference(std::unique_ptr<State> state) : state_(std::move(state)) {}
FixedInference::~FixedInference() = default;

Status FixedInference::Run(Inference* inference) { return state_->Run(inference); }

}  // namespace inferometer::trial
