#pragma once
// Runs a plan, block after block, until there are enough of them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "trial/bench_plan.h"

namespace inferometer::trial {

// What a bench works with. Called on the thread of Run.
struct BenchParts {
  // Readies an arm. True: it was loaded for that, so its warm-ups are due.
  std::function<Result<bool>(std::size_t arm)> prepare;
  // One inference; a failure is a record, too. error_type "cancelled" where it was stopped.
  std::function<InferenceRecord(std::size_t arm, const Workload& workload)> run;
  // Durable when it returns.
  std::function<Status(std::size_t arm, const InferenceRecord& record)> keep;
  // Between two runs; false where the wait was broken off.
  std::function<bool()> rest;
};

struct BenchProgress {
  std::size_t block = 0;              // from 0
  std::size_t run = 0;                // within the block, from 0; just done
  std::optional<std::size_t> blocks;  // that are to be run, where that is known
  std::size_t arm = 0;
  std::size_t workload = 0;
  const InferenceRecord* record = nullptr;  // lives for the call
};

// The runs that are stored, by run_index: the deciding value, where there is one.
using DoneRuns = std::map<std::int64_t, std::optional<double>>;

enum class BenchEnd {
  kDone,        // as many blocks as were asked for, or as decide
  kMostBlocks,  // more would be needed
  kMostTime,    // likewise
  kStopped,
};

struct BenchOutcome {
  BenchEnd end = BenchEnd::kDone;
  std::size_t blocks = 0;  // whole ones
  std::optional<std::size_t>
      needed;                 // that decide, by the pilot; nothing where the plan says how many, or none can tell
  std::size_t failed = 0;     // runs of this call
  std::string first_failure;  // "a-t2, tg128: engine_error"
};

// Runs what is not in `done`, which is how a bench that was broken off goes on: a block that was begun is ended, in its
// order. The number of blocks is decided once, after kPilotBlocks of them, by the spread of the deciding metric alone;
// of several arms and groups of workloads, by what needs the most. A single arm has 5 blocks, as llama-bench has.
// A record's block_id, run_index, warmup and prompt_id are filled in here. Fails where an arm cannot be prepared or a
// record not be kept; what was kept stays.
class BenchRunner {
 public:
  BenchRunner(const BenchPlan& plan, DoneRuns done, BenchParts parts, const base::Clock& clock);

  [[nodiscard]] Result<BenchOutcome> Run(std::chrono::nanoseconds at_most, const std::stop_token& stop,
                                         const std::function<void(const BenchProgress&)>& on_run);

 private:
  [[nodiscard]] std::optional<std::size_t> BlocksToRun();
  [[nodiscard]] std::size_t BlocksThatDecide() const;
  [[nodiscard]] std::vector<double> LogRatios(std::size_t arm, const WorkloadGroup& group) const;
  [[nodiscard]] std::optional<double> BlockValue(std::size_t block, std::size_t arm, const WorkloadGroup& group) const;
  [[nodiscard]] Result<bool> RunBlock(std::size_t block, const std::stop_token& stop);
  [[nodiscard]] Result<bool> RunOne(std::size_t block, std::size_t place, const BenchRun& run,
                                    const std::stop_token& stop);
  [[nodiscard]] Result<bool> WarmUp(std::size_t block, std::size_t arm, const std::stop_token& stop);
  [[nodiscard]] Result<std::optional<InferenceRecord>> Measure(std::size_t block, const BenchRun& run,
                                                               const std::stop_token& stop);
  void NoteFailure(const BenchRun& run, const InferenceRecord& record);

  const BenchPlan& plan_;
  DoneRuns done_;
  BenchParts parts_;
  const base::Clock& clock_;
  const std::function<void(const BenchProgress&)>* on_run_ = nullptr;
  bool any_run_ = false;  // in this call
  BenchOutcome outcome_;
};

}  // namespace inferometer::trial
