#include "cli/bench_command.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/device_id.h"
#include "base/record_key.h"
#include "cli/bench_progress.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/probe_options.h"
#include "cli/streams.h"
#include "cli/version.h"
#include "device/run_context.h"
#include "os/machine.h"
#include "os/signals.h"
#include "probe/energy/power_mode.h"
#include "probe/energy/power_model.h"
#include "probe/heat/thermal_zone.h"
#include "report/comparison_table.h"
#include "trial/bench_answer.h"
#include "trial/bench_engines.h"
#include "trial/bench_records.h"
#include "trial/bench_run.h"
#include "trial/cool_down.h"
#include "trial/waiter.h"

namespace inferometer::cli {
namespace {

using trial::BenchPlan;

constexpr std::int64_t kUbatchTokens = 512;  // llama.cpp's own choice

exchange::LlamaBenchFormat FormatOf(BenchOutput output) {
  switch (output) {
    case BenchOutput::kTable:
    case BenchOutput::kMarkdown: return exchange::LlamaBenchFormat::kMarkdown;
    case BenchOutput::kCsv: return exchange::LlamaBenchFormat::kCsv;
    case BenchOutput::kJson: return exchange::LlamaBenchFormat::kJson;
    case BenchOutput::kJsonl: return exchange::LlamaBenchFormat::kJsonl;
    case BenchOutput::kSql: return exchange::LlamaBenchFormat::kSql;
  }
  return exchange::LlamaBenchFormat::kMarkdown;
}

class Bench {
 public:
  Bench(BenchArguments& arguments, Streams& streams, std::stop_token stop)
      : arguments_(arguments), streams_(streams), stop_(std::move(stop)), waiter_(stop_) {}

  int Run() {
    const Status prepared = Prepare();
    if (!prepared.ok()) return Fail(prepared);
    const auto outcome = RunBlocks();
    if (!outcome.ok()) return Fail(outcome.status());
    const Status answered = Answer();
    if (!answered.ok()) return Fail(answered);
    Report(*outcome);
    const bool is_done = outcome->end != trial::BenchEnd::kStopped && outcome->failed == 0;
    return streams_.Arrived() && is_done ? kDone : kFailed;
  }

 private:
  // What can fail at once comes before anything is loaded.
  Status Prepare() {
    RETURN_IF_ERROR(CheckArguments());
    RETURN_IF_ERROR(SettlePlan());
    ASSIGN_OR_RETURN(const trial::StoredRuns stored, trial::ReadRuns(folder_, plan_));
    ASSIGN_OR_RETURN(done_, trial::DoneOf(stored, plan_));
    Announce();
    arguments_.recorder.device_id = arguments_.device_id;
    ASSIGN_OR_RETURN(recorder_, Recorder::Create(arguments_.recorder));
    const auto stream = base::ParseStream(recorder_->session_id());
    if (!stream) return {Code::kInternal, "the recorder's session is no stream"};
    store_.emplace(folder_, arguments_.device_id, *stream, arguments_.portable_names, os::SystemFileCalls(), clock_);
    return Ok();
  }

  Status CheckArguments() {
    RETURN_IF_ERROR(probe::FindBoard(arguments_.recorder.board).status());
    if (!arguments_.max_time.empty()) {
      const auto duration = ParseDuration(arguments_.max_time);
      if (!duration) return {Code::kInvalidArgument, "--max-time " + arguments_.max_time + ": say 45s, 30m or 2h"};
      at_most_ = *duration;
    }
    std::string& id = arguments_.device_id;
    if (id.empty()) id = os::FirstMacAddress(arguments_.recorder.sysfs).value_or("");
    if (id.empty()) {
      return {Code::kInvalidArgument, "this machine has no network interface to name it by; give --device-id"};
    }
    auto canonical = base::CanonicalDeviceId(id);
    if (!canonical.ok()) return {canonical.status().code(), "--device-id " + id + ": " + canonical.status().message()};
    id = *canonical;
    return Ok();
  }

  // The folder's own plan, or a new one that is written there.
  Status SettlePlan() {
    if (!arguments_.resume.empty()) {
      folder_ = arguments_.resume;
      ASSIGN_OR_RETURN(plan_, ReadPlan(folder_));
      return Lock();
    }
    ASSIGN_OR_RETURN(plan_, MakePlan(arguments_, clock_));
    folder_ = arguments_.out.empty() ? std::filesystem::path("metrics") / ("bench-" + plan_.id) : arguments_.out;
    RETURN_IF_ERROR(Lock());
    auto there = ReadPlan(folder_);
    if (there.status().code() == Code::kNotFound) {
      return os::WriteWholeFile(os::SystemFileCalls(), folder_ / trial::kPlanFileName, trial::PlanJson(plan_));
    }
    if (!there.ok()) return there.status();
    return GoOnWith(std::move(there).value());
  }

