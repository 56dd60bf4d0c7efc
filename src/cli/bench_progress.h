#pragma once
// On a terminal, how far a bench is, on one line.

#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "trial/bench_plan.h"
#include "trial/bench_run.h"

namespace inferometer::cli {

// All must outlive it. The line is wiped away at its end. One thread at a time.
class BenchProgressLine {
 public:
  BenchProgressLine(const trial::BenchPlan& plan, std::FILE* err, const base::Clock& clock);
  ~BenchProgressLine();
  BenchProgressLine(const BenchProgressLine&) = delete;
  BenchProgressLine& operator=(const BenchProgressLine&) = delete;

  void Show(const trial::BenchProgress& progress);

 private:
  const trial::BenchPlan& plan_;
  std::FILE* err_;
  const base::Clock& clock_;
  const bool on_terminal_;
  const std::chrono::nanoseconds begin_;
  std::size_t runs_ = 0;
  bool shown_ = false;
};

}  // namespace inferometer::cli
