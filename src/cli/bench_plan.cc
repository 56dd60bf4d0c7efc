#include "cli/bench_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <system_error>
#include <utility>

#include "analyze/compare/metrics.h"
#include "base/device_id.h"
#include "base/timestamp.h"
#include "cli/default_model.h"
#include "engine/model_file.h"
#include "os/cpus.h"
#include "os/files.h"
#include "trial/bench_engines.h"
#include "trial/bench_prompts.h"
#include "trial/bench_records.h"

namespace inferometer::cli {
namespace {

using trial::BenchPlan;

constexpr std::size_t kMostArms = 64;
constexpr std::size_t kMostTests = 256;
constexpr std::size_t kLongestArmName = 56;  // leaves room to tell two apart
constexpr std::size_t kLargestPlan = 1U << 20U;

std::string FolderName(const std::string& model_name, int threads) {
  std::string name = model_name.substr(0, kLongestArmName - 6);
  for (char& c : name) {
    if (!base::CheckDeviceName(std::string("x") + c).ok()) c = '_';
  }
  if (!base::CheckDeviceName(name).ok()) name = "model" + name;
  return fmt::format("{}-t{}", name, threads);
}

Status AddArms(const BenchArguments& arguments, BenchPlan& plan) {
  std::vector<std::filesystem::path> models(arguments.models.begin(), arguments.models.end());
  if (models.empty()) models.push_back(DefaultModel());
  if (models.front().empty()) return {Code::kNotFound, "no model; give the path of a GGUF file with --model"};
  const std::vector<int> threads = arguments.threads.empty() ? std::vector<int>{os::UsableCpus()} : arguments.threads;
  std::set<std::string> names;
  std::set<std::pair<std::string, int>> arms;
  for (const std::filesystem::path& model : models) {
    ASSIGN_OR_RETURN(const engine::ModelFile file, engine::InspectModelFile(model));
    ASSIGN_OR_RETURN(const std::string fingerprint, trial::FingerprintOf(model));
    for (const int count : threads) {
      std::string name = FolderName(file.name, count);
      for (int again = 2; !names.insert(name).second; ++again) {
        name = fmt::format("{}-{}", FolderName(file.name, count), again);
      }
      if (!arms.emplace(model.string(), count).second) {
        return {Code::kInvalidArgument, fmt::format("{} with {} threads is asked for twice", model.string(), count)};
      }
      plan.arms.push_back({std::move(name), model, count, fingerprint});
    }
  }
  if (plan.arms.size() <= kMostArms) return Ok();
  return {Code::kInvalidArgument, fmt::format("{} models and threads; at most {}", plan.arms.size(), kMostArms)};
}

Status AddPrompts(BenchPlan& plan) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(plan.prompts_file, trial::kLargestPromptFile));
  ASSIGN_OR_RETURN(plan.prompts_fingerprint, trial::FingerprintOf(plan.prompts_file));
  auto prompts = trial::ParsePrompts(text);
  if (!prompts.ok()) {
    return {Code::kInvalidArgument, plan.prompts_file.string() + ": " + prompts.status().message()};
  }
  for (trial::BenchPrompt& one : *prompts) plan.workloads.push_back({std::move(one.id), {}, std::move(one.text)});
  return Ok();
}

Status AddTests(const BenchArguments& arguments, BenchPlan& plan) {
  std::set<std::string> ids;
  int most_tokens = 0;
  const auto add = [&](const engine::FixedTest& test) {
    trial::Workload workload = trial::TestWorkload(test);
    most_tokens = std::max(most_tokens, test.prompt_tokens + test.generated_tokens);
    if (!workload.id.empty() && ids.insert(workload.id).second) plan.workloads.push_back(std::move(workload));
  };
  for (const int tokens : arguments.n_prompt) add({.prompt_tokens = tokens});
  for (const int tokens : arguments.n_gen) add({.generated_tokens = tokens});
  if (plan.workloads.empty()) return {Code::kInvalidArgument, "nothing to run: --n-prompt and --n-gen are 0"};
  if (plan.workloads.size() > kMostTests) {
    return {Code::kInvalidArgument, fmt::format("{} tests; at most {}", plan.workloads.size(), kMostTests)};
  }
  if (plan.context_tokens == 0) plan.context_tokens = most_tokens;
  return Ok();
}

