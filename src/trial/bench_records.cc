#include "trial/bench_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/record_key.h"
#include "record/json_write.h"

namespace inferometer::trial {

BenchStore::BenchStore(std::filesystem::path folder, std::string device_id, std::uint64_t stream, bool portable_names,
                       os::FileCalls& calls, const base::Clock& clock)
    : folder_(std::move(folder)),
      device_id_(std::move(device_id)),
      stream_(stream),
      portable_names_(portable_names),
      calls_(calls),
      clock_(clock) {}

Status BenchStore::NoteLoad(const std::string& arm, const store::Context& context, const store::Context& loading) {
  auto found = arms_.find(arm);
  if (found == arms_.end()) {
    Arm made{store::MetricsFolder(folder_ / arm, device_id_, portable_names_, calls_, clock_), "", "", {}};
    RETURN_IF_ERROR(made.folder.Prepare());
    store::AppendJson(context, made.context);
    found = arms_.emplace(arm, std::move(made)).first;
  }
  return found->second.folder.SaveLoading(loading);
}

Status BenchStore::Keep(const std::string& arm_name, InferenceRecord record) {
  Arm& arm = arms_.at(arm_name);
  record.record_id = base::RecordIdText({device_id_, stream_, sequence_ + 1});
  if (arm.lines.size() >= kMostInFile) {
    arm.lines.clear();
    arm.file.clear();
  }
  if (arm.file.empty()) {
    ASSIGN_OR_RETURN(arm.file, arm.folder.FreeFileName());
  }
  std::string line;
  record::AppendJson(record, line);
  arm.lines.push_back(std::move(line));
  RETURN_IF_ERROR(arm.folder.Write(arm.file, arm.context, arm.lines).status());
  ++sequence_;
  return Ok();
}

Result<StoredRuns> ReadRuns(const std::filesystem::path& folder, const BenchPlan& plan) {
  StoredRuns stored;
  const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    const auto arm = std::find_if(plan.arms.begin(), plan.arms.end(),
                                  [&](const BenchArm& one) { return one.name == origin.file.folder_name; });
    if (arm == plan.arms.end() || !record.block_id || !record.block_id->starts_with(plan.id + "/")) return Ok();
    // One file of a lake holds the records of several arms.
    if (stored.contexts.empty() || stored.contexts.back() != origin.context) stored.contexts.push_back(origin.context);
    stored.runs.push_back({static_cast<std::size_t>(arm - plan.arms.begin()), stored.contexts.size() - 1, record});
    return Ok();
  };
  ASSIGN_OR_RETURN(const analyze::RecordsRead read, analyze::ForEachRecord(folder, each));
  if (read.damaged.empty()) return stored;
  return {Code::kDataLoss, fmt::format("{}: {}; move it away, and its runs are measured again",
                                       read.damaged.front().file, read.damaged.front().error)};
}

Result<DoneRuns> DoneOf(const StoredRuns& stored, const BenchPlan& plan) {
  DoneRuns done;
  for (const StoredRun& run : stored.runs) {
    if (run.record.warmup.value_or(false) || !run.record.run_index) continue;
    const auto index = static_cast<std::size_t>(*run.record.run_index);
    const std::size_t block = index / RunsInBlock(plan);
    const BenchRun planned = OrderOfBlock(plan, block)[index % RunsInBlock(plan)];
    const Workload& workload = plan.workloads[planned.workload];
    if (planned.arm != run.arm || workload.id != run.record.prompt_id || BlockId(plan, block) != run.record.block_id) {
      return {Code::kDataLoss, fmt::format("run {} of the bench is stored as one of {}, which it is not by the plan",
                                           index, plan.arms[run.arm].name)};
    }
    if (!done.emplace(*run.record.run_index, DecidingValue(plan, workload, run.record)).second) {
      return {Code::kDataLoss, fmt::format("run {} of the bench is stored twice", index)};
    }
  }
  return done;
}

}  // namespace inferometer::trial
