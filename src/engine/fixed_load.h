#pragma once
// The engine decoding tokens without meaning, as llama-bench does: no tokenising, no sampling, no end of turn. Internal
// to src/engine, to src/trial and to the engine benchmark; needs llama.h.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "engine/runtime.h"
#include "inferometer/status.h"

namespace inferometer::engine {

// A model and a context of that many tokens. `threads` 0: as many as this process may run on. From now on the engine
// prints nothing (CaptureEngineLog). kNotFound, kInvalidArgument with the path.
[[nodiscard]] Result<Runtime> OpenForFixedLoad(const std::filesystem::path& model, int context_tokens, int threads);

// Any tokens of the vocabulary: the same ones from each object.
class RandomTokens {
 public:
  explicit RandomTokens(const Runtime& runtime);
  void Fill(std::span<llama_token> tokens);
  [[nodiscard]] std::vector<llama_token> Take(int count);

 private:
  std::mt19937 random_{1};
  std::uint32_t vocabulary_;
};

// Both decode behind what is in the context, which must have room, and return when the engine has finished. They leave
// the tokens as they are (llama.h takes no const ones). kInternal with what the engine says.
// In batches as large as the context takes.
[[nodiscard]] Status EvaluateTokens(Runtime& runtime, std::span<llama_token> tokens);
// One by one, each finished before `after_each` (may be empty) is called.
[[nodiscard]] Status DecodeSingly(Runtime& runtime, std::span<llama_token> tokens,
                                  const std::function<void()>& after_each);

}  // namespace inferometer::engine
