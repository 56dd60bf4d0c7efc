#include "trial/bench_engines.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "engine/model_file.h"

namespace inferometer::trial {
namespace {

constexpr std::uint64_t kRepacked = 2;

void DropWhatIsOfTheWholeProcess(InferenceRecord& record) {
  record.memory_used_mb.reset();
  record.memory_rss_mb.reset();
  record.memory_peak_mb.reset();
  record.memory_peak_source.reset();
  record.memory_anon_mb.reset();
  record.memory_file_mb.reset();
}

}  // namespace

Result<bool> AllFitInMemory(const BenchPlan& plan, const std::filesystem::path& procfs) {
  engine::ModelFile all;
  for (const BenchArm& arm : plan.arms) {
    ASSIGN_OR_RETURN(const engine::ModelFile one, engine::InspectModelFile(arm.model));
    all.size_bytes += kRepacked * one.size_bytes;
  }
  return engine::CheckFitsInMemory(all, procfs).ok();
}

BenchEngines::BenchEngines(const BenchPlan& plan, Recorder& recorder, std::filesystem::path procfs, OnLoad on_load,
                           std::stop_token stop)
    : plan_(plan),
      recorder_(recorder),
      procfs_(std::move(procfs)),
      on_load_(std::move(on_load)),
      stop_(std::move(stop)),
      loaded_(plan.arms.size()) {}

Result<bool> BenchEngines::Prepare(std::size_t arm) {
  if (loaded_[arm] != nullptr) return false;
  if (plan_.reloads) {
    for (auto& other : loaded_) other.reset();
  }
  const WallTime began = base::SystemClock().Wall();
  const engine::ModelOptions options{.path = plan_.arms[arm].model,
                                     .threads = plan_.arms[arm].threads,
                                     .context_tokens = plan_.context_tokens,
                                     .gpu_layers = plan_.gpu_layers,
                                     .batch_tokens = plan_.batch_tokens,
                                     .procfs = procfs_};
  const auto go_on = [this](float) { return !stop_.stop_requested(); };
  ASSIGN_OR_RETURN(loaded_[arm], engine::LlamaEngine::Load(options, recorder_, go_on));
  RETURN_IF_ERROR(on_load_(arm, loaded_[arm]->facts(), began));
  return true;
}

InferenceRecord BenchEngines::Run(std::size_t arm, const Workload& workload) {
  engine::LlamaEngine& engine = *loaded_[arm];
  engine::Answer answer = workload.fixed
                              ? engine.RunFixed(*workload.fixed, recorder_, stop_)
                              : engine.Ask(workload.prompt, {.max_tokens = plan_.max_tokens}, recorder_, stop_);
  failure_ = answer.status;
  if (plan_.arms.size() > 1 && !plan_.reloads) DropWhatIsOfTheWholeProcess(answer.record);
  return std::move(answer.record);
}

}  // namespace inferometer::trial
