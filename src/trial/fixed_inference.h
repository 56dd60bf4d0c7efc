#pragma once
// Inferences of fixed length on random tokens, as llama-bench runs them: no tokenising, no sampling, no end of turn.

#include <filesystem>
#include <memory>

#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "trial/work.h"

namespace inferometer::trial {

// One model in memory. One call at a time.
class FixedInference final : public Work {
 public:
  struct Options {
    std::filesystem::path model;
    int threads = 0;  // 0: as many as this process may run on
    int prompt_tokens = 32;
    int generated_tokens = 8;
  };
  // kNotFound, kInvalidArgument with the path.
  [[nodiscard]] static Result<std::unique_ptr<FixedInference>> Load(const Options& options);
  ~FixedInference() override;

  // Prompt and tokens from an empty context; afterwards the engine's threads sleep.
  [[nodiscard]] Status Run(Inference* inference) override;

 private:
  class State;
  explicit FixedInference(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::trial
