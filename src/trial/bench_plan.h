#pragma once
// What a bench runs, and in which order: all that has to be the same for a bench to go on after a break.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/llama_engine.h"
#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::trial {

// One way to run: a model file and the threads.
struct BenchArm {
  std::string name;  // its folder, unique in the plan
  std::filesystem::path model;
  int threads = 0;
  std::string fingerprint;  // of the file, see FingerprintOf
};

// What an arm does in one run: a test on random tokens, or a prompt.
struct Workload {
  std::string id;  // the prompt_id of its records: "pp512", "tg128", a prompt's own
  std::optional<engine::FixedTest> fixed{};
  std::string prompt{};  // where it is no test
};

// Named as llama-bench names it.
[[nodiscard]] Workload TestWorkload(const engine::FixedTest& test);

struct BenchPlan {
  std::string id;  // "20261201_001522", the second of the start; begins each block_id
  std::uint64_t seed = 1;
  std::vector<BenchArm> arms;  // the first one is what the others are held against
  std::vector<Workload> workloads;
  std::filesystem::path prompts_file{};  // empty: the workloads are tests
  std::string prompts_fingerprint{};
  std::string experiment{};
  int max_tokens = 128;  // of an answer
  int context_tokens = 0;
  int batch_tokens = 2048;
  int gpu_layers = 0;
  int warm_ups = 1;           // after each load
  bool reloads = false;       // each arm is loaded anew for its turn in a block, else all stay loaded
  std::optional<int> blocks;  // so many; else as many as decide
  int most_blocks = 200;
  double effect_percent = 2;  // what is to be found, in four benches of five
  std::string metric{};       // what decides; empty: see DecidingMetric
  double delay_seconds = 0;
};

// The number of runs in one block: every arm with every workload, once.
[[nodiscard]] inline std::size_t RunsInBlock(const BenchPlan& plan) { return plan.arms.size() * plan.workloads.size(); }

struct BenchRun {
  std::size_t arm = 0;
  std::size_t workload = 0;
};

// Of one block, in random order, always the same for the same plan. Where all arms stay loaded, the arms run one
// workload next to each other, in an order of its own; where they are loaded for their turn, the workloads of an arm
// do.
[[nodiscard]] std::vector<BenchRun> OrderOfBlock(const BenchPlan& plan, std::size_t block);

// Blocks count from 1 in block_id, runs from 0 in run_index.
[[nodiscard]] std::string BlockId(const BenchPlan& plan, std::size_t block);

// Which metric of compare decides for a workload.
[[nodiscard]] std::string_view DecidingMetric(const BenchPlan& plan, const Workload& workload);
[[nodiscard]] std::optional<double> DecidingValue(const BenchPlan& plan, const Workload& workload,
                                                  const InferenceRecord& record);

// Workloads that are judged together: each test for itself, all prompts as one.
struct WorkloadGroup {
  std::string name;  // "pp512", "prompts"
  std::vector<std::size_t> workloads;
};
[[nodiscard]] std::vector<WorkloadGroup> GroupsOf(const BenchPlan& plan);

// The plan as JSON, one key a line; prompts are not in it, but their file's name and fingerprint.
[[nodiscard]] std::string PlanJson(const BenchPlan& plan);
// Back again; workloads that are prompts are for the caller to add. kDataLoss for what is no plan.
[[nodiscard]] Result<BenchPlan> ParsePlan(std::string_view json);

// In what the plans differ, as a sentence; empty where `other` goes on with what `plan` began. Id and seed are the
// first one's.
[[nodiscard]] std::string WhyOther(const BenchPlan& plan, const BenchPlan& other);

// Tells model files apart without reading all of them: the size, and a hash of their first and last MiB, in which a
// GGUF's description and its last weights stand. kNotFound, kPermissionDenied.
[[nodiscard]] Result<std::string> FingerprintOf(const std::filesystem::path& file);

}  // namespace inferometer::trial