  Status GoOnWith(BenchPlan there) {
    if (!arguments_.reloads) plan_.reloads = there.reloads;  // it may have been for want of memory
    const std::string why = trial::WhyOther(there, plan_);
    if (!why.empty()) {
      return {Code::kInvalidArgument,
              fmt::format("{} holds another bench: {}; give another --out, or go on with that one by --resume {}",
                          folder_.string(), why, folder_.string())};
    }
    if (arguments_.seed && *arguments_.seed != there.seed) {
      return {Code::kInvalidArgument, fmt::format("{} holds a bench of seed {}", folder_.string(), there.seed)};
    }
    plan_ = std::move(there);
    return Ok();
  }

  Status Lock() {
    ASSIGN_OR_RETURN(auto lock, store::LockFolder(folder_));
    lock_.emplace(std::move(lock));
    return Ok();
  }

  void Announce() {
    std::string blocks = fmt::format("as many blocks as find {} % in four benches of five, at most {}",
                                     plan_.effect_percent, plan_.most_blocks);
    if (plan_.blocks) blocks = fmt::format("{} blocks", *plan_.blocks);
    if (!plan_.blocks && plan_.arms.size() == 1) blocks = "5 blocks";
    streams_.Say(fmt::format("{} to run {} in random order (seed {}), {}; records into {}",
                             Counted(plan_.arms.size(), "way"), Counted(plan_.workloads.size(), WorkloadName()),
                             plan_.seed, blocks, folder_.string()));
    if (!done_.empty()) streams_.Say(fmt::format("{} of its runs are there; it goes on behind them", done_.size()));
    if (plan_.arms.size() > 1 && !plan_.reloads) {
      streams_.Say("all models stay in memory, so that what one takes is not measured; --reload does");
    }
    if (plan_.reloads) streams_.Say("each model is loaded for its turn, and warmed up");
  }
  [[nodiscard]] const char* WorkloadName() const { return plan_.prompts_file.empty() ? "test" : "prompt"; }
  static std::string Counted(std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  }

  Result<trial::BenchOutcome> RunBlocks() {
    trial::BenchEngines engines(
        plan_, *recorder_, arguments_.recorder.procfs,
        [this](std::size_t arm, const engine::ModelFacts& facts, WallTime began) { return Loaded(arm, facts, began); },
        stop_);
    trial::CoolDown cool_down = MakeCoolDown();
    trial::BenchParts parts{
        .prepare = [&](std::size_t arm) { return engines.Prepare(arm); },
        .run =
            [&](std::size_t arm, const trial::Workload& workload) {
              InferenceRecord record = engines.Run(arm, workload);
              if (record.failed() && why_failed_.empty()) why_failed_ = engines.failure().message();
              return record;
            },
        .keep = [&](std::size_t arm,
                    const InferenceRecord& record) { return store_->Keep(plan_.arms[arm].name, record); },
        .rest = [&] { return cool_down.Rest(); }};
    trial::BenchRunner runner(plan_, std::move(done_), std::move(parts), clock_);
    BenchProgressLine line(plan_, streams_.err(), clock_);
    auto outcome = runner.Run(at_most_, stop_, [&](const trial::BenchProgress& progress) { line.Show(progress); });
    cut_short_ = cool_down.cut_short();
    return outcome;
  }

  trial::CoolDown MakeCoolDown() {
    auto found = probe::ThermalZone::Find(arguments_.recorder.sysfs);
    if (found.ok()) zone_.emplace(std::move(found).value());
    const auto celsius = [this]() -> std::optional<double> {
      if (!zone_) return std::nullopt;
      const auto read = zone_->ReadCelsius();
      return read.ok() ? std::optional(*read) : std::nullopt;
    };
    const std::chrono::duration<double> delay(plan_.delay_seconds);
    trial::CoolDown cool_down({.delay = std::chrono::round<std::chrono::nanoseconds>(delay)}, celsius, clock_,
                              [this](std::chrono::nanoseconds duration) { return waiter_.Wait(duration); });
    cool_down.Start();
    if (!cool_down.start_celsius()) {
      streams_.Say(fmt::format("no temperature is measured here: {} s of --delay are the cool-down between runs",
                               plan_.delay_seconds));
    }
    return cool_down;
  }

  Status Loaded(std::size_t arm, const engine::ModelFacts& facts, WallTime began) {
    return store_->NoteLoad(plan_.arms[arm].name, ContextOf(facts),
                            device::LoadingContext(facts, arguments_.device_id, began));
  }

