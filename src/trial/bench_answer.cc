#include "trial/bench_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "analyze/compare/metrics.h"
#include "analyze/compare/run_rows.h"
#include "base/timestamp.h"

namespace inferometer::trial {
namespace {

constexpr double kNsPerMs = 1e6;

const store::ContextValue* Find(const store::Context& context, std::string_view key) {
  const auto found =
      std::find_if(context.begin(), context.end(), [&](const auto& entry) { return entry.first == key; });
  return found == context.end() ? nullptr : &found->second;
}

std::optional<std::string> TextIn(const store::Context& context, std::string_view key) {
  const auto* value = Find(context, key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::int64_t> CountIn(const store::Context& context, std::string_view key) {
  const auto* value = Find(context, key);
  const auto* count = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return count == nullptr ? std::nullopt : std::optional(*count);
}

std::string Second(const InferenceRecord& record) {
  if (!record.timestamp) return "";
  const std::string time = base::FormatRfc3339(*record.timestamp);
  return time.substr(0, time.find('.')) + "Z";
}

exchange::LlamaBenchTest RowOf(const store::Context& context, const BenchArm& arm, const InferenceRecord& first) {
  exchange::LlamaBenchTest row;
  row.build_commit = TextIn(context, "engine_version");
  row.cpu_info = TextIn(context, "cpu_model").value_or("");
  row.gpu_info = TextIn(context, kGpuKey).value_or("");
  row.backends = TextIn(context, kBackendsKey).value_or("");
  row.model_filename = arm.model.string();
  row.model_type = TextIn(context, kModelTypeKey).value_or("");
  row.model_size = CountIn(context, kModelSizeKey);
  row.model_n_params = CountIn(context, "parameters");
  row.n_batch = CountIn(context, kBatchKey).value_or(0);
  row.n_ubatch = CountIn(context, kUbatchKey).value_or(0);
  row.n_threads = CountIn(context, "threads").value_or(arm.threads);
  row.n_gpu_layers = CountIn(context, "gpu_layers").value_or(0);
  row.test_time = Second(first);
  return row;
}

// A part of a run that is a test of llama-bench.
struct Part {
  std::int64_t prompt = 0;
  std::int64_t generated = 0;
  std::int64_t depth = 0;
  std::optional<double> ms{};
};

std::vector<Part> PartsOf(const Workload& workload, const InferenceRecord& record) {
  if (workload.fixed) {
    return {{workload.fixed->prompt_tokens, workload.fixed->generated_tokens, 0, record.inference_time_ms}};
  }
  const std::int64_t prompt = record.prompt_tokens.value_or(0);
  return {{prompt, 0, 0, record.prefill_ms}, {0, record.generated_tokens.value_or(0) - 1, prompt, record.decode_ms}};
}

// Rows in the order of arm and workload; within a prompt pp before tg.
class Rows {
 public:
  void Add(const StoredRuns& stored, const BenchPlan& plan, const StoredRun& run) {
    const std::size_t workload = WorkloadOf(plan, run.record);
    if (workload >= plan.workloads.size()) return;
    for (const Part& part : PartsOf(plan.workloads[workload], run.record)) {
      if (part.prompt + part.generated <= 0 || part.generated < 0 || part.ms.value_or(0) <= 0) continue;
      const Key key{run.arm, workload, part.depth, part.prompt, part.generated};
      auto found = rows_.find(key);
      if (found == rows_.end()) {
        found = rows_.emplace(key, RowOf(stored.contexts[run.context], plan.arms[run.arm], run.record)).first;
        found->second.n_prompt = part.prompt;
        found->second.n_gen = part.generated;
        found->second.n_depth = part.depth;
      }
      found->second.test_time = std::min(found->second.test_time, Second(run.record));
      found->second.samples_ns.push_back(std::llround(*part.ms * kNsPerMs));
    }
  }
  [[nodiscard]] std::vector<exchange::LlamaBenchTest> Take() && {
    std::vector<exchange::LlamaBenchTest> rows;
    rows.reserve(rows_.size());
    for (auto& [key, row] : rows_) rows.push_back(std::move(row));
    return rows;
  }

  static std::size_t WorkloadOf(const BenchPlan& plan, const InferenceRecord& record) {
    const auto found = std::find_if(plan.workloads.begin(), plan.workloads.end(),
                                    [&](const Workload& one) { return one.id == record.prompt_id; });
    return static_cast<std::size_t>(found - plan.workloads.begin());
  }

 private:
  using Key = std::tuple<std::size_t, std::size_t, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Key, exchange::LlamaBenchTest> rows_;
};

bool IsWarmUp(const InferenceRecord& record) { return record.warmup.value_or(false); }

// Blocks of which every run is there.
std::map<std::string, std::size_t> RunsByBlock(const StoredRuns& stored) {
  std::map<std::string, std::size_t> runs;
  for (const StoredRun& run : stored.runs) {
    if (!IsWarmUp(run.record)) ++runs[run.record.block_id.value_or("")];
  }
  return runs;
}

analyze::GroupAnswer CompareGroup(const StoredRuns& stored, const BenchPlan& plan, const WorkloadGroup& group,
                                  const analyze::RunQuestion& question) {
  const auto blocks = RunsByBlock(stored);
  const analyze::FoundFile nowhere{};
  analyze::RunRows rows;
  for (const StoredRun& run : stored.runs) {
    const std::size_t workload = Rows::WorkloadOf(plan, run.record);
    const bool is_of_group =
        std::find(group.workloads.begin(), group.workloads.end(), workload) != group.workloads.end();
    if (!is_of_group || IsWarmUp(run.record)) continue;
    if (blocks.at(run.record.block_id.value_or("")) < RunsInBlock(plan)) continue;
    rows.Add(run.arm, {nowhere, stored.contexts[run.context]}, run.record);
  }
  analyze::GroupAnswer answer;
  answer.by = {"arm"};
  answer.rules = question.rules;
  std::vector<std::size_t> arms;
  for (std::size_t arm = 0; arm < plan.arms.size(); ++arm) {
    answer.groups.push_back(plan.arms[arm].name);
    arms.push_back(arm);
  }
  answer.comparisons = analyze::CompareGroups(rows, arms, question);
  return answer;
}

std::vector<std::size_t> MetricsOf(const BenchPlan& plan, const WorkloadGroup& group) {
  static constexpr std::array kOfTests = {"inference_time_ms", "energy_consumed_mj", "memory_used_mb"};
  static constexpr std::array kOfPrompts = {"tokens_per_second", "time_to_first_token_ms", "energy_per_token_mj",
                                            "memory_used_mb"};
  std::vector<std::size_t> metrics;
  const auto add = [&metrics](std::string_view name) {
    if (const auto metric = analyze::FindMetric(name)) metrics.push_back(*metric);
  };
  const bool is_test = plan.workloads[group.workloads.front()].fixed.has_value();
  if (!plan.metric.empty()) {
    add(plan.metric);
  } else if (is_test) {
    for (const char* name : kOfTests) add(name);
  } else {
    for (const char* name : kOfPrompts) add(name);
  }
  return metrics;
}

}  // namespace

std::vector<exchange::LlamaBenchTest> RowsOf(const StoredRuns& stored, const BenchPlan& plan) {
  Rows rows;
  for (const StoredRun& run : stored.runs) {
    if (!IsWarmUp(run.record) && !run.record.failed()) rows.Add(stored, plan, run);
  }
  return std::move(rows).Take();
}

std::vector<BenchVerdict> VerdictsOf(const StoredRuns& stored, const BenchPlan& plan,
                                     const analyze::CompareRules& rules) {
  std::vector<BenchVerdict> verdicts;
  if (plan.arms.size() < 2) return verdicts;
  for (const WorkloadGroup& group : GroupsOf(plan)) {
    const analyze::RunQuestion question{rules, MetricsOf(plan, group), {"model_name", "threads"}};
    verdicts.push_back({group.name, CompareGroup(stored, plan, group, question)});
  }
  return verdicts;
}

}  // namespace inferometer::trial
