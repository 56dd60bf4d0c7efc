#include "engine/fixed_load.h"

#include <algorithm>
#include <system_error>

#include "engine/engine_log.h"
#include "os/cpus.h"

namespace inferometer::engine {

Result<Runtime> OpenForFixedLoad(const std::filesystem::path& model, int context_tokens, int threads) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(model, error))
    return {Code::kNotFound, model.string() + ": no such model file"};
  CaptureEngineLog();
  Runtime runtime;
  runtime.model.reset(llama_model_load_from_file(model.c_str(), llama_model_default_params()));
  if (runtime.model == nullptr || !runtime.OpenContext(context_tokens, threads > 0 ? threads : os::UsableCpus())) {
    return {Code::kInvalidArgument, model.string() + ": cannot be loaded: " + TakeEngineLog()};
  }
  return runtime;
}

RandomTokens::RandomTokens(const Runtime& runtime)
    : vocabulary_(static_cast<std::uint32_t>(llama_vocab_n_tokens(runtime.vocab()))) {}

void RandomTokens::Fill(std::span<llama_token> tokens) {
  for (llama_token& token : tokens) token = static_cast<llama_token>(random_() % vocabulary_);
}

std::vector<llama_token> RandomTokens::Take(int count) {
  std::vector<llama_token> tokens(static_cast<std::size_t>(count));
  Fill(tokens);
  return tokens;
}

Status EvaluateTokens(Runtime& runtime, std::span<llama_token> tokens) {
  const std::size_t batch = llama_n_batch(runtime.context.get());
  while (!tokens.empty()) {
    const auto now = tokens.first(std::min(batch, tokens.size()));
    if (llama_decode(runtime.context.get(), llama_batch_get_one(now.data(), static_cast<int>(now.size()))) != 0) {
      return {Code::kInternal, "the engine could not decode: " + TakeEngineLog()};
    }
    tokens = tokens.subspan(now.size());
  }
  llama_synchronize(runtime.context.get());
  return Ok();
}

Status DecodeSingly(Runtime& runtime, std::span<llama_token> tokens, const std::function<void()>& after_each) {
  for (llama_token& token : tokens) {
    RETURN_IF_ERROR(EvaluateTokens(runtime, {&token, 1}));
    if (after_each) after_each();
  }
  return Ok();
}

}  // namespace inferometer::engine
