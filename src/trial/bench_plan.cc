#include "trial/bench_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>

#include "analyze/compare/metrics.h"

namespace inferometer::trial {
namespace {

constexpr std::string_view kOfTests = "inference_time_ms";
constexpr std::string_view kOfPrompts = "tokens_per_second";

// As std::shuffle, whose order is another one with each library.
template <typename T>
void Shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

std::vector<std::size_t> Shuffled(std::size_t count, std::mt19937_64& random) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  Shuffle(numbers, random);
  return numbers;
}

}  // namespace

std::vector<BenchRun> OrderOfBlock(const BenchPlan& plan, std::size_t block) {
  std::seed_seq seeds{static_cast<std::uint32_t>(plan.seed), static_cast<std::uint32_t>(plan.seed >> 32U),
                      static_cast<std::uint32_t>(block)};
  std::mt19937_64 random(seeds);
  std::vector<BenchRun> order;
  const std::size_t outer_count = plan.reloads ? plan.arms.size() : plan.workloads.size();
  const std::size_t inner_count = plan.reloads ? plan.workloads.size() : plan.arms.size();
  for (const std::size_t outer : Shuffled(outer_count, random)) {
    for (const std::size_t inner : Shuffled(inner_count, random)) {
      order.push_back(plan.reloads ? BenchRun{outer, inner} : BenchRun{inner, outer});
    }
  }
  return order;
}

std::string BlockId(const BenchPlan& plan, std::size_t block) { return fmt::format("{}/{}", plan.id, block + 1); }

std::string_view DecidingMetric(const BenchPlan& plan, const Workload& workload) {
  if (!plan.metric.empty()) return plan.metric;
  return workload.fixed ? kOfTests : kOfPrompts;
}

std::optional<double> DecidingValue(const BenchPlan& plan, const Workload& workload, const InferenceRecord& record) {
  const auto metric = analyze::FindMetric(DecidingMetric(plan, workload));
  if (!metric || record.failed()) return std::nullopt;
  return analyze::MetricValuesOf(record)[*metric];
}

std::vector<WorkloadGroup> GroupsOf(const BenchPlan& plan) {
  std::vector<WorkloadGroup> groups;
  WorkloadGroup prompts{"prompts", {}};
  for (std::size_t i = 0; i < plan.workloads.size(); ++i) {
    if (plan.workloads[i].fixed) {
      groups.push_back({plan.workloads[i].id, {i}});
    } else {
      prompts.workloads.push_back(i);
    }
  }
  if (!prompts.workloads.empty()) groups.push_back(std::move(prompts));
  return groups;
}

}  // namespace inferometer::trial
