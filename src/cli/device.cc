#include "cli/device.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "base/record_key.h"
#include "base/timestamp.h"
#include "cli/broker_options.h"
#include "cli/command.h"
#include "cli/device_arguments.h"
#include "cli/log.h"
#include "cli/probe_options.h"
#include "cli/version.h"
#include "device/clock_facts.h"
#include "device/device.h"
#include "device/floor_clock.h"
#include "device/keeper.h"
#include "device/run_context.h"
#include "measure/recorder_state.h"
#include "os/boot.h"
#include "os/machine.h"
#include "os/signals.h"
#include "probe/energy/power_mode.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

constexpr std::chrono::milliseconds kGoodBye{2000};
constexpr std::chrono::milliseconds kFlush{10'000};
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
  // The keeper's thread uses the publisher, and the publisher's the keeper.
  ~DeviceRun() {
    if (keeper_) keeper_->Finish();
  }
  DeviceRun(const DeviceRun&) = delete;
  DeviceRun& operator=(const DeviceRun&) = delete;

  Status Prepare() {
    RETURN_IF_ERROR(MakeRecorder());
    ASSIGN_OR_RETURN(prompt_, MakePrompt());
    RETURN_IF_ERROR(OpenKeeping());
    RaiseClock();
    ASSIGN_OR_RETURN(source_, MakeSource());
    RETURN_IF_ERROR(LoadModel());
    StartKeeper();
    return Connect();
  }

  // The exit code.
  int Run() {
    device::Device device({.interval = arguments_.interval,
                           .save_every_messages = *arguments_.save_every,
                           .most_messages = arguments_.most_messages,
                           .answer = arguments_.answer},
                          {*source_, *keeper_, *recorder_, engine_.get(), publisher_.get(), inbox_, *prompt_,
                           [this] { return device::ReadClockFacts(boot_id_, clock_); }},
                          {.on_answer = ShowAnswer});
    const Status input = device.Run(stop_);
    if (!input.ok()) spdlog::error("{}", TerminalText(input.message()));
    GoodBye();
    const device::KeeperStats kept = keeper_->stats();
    Report(device.counts(), kept);
    return input.ok() && kept.unsaved == 0 && kept.lost_in_this_run == 0 ? kDone : kFailed;
  }

 private:
  // Before the model is loaded: its baseline.
  Status MakeRecorder() {
    ASSIGN_OR_RETURN(measure::Dependencies parts, measure::SystemDependencies());
    parts.timestamps = &clock_;
    ASSIGN_OR_RETURN(recorder_, measure::RecorderState::MakeRecorder(arguments_.recorder, std::move(parts)));
    return Ok();
  }

  // To the newest time that anything here knows to have passed, before the first record.
  void RaiseClock() {
    if (const auto begin = NewestCertificateBegin(arguments_.broker)) clock_.Raise(*begin);
    if (const auto newest = keeping_->recovered().newest_record) clock_.Raise(*newest);
    const auto floored = clock_.Floored();
    if (!floored) return;
    spdlog::warn("this machine's clock says {}, which cannot be; until it is set, time goes on from {}",
                 base::FormatRfc3339(machine_clock_.Wall()), base::FormatRfc3339(*floored));
  }

  // The lock before all else: nobody else's journal is touched.
  Status OpenKeeping() {
    ASSIGN_OR_RETURN(auto lock, store::LockFolder(arguments_.out));
    lock_.emplace(std::move(lock));
    const auto stream = base::ParseStream(recorder_->session_id());
    if (!stream) return {Code::kInternal, "the recorder's session is no stream"};
    boot_id_ = device::ReadBootIdText(arguments_.recorder.procfs);
    const auto boot_id = os::ReadBootId(arguments_.recorder.procfs);
    device::KeepingOptions options{.folder = arguments_.out,
                                   .device_id = arguments_.id,
                                   .portable_names = arguments_.portable_names,
                                   .is_shipping = !arguments_.broker.host.empty(),
                                   .journal = arguments_.journal};
    options.journal.stream = *stream;
    if (boot_id.ok()) options.journal.boot_id = *boot_id;
    ASSIGN_OR_RETURN(keeping_, device::RecordKeeping::Open(std::move(options), os::SystemFileCalls(), clock_));
    for (const std::string& note : keeping_->recovered().notes) Warn(note);
    if (keeping_->recovered().unsaved > 0) {
      spdlog::info("{} records of an earlier run are in no file yet; they are saved now",
                   keeping_->recovered().unsaved);
    }
    return Ok();
  }

  void StartKeeper() {
    std::string context;
    store::AppendJson(Context(), context);
    keeping_->SetContext(std::move(context));
    std::unique_ptr<device::Shipping> shipping;
    if (!arguments_.broker.host.empty()) {
      shipping = std::make_unique<device::Shipping>(*keeping_, os::SystemFileCalls(), mqtt::Outbox::Options{},
                                                    mqtt::MachineRandom(), Warn);
    }
    keeper_ = std::make_unique<device::Keeper>(
        device::KeeperOptions{}, std::move(keeping_), std::move(shipping), clock_,
        device::KeeperEvents{
            .on_saved =
                [](const store::SavedFile& saved) { spdlog::info("saved {}", TerminalText(saved.path.string())); },
            .on_problem = Warn});
  }

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
    const Status saved = keeping_->SaveLoading(device::LoadingContext(model, arguments_.id, begin));
    if (!saved.ok()) Warn("what loading took is in no file: " + saved.message());  // a full disk fails no inference
    return Ok();
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
    broker.certificates_judged_at = [this] { return clock_.Floored(); };
    const bool listen = !arguments_.generate && arguments_.replay.empty();
    device::Publisher::Options options{std::move(broker), arguments_.id, listen,
                                       [this] { return device::ReadClockFacts(boot_id_, clock_); }};
    device::Publisher::Events events{
        .on_problem = Warn,
        .on_online = [this] { keeper_->OnOnline(); },
        .on_offline = [this] { keeper_->OnOffline(); },
        .on_acknowledgement = [this](mqtt::Acknowledgement one) { keeper_->OnAcknowledgement(std::move(one)); },
        .on_answer = [this](std::uint64_t ticket, const mqtt::Answer& answer) { keeper_->OnAnswer(ticket, answer); }};
    ASSIGN_OR_RETURN(publisher_, device::Publisher::Start(std::move(options), inbox_, clock_, std::move(events)));
    publisher_->SetContext(Context());
    keeper_->Attach(*publisher_);
    if (listen) spdlog::info("waiting for messages on iot/telemetry/{}; Ctrl-C saves and ends", arguments_.id);
    return Ok();
  }

  // Everything into files first, then what the hub does not have yet, as long as that may take.
  void GoodBye() {
    if (publisher_ != nullptr && !stop_.stop_requested()) Drain();
    keeper_->Finish();
    if (publisher_ != nullptr && !publisher_->Stop(kGoodBye)) {
      spdlog::warn("{} messages were not acknowledged by the broker", publisher_->stats().pending);
    }
  }

  void Drain() {
    const bool is_saved = keeper_->Flush(kFlush);
    const auto drain = std::chrono::milliseconds(std::llround(arguments_.drain_seconds * 1000));
    const device::KeeperStats kept = keeper_->stats();
    // Before it is saved, what is queued counts nowhere yet.
    if ((is_saved && kept.lag == 0 && kept.is_confirmed) || drain.count() == 0) return;
    spdlog::info("waiting up to {} s for a hub to have the last {} records (--drain)", arguments_.drain_seconds,
                 kept.lag);
    keeper_->Drain(drain, stop_);
  }

  void Report(const device::DeviceCounts& counts, const device::KeeperStats& kept) const {
    spdlog::info("{} messages, {} inferences ({} failed), {} files saved in {}", counts.messages, counts.inferences,
                 counts.failed, kept.saves, TerminalText(arguments_.out.string()));
    if (kept.unwritten > 0) spdlog::error("{} records could not be written and are lost", kept.unwritten);
    if (kept.unsaved > kept.unwritten) {
      spdlog::error("{} records are in no file; they are in the journal, and saved at the next start",
                    kept.unsaved - kept.unwritten);
    }
    if (kept.lost_in_this_run > 0) {
      spdlog::error("{} records are lost; the journal's loss reports name them", kept.lost_in_this_run);
    }
    if (kept.only_in_files > 0) {
      spdlog::warn(
          "{} records gave way in the journal that the hub of earlier runs does not have: they are in files here, and "
          "the next run with --broker reports them to it as lost",
          kept.only_in_files);
    }
    if (publisher_ && kept.lag > 0) {
      spdlog::warn("{} records were not acknowledged by a hub; they stay in the journal and are sent at the next start",
                   kept.lag);
    }
    if (inbox_.dropped() > 0) spdlog::warn("{} messages gave way in the full queue (--queue)", inbox_.dropped());
    if (publisher_ && publisher_->malformed() > 0)
      spdlog::warn("{} malformed messages were skipped", publisher_->malformed());
  }

  const DeviceArguments& arguments_;
  std::stop_token stop_;
  base::SystemClock machine_clock_;
  device::FloorClock clock_{machine_clock_, BuildTime(), device::IsMachineSynchronised};
  device::Inbox inbox_;
  std::unique_ptr<Recorder> recorder_;
  std::optional<telemetry::PromptTemplate> prompt_;
  std::optional<os::FileLock> lock_;
  std::optional<std::string> boot_id_;
  std::unique_ptr<device::RecordKeeping> keeping_;  // until the keeper has it
  std::unique_ptr<device::Source> source_;
  std::unique_ptr<engine::LlamaEngine> engine_;
  std::unique_ptr<device::Keeper> keeper_;
  std::unique_ptr<device::Publisher> publisher_;  // last: its thread puts into the inbox and tells the keeper
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
