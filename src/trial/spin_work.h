#pragma once
// Work for machines without a model: every CPU computes.

#include <cstdint>

#include "trial/work.h"

namespace inferometer::trial {

// Always the same number of steps on each of `threads`, about `seconds` on the machine where it was made.
class SpinWork final : public Work {
 public:
  SpinWork(unsigned threads, double seconds);
  [[nodiscard]] Status Run(Inference* inference) override;

 private:
  unsigned threads_;
  std::uint64_t steps_;
};

}  // namespace inferometer::trial
