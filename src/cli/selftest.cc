#include "cli/selftest.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/default_model.h"
#include "cli/probe_options.h"
#include "os/cpus.h"
#include "os/signals.h"
#include "report/terminal_text.h"
#include "trial/fixed_inference.h"
#include "trial/observer_effect.h"
#include "trial/spin_work.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

constexpr double kSpinSeconds = 0.1;

struct SelftestArguments {
  RecorderOptions recorder;
  std::filesystem::path model;
  bool no_model = false;
  int threads = 0;
  trial::ObserverPlan plan;
  double seconds = 60;
  std::string format = "table";
};

int Fail(const Status& status) {
  fmt::print(stderr, "{}\n", TerminalText(status.message()));
  return status.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
}

Result<std::unique_ptr<trial::Work>> MakeWork(const SelftestArguments& arguments) {
  const auto model = arguments.model.empty() ? DefaultModel() : arguments.model;
  if (arguments.no_model || model.empty()) {
    const int threads = arguments.threads > 0 ? arguments.threads : os::UsableCpus();
    return std::unique_ptr<trial::Work>(
        std::make_unique<trial::SpinWork>(static_cast<unsigned>(threads), kSpinSeconds));
  }
  ASSIGN_OR_RETURN(auto work, trial::FixedInference::Load({.model = model, .threads = arguments.threads}));
  return std::unique_ptr<trial::Work>(std::move(work));
}

std::string Interval(const trial::PairedEffect& effect) {
  if (!effect.low_percent) return "no interval yet";
  return fmt::format("95 % interval {:+.2f} to {:+.2f} %", *effect.low_percent, *effect.high_percent);
}

// On a terminal, how far it is, on one line.
class ShowProgress {
 public:
  void operator()(const trial::PairedEffect& so_far) {
    if (!terminal_) return;
    fmt::print(stderr, "\r{:>5} pairs, {:+.2f} %, {}   ", so_far.pairs, so_far.median_percent, Interval(so_far));
    std::fflush(stderr);
  }
  void End() const {
    if (terminal_) fmt::print(stderr, "\r{:78}\r", "");
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

const char* VerdictName(trial::ObserverVerdict verdict) {
  switch (verdict) {
    case trial::ObserverVerdict::kWithinMargin: return "within_margin";
    case trial::ObserverVerdict::kBeyondMargin: return "beyond_margin";
    case trial::ObserverVerdict::kUndecided: return "undecided";
  }
  return "";
}

std::string VerdictSentence(trial::ObserverVerdict verdict, double margin) {
  switch (verdict) {
    case trial::ObserverVerdict::kWithinMargin:
      return fmt::format("measuring changes the run time by less than {} %", margin);
    case trial::ObserverVerdict::kBeyondMargin:
      return fmt::format("measuring changes the run time by more than {} %: say so with the figures", margin);
    case trial::ObserverVerdict::kUndecided:
      return fmt::format(
          "undecided at a margin of {} %: the machine is too noisy; stop other work or give it longer "
          "(--for)",
          margin);
  }
  return "";
}

void PrintTable(const SelftestArguments& arguments, const Recorder& recorder, const trial::ObserverEffect& result) {
  const auto verdict = trial::VerdictOf(result.effect, arguments.plan.margin_percent);
  fmt::print("observer effect   {:+.3f} % of run time, {}\n", result.effect.median_percent, Interval(result.effect));
  fmt::print("runs              {} pairs of {:.0f} ms, with and without measuring in random order (seed {})\n",
             result.effect.pairs, 1000 * result.run_seconds, arguments.plan.seed);
  fmt::print("probes            {:.1f} us an inference ({:.4f} % of such a run)\n", result.probe_us,
             result.probe_us / (1e4 * result.run_seconds));
  if (result.sampler_machine_percent) {
    fmt::print("sampler           {:.4f} % of the machine\n", *result.sampler_machine_percent);
  } else {
    fmt::print("sampler           none: no gauge of this machine needs it\n");
  }
  fmt::print("energy            {}\n", TerminalText(recorder.EnergyDescription()));
  fmt::print("verdict           {}\n", VerdictSentence(verdict, arguments.plan.margin_percent));
}

void PrintJson(const SelftestArguments& arguments, const trial::ObserverEffect& result) {
  std::string json = fmt::format(
      R"({{"schema_version":1,"observer_effect_percent":{:.4f},"pairs":{},"run_time_ms":{:.3f},"probe_overhead_us":{:.1f})",
      result.effect.median_percent, result.effect.pairs, 1000 * result.run_seconds, result.probe_us);
  if (result.effect.low_percent) {
    json += fmt::format(R"(,"low_percent":{:.4f},"high_percent":{:.4f})", *result.effect.low_percent,
                        *result.effect.high_percent);
  }
  if (result.sampler_machine_percent) {
    json += fmt::format(R"(,"sampler_machine_percent":{:.5f})", *result.sampler_machine_percent);
  }
  json += fmt::format(R"(,"margin_percent":{},"verdict":"{}","seed":{}}})", arguments.plan.margin_percent,
                      VerdictName(trial::VerdictOf(result.effect, arguments.plan.margin_percent)), arguments.plan.seed);
  fmt::print("{}\n", json);
}

int RunSelftest(SelftestArguments& arguments) {
  std::stop_source stop;
  auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) return Fail(signals.status());
  arguments.recorder.device_id = "selftest";
  if (const Status profile = FillInPowerProfile(arguments.recorder); !profile.ok()) static_cast<void>(Fail(profile));
  arguments.plan.at_most = std::chrono::milliseconds(std::llround(arguments.seconds * 1000));
  auto recorder = Recorder::Create(arguments.recorder);
  if (!recorder.ok()) return Fail(recorder.status());
  auto work = MakeWork(arguments);
  if (!work.ok()) return Fail(work.status());
  const base::SystemClock clock;
  ShowProgress progress;
  const auto result =
      trial::MeasureObserverEffect(**work, **recorder, arguments.plan, clock, stop.get_token(), std::ref(progress));
  progress.End();
  if (!result.ok()) return Fail(result.status());
  if (arguments.format == "json") {
    PrintJson(arguments, *result);
  } else {
    PrintTable(arguments, **recorder, *result);
  }
  const auto verdict = trial::VerdictOf(result->effect, arguments.plan.margin_percent);
  return verdict == trial::ObserverVerdict::kBeyondMargin ? kFailed : kDone;
}

}  // namespace

std::function<int()> SetUpSelftest(CLI::App& app) {
  auto arguments = std::make_shared<SelftestArguments>();
  app.add_option("--for", arguments->seconds, "At most so long; ends as soon as the answer is within the margin")
      ->check(CLI::Range(0.1, 86'400.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--margin", arguments->plan.margin_percent, "What change of the run time matters, in percent")
      ->check(CLI::Range(0.01, 100.0))
      ->type_name("PERCENT")
      ->capture_default_str();
  app.add_option("--seed", arguments->plan.seed, "Of the order within pairs")->capture_default_str();
  auto* model = app.add_option("--model", arguments->model, "GGUF file to run (default: the one the set-up brought)")
                    ->envname("LLM_MODEL_NAME")
                    ->type_name("FILE");
  app.add_flag("--no-model", arguments->no_model, "Plain computing on every CPU instead of a model")->excludes(model);
  app.add_option("--threads", arguments->threads, "CPU threads (default: all CPUs)")->check(CLI::Range(1, 512));
  app.add_option("--format", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  AddProbeOptions(app, arguments->recorder, "Measuring");
  return [arguments] { return RunSelftest(*arguments); };
}

}  // namespace inferometer::cli
