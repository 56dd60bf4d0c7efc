#pragma once
// What a bench has found: rows as llama-bench has them, and how the arms stand to the first.

#include <string>
#include <vector>

#include "analyze/compare/group_answer.h"
#include "exchange/llama_bench_output.h"
#include "trial/bench_plan.h"
#include "trial/bench_records.h"

namespace inferometer::trial {

// One row an arm and test, in the plan's order. A prompt gives two: its evaluation as a test pp of its tokens, its
// answer as a test tg of all tokens but the first, at the depth of the prompt: the first token comes of the prompt's
// evaluation, as tokens_per_second has it. Runs of one prompt with answers of different length are rows of their own. A
// sample is a run's time in the record, which is rounded to microseconds. Failed runs and warm-ups are no samples.
[[nodiscard]] std::vector<exchange::LlamaBenchTest> RowsOf(const StoredRuns& stored, const BenchPlan& plan);

// The names in a context of what only llama-bench's columns need; `engine_version`, `cpu_model` and the others are
// those of any context.
inline constexpr const char* kModelTypeKey = "model_type";
inline constexpr const char* kModelSizeKey = "model_size_bytes";
inline constexpr const char* kBackendsKey = "backends";
inline constexpr const char* kGpuKey = "gpu_model";
inline constexpr const char* kBatchKey = "batch_tokens";
inline constexpr const char* kUbatchKey = "ubatch_tokens";

struct BenchVerdict {
  std::string name;  // of the group of workloads: "tg128", "prompts"
  analyze::GroupAnswer answer;
};

// Each arm against the plan's first one, of whole blocks only and without warm-ups; empty for a single arm. Every group
// of workloads is compared for itself, and each metric is a family: the plan's, else what a bench is for (time or rate,
// energy, memory).
[[nodiscard]] std::vector<BenchVerdict> VerdictsOf(const StoredRuns& stored, const BenchPlan& plan,
                                                   const analyze::CompareRules& rules);

}  // namespace inferometer::trial
