#pragma once
// One question and its answer. Internal to src/engine; needs llama.h.

#include <llama.h>

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/llama_engine.h"
#include "engine/runtime.h"
#include "inferometer/recorder.h"

namespace inferometer::engine {

// Used once, by one thread. Everything passed in must outlive it. Prints, allocates and calls back nothing that is not
// part of the work between two time marks.
class Generation {
 public:
  Generation(Runtime& runtime, const AnswerOptions& options, std::stop_token cancel, Inference inference);
  [[nodiscard]] Answer Run(const std::string& prompt);

 private:
  struct Failure {
    std::string error_type;
    Status status;
  };

  std::optional<Failure> EvaluatePrompt(const std::string& prompt);
  std::optional<Failure> GenerateTokens();
  std::optional<Failure> Decode(llama_token* tokens, int count);
  [[nodiscard]] bool LimitReached() const;
  Answer Failed(Failure failure);

  Runtime& runtime_;
  const AnswerOptions& options_;
  std::stop_token cancel_;
  Inference inference_;
  std::unique_ptr<llama_sampler, Deleter> sampler_;
  int context_used_ = 0;  // tokens in the context
  int generated_ = 0;
  std::string text_;
  std::string finish_reason_;
};

}  // namespace inferometer::engine