  [[nodiscard]] store::Context ContextOf(const engine::ModelFacts& facts) const {
    const RecorderOptions& options = arguments_.recorder;
    const device::RunFacts run{.machine = os::DescribeMachine(options.procfs, options.sysfs),
                               .device_name = {},
                               .session_id = recorder_->session_id(),
                               .program_version = ProgramVersion(),
                               .power_mode = probe::ReadPowerMode({.sysfs = options.sysfs}),
                               .energy = recorder_->EnergyDescription(),
                               .power_profile = options.board,
                               .experiment = plan_.experiment};
    store::Context context = device::RunContext(run, &facts, {.max_tokens = plan_.max_tokens});
    std::erase_if(context, [this](const auto& entry) { return DoesNotApply(entry.first); });
    const engine::Backends backends = engine::DescribeBackends();
    context.emplace_back(trial::kModelTypeKey, facts.description);
    context.emplace_back(trial::kModelSizeKey, static_cast<std::int64_t>(facts.weights_bytes));
    context.emplace_back(trial::kBackendsKey, backends.names);
    if (!backends.gpus.empty()) context.emplace_back(trial::kGpuKey, backends.gpus);
    context.emplace_back(trial::kBatchKey, std::int64_t{plan_.batch_tokens});
    context.emplace_back(trial::kUbatchKey, kUbatchTokens);
    return context;
  }

  // Entries of a device that asks.
  [[nodiscard]] bool DoesNotApply(const std::string& key) const {
    const bool is_of_answers = key == "max_tokens" || key == "temperature" || key == "seed";
    return key == "interval_messages" || (is_of_answers && plan_.prompts_file.empty());
  }

  // From what is stored, so that it is the same whoever asks again.
  Status Answer() {
    ASSIGN_OR_RETURN(const trial::StoredRuns stored, trial::ReadRuns(folder_, plan_));
    const auto rows = trial::RowsOf(stored, plan_);
    if (rows.empty()) return Ok();
    streams_.Data(exchange::LlamaBenchText(rows, FormatOf(arguments_.output)));
    const analyze::CompareRules rules{arguments_.margin_percent / 100, plan_.seed};
    std::string verdicts;
    for (const trial::BenchVerdict& one : trial::VerdictsOf(stored, plan_, rules)) {
      const std::string tables = report::GroupAnswerTables(one.answer, report::TableFormat::kText);
      if (!tables.empty()) verdicts += "\n" + one.name + "\n" + tables;
    }
    if (arguments_.output == BenchOutput::kTable) {
      streams_.Data(verdicts);
    } else {
      std::fputs(verdicts.c_str(), streams_.err());
    }
    return Ok();
  }

  void Report(const trial::BenchOutcome& outcome) {
    if (outcome.failed > 0) {
      streams_.Say(fmt::format("{} failed; the first: {}: {}", Counted(outcome.failed, "run"), outcome.first_failure,
                               why_failed_));
    }
    if (cut_short_ > 0) {
      streams_.Say(fmt::format("before {} the machine stayed warmer than 2 degrees over its start for two minutes",
                               Counted(cut_short_, "run")));
    }
    streams_.Say(EndOf(outcome));
  }

  [[nodiscard]] std::string EndOf(const trial::BenchOutcome& outcome) const {
    const std::string blocks = Counted(outcome.blocks, "block");
    const std::string go_on = fmt::format("; inferometer bench --resume {} goes on", folder_.string());
    const std::string needed = outcome.needed ? fmt::format("{} would find {} % in four benches of five",
                                                            *outcome.needed, plan_.effect_percent)
                                              : std::string("too few to tell how many would decide");
    switch (outcome.end) {
      case trial::BenchEnd::kDone: return blocks + " in " + folder_.string();
      case trial::BenchEnd::kMostBlocks: return fmt::format("{} (--max-blocks); {}", blocks, needed);
      case trial::BenchEnd::kMostTime: return fmt::format("{} in the time of --max-time; {}{}", blocks, needed, go_on);
      case trial::BenchEnd::kStopped: return fmt::format("stopped; every run that was done is kept{}", go_on);
    }
    return "";
  }

  int Fail(const Status& status) {
    streams_.Say(status.message());
    return status.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
  }

  BenchArguments& arguments_;
  Streams& streams_;
  const std::stop_token stop_;
  const base::SystemClock clock_;
  trial::Waiter waiter_;
  std::chrono::nanoseconds at_most_ = std::chrono::nanoseconds::max();
  BenchPlan plan_;
  std::filesystem::path folder_;
  std::optional<os::FileLock> lock_;
  trial::DoneRuns done_;
  std::optional<probe::ThermalZone> zone_;
  std::unique_ptr<Recorder> recorder_;
  std::optional<trial::BenchStore> store_;
  std::string why_failed_;
  std::size_t cut_short_ = 0;
};

}  // namespace

int RunBench(BenchArguments& arguments, std::FILE* out, std::FILE* err) {
  Streams streams("bench", out, err);
  if (const Status profile = FillInPowerProfile(arguments.recorder); !profile.ok()) streams.Say(profile.message());
  std::stop_source stop;
  auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) {
    streams.Say(signals.status().message());
    return kFailed;
  }
  return Bench(arguments, streams, stop.get_token()).Run();
}

}  // namespace inferometer::cli