Status AddWorkloads(const BenchArguments& arguments, BenchPlan& plan) {
  if (arguments.prompts.empty()) return AddTests(arguments, plan);
  if (arguments.asks_for_prompt_tests) return {Code::kInvalidArgument, "--prompts and --n-prompt exclude each other"};
  if (arguments.n_gen.size() != 1 || arguments.n_gen.front() < 1) {
    return {Code::kInvalidArgument, "with --prompts, --n-gen is one number: the most tokens of an answer"};
  }
  plan.prompts_file = arguments.prompts;
  plan.max_tokens = arguments.n_gen.front();
  return AddPrompts(plan);
}

Status CheckMetric(const std::string& metric) {
  if (metric.empty() || analyze::FindMetric(metric)) return Ok();
  std::string names;
  for (const auto& one : analyze::kCompareMetrics) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return {Code::kInvalidArgument, fmt::format("--metric \"{}\" is none of {}", metric, names)};
}

Status CheckFile(const std::filesystem::path& file, const std::string& fingerprint) {
  ASSIGN_OR_RETURN(const std::string now, trial::FingerprintOf(file));
  if (now == fingerprint) return Ok();
  return {Code::kFailedPrecondition,
          fmt::format("{} is not the file that the bench began with; begin another one with --out", file.string())};
}

}  // namespace

Result<BenchPlan> MakePlan(const BenchArguments& arguments, const base::Clock& clock) {
  BenchPlan plan;
  plan.id = base::FormatCompactSecond(clock.Wall());
  plan.seed = arguments.seed ? *arguments.seed : std::random_device()();
  RETURN_IF_ERROR(CheckMetric(arguments.metric));
  plan.context_tokens = arguments.context_tokens;
  RETURN_IF_ERROR(AddArms(arguments, plan));
  RETURN_IF_ERROR(AddWorkloads(arguments, plan));
  plan.experiment = arguments.experiment;
  plan.batch_tokens = arguments.batch_tokens;
  plan.gpu_layers = arguments.gpu_layers;
  plan.warm_ups = arguments.warm_ups;
  plan.blocks = arguments.repetitions;
  plan.most_blocks = arguments.most_blocks;
  plan.effect_percent = arguments.effect_percent;
  plan.metric = arguments.metric;
  plan.delay_seconds = arguments.delay_seconds;
  ASSIGN_OR_RETURN(const bool all_fit, trial::AllFitInMemory(plan, arguments.recorder.procfs));
  plan.reloads = plan.arms.size() > 1 && (arguments.reloads || !all_fit);
  return plan;
}

Result<BenchPlan> ReadPlan(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / trial::kPlanFileName;
  const auto text = os::ReadFile(file, kLargestPlan);
  if (text.status().code() == Code::kNotFound) {
    return {Code::kNotFound, fmt::format("{} holds no bench (no {})", folder.string(), trial::kPlanFileName)};
  }
  if (!text.ok()) return text.status();
  auto plan = trial::ParsePlan(*text);
  if (!plan.ok()) return Status(plan.status().code(), file.string() + ": " + plan.status().message());
  for (const trial::BenchArm& arm : plan->arms) RETURN_IF_ERROR(CheckFile(arm.model, arm.fingerprint));
  if (plan->prompts_file.empty()) return plan;
  RETURN_IF_ERROR(CheckFile(plan->prompts_file, plan->prompts_fingerprint));
  RETURN_IF_ERROR(AddPrompts(*plan));
  return plan;
}

}  // namespace inferometer::cli
