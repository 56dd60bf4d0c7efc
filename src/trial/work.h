#pragma once
// A piece of work that is always the same, to be run with and without measuring.

#include "inferometer/recorder.h"
#include "inferometer/status.h"

namespace inferometer::trial {

// One call at a time.
class Work {
 public:
  virtual ~Work() = default;
  // `inference` null: not measured. Marks prompt and tokens, but neither begins nor ends it.
  [[nodiscard]] virtual Status Run(Inference* inference) = 0;

 protected:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
};

}  // namespace inferometer::trial
