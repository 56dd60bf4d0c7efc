#pragma once
// The models of a bench's arms, as many in memory as may be.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/llama_engine.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "trial/bench_plan.h"

namespace inferometer::trial {

// Whether all arms' models can be in memory at once: twice the files, as some are repacked, against what is available.
// True where nobody tells what is. kNotFound and others of a model that is none.
[[nodiscard]] Result<bool> AllFitInMemory(const BenchPlan& plan, const std::filesystem::path& procfs);

// One thread at a time. Plan and recorder, which must be made before any model is loaded, must outlive it.
class BenchEngines {
 public:
  // Called after each load.
  using OnLoad = std::function<Status(std::size_t arm, const engine::ModelFacts& facts, WallTime began)>;
  BenchEngines(const BenchPlan& plan, Recorder& recorder, std::filesystem::path procfs, OnLoad on_load,
               std::stop_token stop);

  // See BenchParts. Of a plan that reloads, the arm that was there before goes first.
  [[nodiscard]] Result<bool> Prepare(std::size_t arm);
  // REQUIRES: prepared. Where the arms stay in memory, what the process takes is not what one of them does, and no
  // record tells it, nor the first one's.
  [[nodiscard]] InferenceRecord Run(std::size_t arm, const Workload& workload);
  // Why the last Run failed.
  [[nodiscard]] const Status& failure() const { return failure_; }

 private:
  const BenchPlan& plan_;
  Recorder& recorder_;
  std::filesystem::path procfs_;
  OnLoad on_load_;
  std::stop_token stop_;
  std::vector<std::unique_ptr<engine::LlamaEngine>> loaded_;  // by arm; null: not in memory
  Status failure_;
};

}  // namespace inferometer::trial
