#include "engine/steady_load.h"

#include <algorithm>
#include <random>
#include <vector>

#include "engine/engine_log.h"

namespace inferometer::engine {
namespace {

constexpr std::uint32_t kPromptPiece = 64;     // a short prompt: a board of 10 tokens/s still asks `go_on` every 6 s
constexpr std::uint32_t kMostInContext = 512;  // then the context is emptied: power barely depends on its depth

class Load {
 public:
  Load(Runtime& runtime, std::uint32_t piece)
      : runtime_(runtime),
        piece_(std::min(piece, llama_n_batch(runtime.context.get()))),
        most_in_context_(std::min(kMostInContext, llama_n_ctx(runtime.context.get()))),
        vocabulary_(static_cast<std::uint32_t>(llama_vocab_n_tokens(runtime.vocab()))) {}

  Result<std::uint64_t> RunWhile(const std::function<bool()>& go_on) {
    std::vector<llama_token> tokens(piece_);
    std::uint64_t decoded = 0;
    Status status;
    while (status.ok() && go_on()) {
      for (llama_token& token : tokens) token = static_cast<llama_token>(random_() % vocabulary_);
      status = Decode(tokens);
      decoded += tokens.size();
    }
    runtime_.Rest();
    if (!status.ok()) return status;
    return decoded;
  }

 private:
  Status Decode(std::vector<llama_token>& tokens) {
    if (in_context_ + piece_ > most_in_context_) {
      llama_memory_clear(llama_get_memory(runtime_.context.get()), false);
      in_context_ = 0;
    }
    in_context_ += piece_;
    const auto count = static_cast<int>(tokens.size());
    const int failed = llama_decode(runtime_.context.get(), llama_batch_get_one(tokens.data(), count));
    llama_synchronize(runtime_.context.get());
    if (failed != 0) return {Code::kInternal, "the engine could not decode: " + TakeEngineLog()};
    return Ok();
  }

  Runtime& runtime_;
  const std::uint32_t piece_;
  const std::uint32_t most_in_context_;
  const std::uint32_t vocabulary_;
  std::uint32_t in_context_ = 0;
  std::minstd_rand random_{1};  // the same work each time
};

}  // namespace

Result<std::uint64_t> EvaluatePromptsWhile(Runtime& runtime, const std::function<bool()>& go_on) {
  return Load(runtime, kPromptPiece).RunWhile(go_on);
}

Result<std::uint64_t> DecodeTokensWhile(Runtime& runtime, const std::function<bool()>& go_on) {
  return Load(runtime, 1).RunWhile(go_on);
}

}  // namespace inferometer::engine
