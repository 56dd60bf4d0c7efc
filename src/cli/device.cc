#include "cli/device.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/device_arguments.h"
#include "cli/log.h"
#include "cli/probe_options.h"
#include "cli/version.h"
#include "device/device.h"
#include "device/run_context.h"
#include "os/machine.h"
#include "os/signals.h"
#include "probe/energy/power_mode.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

constexpr std::chrono::milliseconds kGoodBye{2000};
constexpr std::size_t kShownAnswer = 160;

void Warn(const std::string& problem) { spdlog::warn("{}", TerminalText(problem)); }

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return TerminalText(text);
}

std::string Energy(const InferenceRecord& record) {
  if (!record.energy_consumed_mj) return "";
  std::string text = fmt::format(", {:.0f} mJ", *record.energy_consumed_mj);
  if (record.energy_uncertainty_mj) text += fmt::format(" +-{:.0f}", *record.energy_uncertainty_mj);
  return text + fmt::format(" ({})", record.energy_source.value_or("?"));
}

void ShowAnswer(std::uint64_t message, const engine::Answer& answer) {
  const InferenceRecord& record = answer.record;
  if (record.failed()) {
    spdlog::warn("message {}: failed ({}): {}", message, record.error_type.value_or("?"),
                 TerminalText(answer.status.message()));
    return;
  }
  std::string speed;
  if (record.tokens_per_second) speed = fmt::format(", {:.1f} tokens/s", *record.tokens_per_second);
  spdlog::info("message {}: {:.0f} ms{}{}: {}", message, record.inference_time_ms.value_or(NAN), speed, Energy(record),
               OneLine(answer.text.substr(0, kShownAnswer)));
}

// Says how far loading is, once a second.
class LoadProgress {
 public:
  explicit LoadProgress(std::stop_token stop) : stop_(std::move(stop)) {}
  bool operator()(float fraction) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ > std::chrono::seconds(1) && fraction < 1) {
      if (shown_ != begin_) spdlog::info("loading: {:.0f} %", fraction * 100);
      shown_ = now;
    }
    return !stop_.stop_requested();
  }

 private:
  std::stop_token stop_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = begin_;
};

// Everything a running device is made of, in the order in which it is made: what can fail at once comes first, the long
// load after it, the network last.
class DeviceRun {
 public:
  DeviceRun(const DeviceArguments& arguments, std::stop_token stop)
      : arguments_(arguments), stop_(std::move(stop)), inbox_(arguments.queue) {}

  Status Prepare() {
    ASSIGN_OR_RETURN(recorder_, Recorder::Create(arguments_.recorder));  // before the model is loaded: its baseline
    ASSIGN_OR_RETURN(prompt_, MakePrompt());
    ASSIGN_OR_RETURN(auto directory, store::MetricsDirectory::Open({.folder = arguments_.out,
                                                                    .device_id = arguments_.id,
                                                                    .portable_names = arguments_.portable_names},
                                                                   os::SystemFileCalls(), clock_));
    directory_.emplace(std::move(directory));
    ASSIGN_OR_RETURN(source_, MakeSource());
    RETURN_IF_ERROR(LoadModel());
    directory_->SetContext(Context());
    return Connect();
  }

  // The exit code.
  int Run() {
    device::Device device(
        {.interval = arguments_.interval,
         .save_every_messages = *arguments_.save_every,
         .most_messages = arguments_.most_messages,
         .answer = arguments_.answer},
        {*source_, *directory_, *recorder_, engine_.get(), publisher_.get(), inbox_, *prompt_},
        {.on_answer = ShowAnswer,
         .on_saved = [](const store::SavedFile& saved) { spdlog::info("saved {}", TerminalText(saved.path.string())); },
         .on_problem = Warn});
    const Status input = device.Run(stop_);
    if (!input.ok()) spdlog::error("{}", TerminalText(input.message()));
    GoodBye();
    Report(device.counts());
    const bool all_kept = device.counts().unsaved == 0 && device.counts().dropped == 0;
    return input.ok() && all_kept ? kDone : kFailed;
  }

 private:
  Result<std::optional<telemetry::PromptTemplate>> MakePrompt() const {
    std::string text(telemetry::kDefaultPromptTemplate);
    if (!arguments_.prompt_file.empty()) {
      ASSIGN_OR_RETURN(text, os::ReadFile(arguments_.prompt_file, telemetry::kLargestTemplateBytes));
    }
    auto prompt = telemetry::PromptTemplate::Parse(text);
    if (!prompt.ok()) return Status(prompt.status().code(), arguments_.prompt_file + ": " + prompt.status().message());
    return std::optional<telemetry::PromptTemplate>(std::move(*prompt));
  }

  Result<std::unique_ptr<device::Source>> MakeSource() {
    if (arguments_.generate) {
      ASSIGN_OR_RETURN(auto generator, telemetry::Generator::Create(arguments_.id, arguments_.seed, clock_.Wall()));
      return std::unique_ptr<device::Source>(
          std::make_unique<device::GeneratorSource>(std::move(generator), *arguments_.generate, arguments_.speed));
    }
    if (!arguments_.replay.empty()) {
      return device::ReplaySource::Open(arguments_.replay, {arguments_.replay_sensor, arguments_.speed}, Warn);
    }
    return std::unique_ptr<device::Source>(std::make_unique<device::InboxSource>(inbox_));
  }

