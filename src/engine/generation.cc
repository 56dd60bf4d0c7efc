#include "engine/generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/chat_prompt.h"
#include "engine/engine_log.h"

namespace inferometer::engine {
namespace {

std::unique_ptr<llama_sampler, Deleter> MakeSampler(const AnswerOptions& options) {
  llama_sampler* chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
  if (options.temperature <= 0) {
    llama_sampler_chain_add(chain, llama_sampler_init_greedy());
  } else {
    // llama.cpp's own defaults for top-k and top-p
    llama_sampler_chain_add(chain, llama_sampler_init_top_k(40));
    llama_sampler_chain_add(chain, llama_sampler_init_top_p(0.95F, 1));
    llama_sampler_chain_add(chain, llama_sampler_init_temp(static_cast<float>(options.temperature)));
    llama_sampler_chain_add(chain, llama_sampler_init_dist(options.seed));
  }
  return std::unique_ptr<llama_sampler, Deleter>(chain);
}

// Drops a character that the end of generation cut in two.
void TrimTornCharacter(std::string& text) {
  std::size_t tail = 0;
  while (tail < text.size() && tail < 4) {
    const auto byte = static_cast<unsigned char>(text[text.size() - 1 - tail]);
    ++tail;
    if ((byte & 0xC0U) == 0x80U) continue;  // a following byte
    const std::size_t wanted = byte < 0x80U ? 1 : byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : 2;
    if (wanted > tail) text.resize(text.size() - tail);
    return;
  }
}

}  // namespace

Generation::Generation(Runtime& runtime, const AnswerOptions& options, std::stop_token cancel, Inference inference)
    : runtime_(runtime),
      options_(options),
      cancel_(std::move(cancel)),
      inference_(std::move(inference)),
      sampler_(MakeSampler(options)) {}

Answer Generation::Run(const std::string& prompt) {
  if (auto failure = EvaluatePrompt(prompt)) return Failed(*std::move(failure));
  if (auto failure = GenerateTokens()) return Failed(*std::move(failure));
  Answer answer;
  answer.record = inference_.End(finish_reason_);
  TrimTornCharacter(text_);
  answer.text = std::move(text_);
  if (generated_ == 0) answer.status = Status(Code::kUnavailable, "the model answered nothing");
  return answer;
}

std::optional<Generation::Failure> Generation::EvaluatePrompt(const std::string& prompt) {
  auto text = ApplyChatTemplate(runtime_.model.get(), prompt);
  if (!text.ok()) return Failure{"engine_error", text.status()};
  auto tokens = Tokenise(runtime_.vocab(), *text);
  if (!tokens.ok()) return Failure{"engine_error", tokens.status()};
  const auto count = static_cast<int>(tokens->size());
  inference_.PromptReady(count);
  const auto context = static_cast<int>(llama_n_ctx(runtime_.context.get()));
  if (count >= context) {
    return Failure{
        "prompt_too_long",
        Status(Code::kResourceExhausted, fmt::format("the prompt has {} tokens and the context holds {}; shorten the "
                                                     "prompt or raise --context",
                                                     count, context))};
  }
  const auto batch = static_cast<int>(llama_n_batch(runtime_.context.get()));
  for (int begin = 0; begin < count; begin += batch) {  // a larger batch than n_batch would end the process
    if (auto failure = Decode(tokens->data() + begin, std::min(batch, count - begin))) return failure;
  }
  return std::nullopt;
}

std::optional<Generation::Failure> Generation::GenerateTokens() {
  for (;;) {
    llama_token token = llama_sampler_sample(sampler_.get(), runtime_.context.get(), -1);
    if (llama_vocab_is_eog(runtime_.vocab(), token)) {
      finish_reason_ = "stop";
      return std::nullopt;
    }
    inference_.Token();
    ++generated_;
    AppendPiece(runtime_.vocab(), token, text_);
    if (LimitReached()) {
      finish_reason_ = "length";
      return std::nullopt;
    }
    if (auto failure = Decode(&token, 1)) return failure;
  }
}

bool Generation::LimitReached() const {
  return generated_ >= options_.max_tokens || context_used_ >= static_cast<int>(llama_n_ctx(runtime_.context.get()));
}

std::optional<Generation::Failure> Generation::Decode(llama_token* tokens, int count) {
  const int code =
      cancel_.stop_requested() ? 2 : llama_decode(runtime_.context.get(), llama_batch_get_one(tokens, count));
  context_used_ += count;
  if (code == 0) return std::nullopt;
  if (code == 2) return Failure{"cancelled", Status(Code::kCancelled, "the inference was cancelled")};
  return Failure{"engine_error", Status(Code::kInternal, fmt::format("the engine failed to decode (code {}): {}", code,
                                                                     TakeEngineLog()))};
}

Answer Generation::Failed(Failure failure) {
  Answer answer;
  answer.record = inference_.Fail(std::move(failure.error_type));
  TrimTornCharacter(text_);
  answer.text = std::move(text_);
  answer.status = std::move(failure.status);
  return answer;
}

}  // namespace inferometer::engine
