#include "trial/bench_run.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/quantile.h"
#include "trial/sample_size.h"

namespace inferometer::trial {
namespace {

constexpr std::size_t kBlocksOfOneArm = 5;
constexpr double kFalseVerdicts = 0.05;
constexpr const char* kCancelled = "cancelled";

std::int64_t RunIndex(const BenchPlan& plan, std::size_t block, std::size_t place) {
  return static_cast<std::int64_t>(block * RunsInBlock(plan) + place);
}

}  // namespace

BenchRunner::BenchRunner(const BenchPlan& plan, DoneRuns done, BenchParts parts, const base::Clock& clock)
    : plan_(plan), done_(std::move(done)), parts_(std::move(parts)), clock_(clock) {}

Result<BenchOutcome> BenchRunner::Run(std::chrono::nanoseconds at_most, const std::stop_token& stop,
                                      const std::function<void(const BenchProgress&)>& on_run) {
  const auto begin = clock_.Steady();
  on_run_ = &on_run;
  for (std::size_t block = 0;; ++block) {
    outcome_.blocks = block;
    const auto wanted = BlocksToRun();
    const auto most = static_cast<std::size_t>(plan_.most_blocks);
    if (wanted && block >= *wanted) {
      const bool is_enough = !outcome_.needed || *outcome_.needed <= block;
      outcome_.end = is_enough ? BenchEnd::kDone : BenchEnd::kMostBlocks;
      return outcome_;
    }
    if (!wanted && block >= most) {
      outcome_.end = BenchEnd::kMostBlocks;
      return outcome_;
    }
    if (clock_.Steady() - begin >= at_most) {
      outcome_.end = BenchEnd::kMostTime;
      return outcome_;
    }
    ASSIGN_OR_RETURN(const bool is_whole, RunBlock(block, stop));
    if (is_whole) continue;
    outcome_.end = BenchEnd::kStopped;
    return outcome_;
  }
}

// Nothing as long as the pilot runs.
std::optional<std::size_t> BenchRunner::BlocksToRun() {
  if (plan_.blocks) return static_cast<std::size_t>(*plan_.blocks);
  if (plan_.arms.size() == 1) return kBlocksOfOneArm;
  if (outcome_.blocks < kPilotBlocks) return std::nullopt;
  if (!outcome_.needed) outcome_.needed = BlocksThatDecide();
  return std::min(*outcome_.needed, static_cast<std::size_t>(plan_.most_blocks));
}

std::size_t BenchRunner::BlocksThatDecide() const {
  SizeQuestion question;
  question.effect = plan_.effect_percent / 100;
  question.level = kFalseVerdicts / static_cast<double>(plan_.arms.size() - 1);
  question.most = 1'000'000;
  std::size_t needed = kPilotBlocks;
  for (const WorkloadGroup& group : GroupsOf(plan_)) {
    for (std::size_t arm = 1; arm < plan_.arms.size(); ++arm) {
      const std::vector<double> ratios = LogRatios(arm, group);
      if (ratios.size() >= 2) needed = std::max(needed, BlocksNeeded(ratios, question));
    }
  }
  return needed;
}

std::vector<double> BenchRunner::LogRatios(std::size_t arm, const WorkloadGroup& group) const {
  std::vector<double> ratios;
  for (std::size_t block = 0; block < kPilotBlocks; ++block) {
    const auto a = BlockValue(block, 0, group);
    const auto b = BlockValue(block, arm, group);
    if (a && b && *a > 0 && *b > 0) ratios.push_back(std::log(*b / *a));
  }
  return ratios;
}

// The median over the group's workloads.
std::optional<double> BenchRunner::BlockValue(std::size_t block, std::size_t arm, const WorkloadGroup& group) const {
  std::vector<double> values;
  const std::vector<BenchRun> order = OrderOfBlock(plan_, block);
  for (std::size_t place = 0; place < order.size(); ++place) {
    const auto& workloads = group.workloads;
    if (order[place].arm != arm ||
        std::find(workloads.begin(), workloads.end(), order[place].workload) == workloads.end()) {
      continue;
    }
    const auto found = done_.find(RunIndex(plan_, block, place));
    if (found != done_.end() && found->second) values.push_back(*found->second);
  }
  if (values.empty()) return std::nullopt;
  return base::QuantileType7(values, 0.5);
}

// False where it was stopped.
Result<bool> BenchRunner::RunBlock(std::size_t block, const std::stop_token& stop) {
  const std::vector<BenchRun> order = OrderOfBlock(plan_, block);
  for (std::size_t place = 0; place < order.size(); ++place) {
    if (done_.contains(RunIndex(plan_, block, place))) continue;
    if (stop.stop_requested()) return false;
    ASSIGN_OR_RETURN(const bool is_done, RunOne(block, place, order[place], stop));
    if (!is_done) return false;
  }
  return true;
}

Result<bool> BenchRunner::RunOne(std::size_t block, std::size_t place, const BenchRun& run,
                                 const std::stop_token& stop) {
  const auto is_loaded = parts_.prepare(run.arm);
  if (is_loaded.status().code() == Code::kCancelled) return false;
  if (!is_loaded.ok()) return is_loaded.status();
  if (*is_loaded) {
    ASSIGN_OR_RETURN(const bool is_warm, WarmUp(block, run.arm, stop));
    if (!is_warm) return false;
  }
  ASSIGN_OR_RETURN(auto record, Measure(block, run, stop));
  if (!record) return false;
  record->run_index = RunIndex(plan_, block, place);
  RETURN_IF_ERROR(parts_.keep(run.arm, *record));
  done_[*record->run_index] = DecidingValue(plan_, plan_.workloads[run.workload], *record);
  if (record->failed()) NoteFailure(run, *record);
  if (*on_run_) (*on_run_)({block, place, BlocksToRun(), run.arm, run.workload, &*record});
  return true;
}

// Each test, and the first prompt.
Result<bool> BenchRunner::WarmUp(std::size_t block, std::size_t arm, const std::stop_token& stop) {
  for (const WorkloadGroup& group : GroupsOf(plan_)) {
    for (int i = 0; i < plan_.warm_ups; ++i) {
      const BenchRun run{arm, group.workloads.front()};
      ASSIGN_OR_RETURN(auto record, Measure(block, run, stop));
      if (!record) return false;
      record->warmup = true;
      RETURN_IF_ERROR(parts_.keep(arm, *record));
      if (record->failed()) NoteFailure(run, *record);
    }
  }
  return true;
}

// Nothing where it was stopped: that is no measurement.
Result<std::optional<InferenceRecord>> BenchRunner::Measure(std::size_t block, const BenchRun& run,
                                                            const std::stop_token& stop) {
  if (std::exchange(any_run_, true) && !parts_.rest()) return std::optional<InferenceRecord>();
  if (stop.stop_requested()) return std::optional<InferenceRecord>();
  const Workload& workload = plan_.workloads[run.workload];
  InferenceRecord record = parts_.run(run.arm, workload);
  if (record.failed() && record.error_type == kCancelled) return std::optional<InferenceRecord>();
  record.block_id = BlockId(plan_, block);
  record.prompt_id = workload.id;
  return std::optional(std::move(record));
}

void BenchRunner::NoteFailure(const BenchRun& run, const InferenceRecord& record) {
  ++outcome_.failed;
  if (!outcome_.first_failure.empty()) return;
  outcome_.first_failure =
      plan_.arms[run.arm].name + ", " + plan_.workloads[run.workload].id + ": " + record.error_type.value_or("failed");
}

}  // namespace inferometer::trial