  Status LoadModel() {
    if (!arguments_.enable_llm) return Ok();
    spdlog::info("loading {}", TerminalText(arguments_.model.path.string()));
    const WallTime begin = clock_.Wall();
    ASSIGN_OR_RETURN(engine_, engine::LlamaEngine::Load(arguments_.model, *recorder_, LoadProgress(stop_)));
    const engine::ModelFacts& model = engine_->facts();
    spdlog::info("loaded {} ({}, {:.0f} MB) in {:.2f} s on {}, {} threads, context {} tokens; energy: {}",
                 TerminalText(model.name), model.quantization, model.file_size_mb, model.load_time_seconds,
                 model.compute_device, model.threads, model.context_tokens,
                 TerminalText(recorder_->EnergyDescription()));
    return directory_->SaveLoading(device::LoadingContext(model, arguments_.id, begin));
  }

  store::Context Context() const {
    const device::RunFacts facts{.machine = os::DescribeMachine(arguments_.recorder.procfs, arguments_.recorder.sysfs),
                                 .device_name = arguments_.name,
                                 .session_id = recorder_->session_id(),
                                 .program_version = ProgramVersion(),
                                 .power_mode = probe::ReadPowerMode({.sysfs = arguments_.recorder.sysfs}),
                                 .energy = recorder_->EnergyDescription(),
                                 .power_profile = arguments_.recorder.board,
                                 .experiment = arguments_.experiment,
                                 .interval = arguments_.interval};
    return device::RunContext(facts, engine_ ? &engine_->facts() : nullptr, arguments_.answer);
  }

  Status Connect() {
    if (arguments_.broker.host.empty()) return Ok();
    ASSIGN_OR_RETURN(mqtt::Options broker, BrokerOptions(arguments_.broker));
    broker.client_id = arguments_.id;
    const bool listen = !arguments_.generate && arguments_.replay.empty();
    ASSIGN_OR_RETURN(publisher_,
                     device::Publisher::Start({std::move(broker), arguments_.id, listen}, inbox_, clock_, Warn));
    publisher_->SetContext(Context());
    if (listen) spdlog::info("waiting for messages on iot/telemetry/{}; Ctrl-C saves and ends", arguments_.id);
    return Ok();
  }

  void GoodBye() {
    if (publisher_ == nullptr) return;
    const auto drain = std::chrono::milliseconds(std::llround(arguments_.drain_seconds * 1000));
    if (!stop_.stop_requested() && publisher_->stats().pending > 0) {
      publisher_->Drain(drain, stop_);
    }
    if (!publisher_->Stop(kGoodBye)) {
      spdlog::warn("{} messages were not acknowledged by the broker; the records are in {}",
                   publisher_->stats().pending, TerminalText(arguments_.out.string()));
    }
  }

  void Report(const device::DeviceCounts& counts) const {
    spdlog::info("{} messages, {} inferences ({} failed), {} files saved in {}", counts.messages, counts.inferences,
                 counts.failed, counts.saves, TerminalText(arguments_.out.string()));
    if (counts.unsaved > 0) spdlog::error("{} records could not be saved and are lost", counts.unsaved);
    if (counts.dropped > 0) spdlog::error("{} records were dropped while saving failed", counts.dropped);
    if (inbox_.dropped() > 0) spdlog::warn("{} messages gave way in the full queue (--queue)", inbox_.dropped());
    if (publisher_ && publisher_->malformed() > 0)
      spdlog::warn("{} malformed messages were skipped", publisher_->malformed());
  }

  const DeviceArguments& arguments_;
  std::stop_token stop_;
  base::SystemClock clock_;
  device::Inbox inbox_;
  std::unique_ptr<Recorder> recorder_;
  std::optional<telemetry::PromptTemplate> prompt_;
  std::optional<store::MetricsDirectory> directory_;
  std::unique_ptr<device::Source> source_;
  std::unique_ptr<engine::LlamaEngine> engine_;
  std::unique_ptr<device::Publisher> publisher_;  // last: its thread puts into the inbox
};

int RunDevice(DeviceArguments& arguments) {
  StartLog(arguments.log_level);
  if (const Status complete = Complete(arguments); !complete.ok()) {
    spdlog::error("{}", TerminalText(complete.message()));
    return complete.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
  }
  if (const Status profile = FillInPowerProfile(arguments.recorder); !profile.ok()) Warn(profile.message());
  std::stop_source stop;
  auto signals = os::SignalWatch::Start([&stop](int) {
    spdlog::info("stopping; what was finished is being saved");
    stop.request_stop();
  });
  if (!signals.ok()) {
    spdlog::error("{}", signals.status().message());
    return kFailed;
  }
  DeviceRun run(arguments, stop.get_token());
  const Status prepared = run.Prepare();
  if (prepared.ok()) return run.Run();
  if (prepared.code() == Code::kCancelled) return kDone;  // Ctrl-C while loading: there is nothing to save yet
  spdlog::error("{}", TerminalText(prepared.message()));
  return kFailed;
}

}  // namespace

std::function<int()> SetUpDevice(CLI::App& app) {
  auto arguments = std::make_shared<DeviceArguments>();
  AddDeviceOptions(app, *arguments);
  return [arguments] { return RunDevice(*arguments); };
}

}  // namespace inferometer::cli
