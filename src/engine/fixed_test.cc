#include "engine/fixed_test.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "engine/fixed_load.h"

namespace inferometer::engine {
namespace {

Answer Failed(Inference& inference, const char* error_type, Status status) {
  Answer answer;
  answer.record = inference.Fail(error_type);
  answer.status = std::move(status);
  return answer;
}

// What would look like a measurement of a part that the test does not have.
void DropWhatWasNot(const FixedTest& test, InferenceRecord& record) {
  if (test.generated_tokens == 0) {  // the one mark of the prompt's end is no token
    record.generated_tokens = 0;
    record.time_to_first_token_ms.reset();
    record.decode_ms.reset();
  }
  if (test.prompt_tokens == 0) {
    record.prefill_ms.reset();
    record.prompt_tokens_per_second.reset();
  }
  record.flags.emplace_back("synthetic");
}

}  // namespace

Answer RunFixedTest(Runtime& runtime, const FixedTest& test, const ModelIdentity& model, Recorder& recorder,
                    const std::stop_token& cancel) {
  RandomTokens random(runtime);
  std::vector<llama_token> prompt = random.Take(test.prompt_tokens);
  std::vector<llama_token> tokens = random.Take(test.generated_tokens);
  const auto context = static_cast<std::size_t>(llama_n_ctx(runtime.context.get()));
  Inference inference = recorder.Begin(model);
  inference.PromptReady(test.prompt_tokens);
  if (prompt.size() + tokens.size() > context) {
    return Failed(inference, "prompt_too_long",
                  Status(Code::kResourceExhausted, fmt::format("a test of {} tokens, and the context holds {}",
                                                               prompt.size() + tokens.size(), context)));
  }
  Status status = EvaluateTokens(runtime, prompt);
  const auto mark = [&inference] { inference.Token(); };
  if (status.ok() && tokens.empty()) mark();  // else there would be no end of the prompt, and the record a failure
  if (status.ok()) status = DecodeSingly(runtime, tokens, mark);
  if (!status.ok() && cancel.stop_requested()) {
    return Failed(inference, "cancelled", Status(Code::kCancelled, "the test was cancelled"));
  }
  if (!status.ok()) return Failed(inference, "engine_error", std::move(status));
  Answer answer;
  answer.record = inference.End("length");
  DropWhatWasNot(test, answer.record);
  return answer;
}

}  // namespace inferometer::engine
