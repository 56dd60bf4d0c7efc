#include "engine/steady_load.h"

#include <algorithm>
#include <vector>

#include "engine/fixed_load.h"

namespace inferometer::engine {
namespace {

constexpr std::uint32_t kPromptPiece = 64;     // a short prompt: a board of 10 tokens/s still asks `go_on` every 6 s
constexpr std::uint32_t kMostInContext = 512;  // then the context is emptied: power barely depends on its depth

class Load {
 public:
  Load(Runtime& runtime, std::uint32_t piece)
      : runtime_(runtime),
        random_(runtime),
        piece_(std::min(piece, llama_n_batch(runtime.context.get()))),
        most_in_context_(std::min(kMostInContext, llama_n_ctx(runtime.context.get()))) {}

  Result<std::uint64_t> RunWhile(const std::function<bool()>& go_on) {
    std::vector<llama_token> tokens(piece_);
    std::uint64_t decoded = 0;
    Status status;
    while (status.ok() && go_on()) {
      random_.Fill(tokens);
      MakeRoom();
      status = EvaluateTokens(runtime_, tokens);
      decoded += tokens.size();
    }
    runtime_.Rest();
    if (!status.ok()) return status;
    return decoded;
  }

 private:
  void MakeRoom() {
    if (in_context_ + piece_ > most_in_context_) {
      llama_memory_clear(llama_get_memory(runtime_.context.get()), false);
      in_context_ = 0;
    }
    in_context_ += piece_;
  }

  Runtime& runtime_;
  RandomTokens random_;
  const std::uint32_t piece_;
  const std::uint32_t most_in_context_;
  std::uint32_t in_context_ = 0;
};

}  // namespace

Result<std::uint64_t> EvaluatePromptsWhile(Runtime& runtime, const std::function<bool()>& go_on) {
  return Load(runtime, kPromptPiece).RunWhile(go_on);
}

Result<std::uint64_t> DecodeTokensWhile(Runtime& runtime, const std::function<bool()>& go_on) {
  return Load(runtime, 1).RunWhile(go_on);
}

}  // namespace inferometer::engine
