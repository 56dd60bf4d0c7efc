#include "cli/simulate.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/device_id.h"
#include "cli/broker_options.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/message_options.h"
#include "device/source.h"
#include "mqtt/connection.h"
#include "os/signals.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

constexpr std::size_t kMostWaiting = 500;  // no more messages than that run ahead of the broker

struct SimulateArguments {
  BrokerArguments broker;
  std::string device_id;
  std::optional<std::uint64_t> generate;
  std::string replay;
  std::optional<double> speed;
  std::uint32_t seed = 0;
  std::string log_level = "info";
};

void Warn(const std::string& problem) { spdlog::warn("{}", TerminalText(problem)); }

Result<std::unique_ptr<device::Source>> MakeSource(const SimulateArguments& arguments, const base::Clock& clock) {
  if (arguments.replay.empty()) {
    ASSIGN_OR_RETURN(auto generator, telemetry::Generator::Create(arguments.device_id, arguments.seed, clock.Wall()));
    return std::unique_ptr<device::Source>(std::make_unique<device::GeneratorSource>(
        std::move(generator), arguments.generate.value_or(UINT64_MAX), arguments.speed));
  }
  return device::ReplaySource::Open(arguments.replay, {arguments.device_id, arguments.speed}, Warn);
}

// Publishes what the source gives, never running far ahead of the broker. Returns how many were sent.
Result<std::uint64_t> PublishAll(device::Source& source, mqtt::Connection& broker, const std::stop_token& stop) {
  for (std::uint64_t sent = 0;; ++sent) {
    ASSIGN_OR_RETURN(const auto message, source.Next(stop));
    if (!message) return sent;
    while (!stop.stop_requested() && broker.stats().pending >= kMostWaiting) {
      broker.WaitUntilAcknowledged(std::chrono::milliseconds(10));
    }
    std::string text;
    telemetry::AppendJson(*message, text);
    broker.Publish({"iot/telemetry/" + message->device_id, std::move(text)});
  }
}

Status Simulate(const SimulateArguments& arguments, const std::stop_token& stop) {
  const base::SystemClock clock;
  ASSIGN_OR_RETURN(const auto source, MakeSource(arguments, clock));
  ASSIGN_OR_RETURN(mqtt::Options options, BrokerOptions(arguments.broker));
  options.client_id = arguments.device_id + "-sensors";
  mqtt::Handlers handlers;
  handlers.on_offline = Warn;
  ASSIGN_OR_RETURN(const auto broker, mqtt::Connection::Start(std::move(options), std::move(handlers)));
  ASSIGN_OR_RETURN(const std::uint64_t sent, PublishAll(*source, *broker, stop));
  while (!stop.stop_requested() && !broker->WaitUntilAcknowledged(std::chrono::milliseconds(100))) {
  }
  const bool all = broker->Stop({}, std::chrono::milliseconds(500));
  const mqtt::Stats stats = broker->stats();
  spdlog::info("{} messages published, {} of them heard by nobody", sent, stats.without_subscriber);
  if (all && stats.refused == 0 && stats.dropped == 0) return Ok();
  return {Code::kUnavailable, "not all messages reached the broker: " + stats.last_error};
}

int RunSimulate(SimulateArguments& arguments) {
  StartLog(arguments.log_level);
  auto id = base::CanonicalDeviceId(arguments.device_id);
  if (!id.ok()) {
    spdlog::error("--device-id: {}", id.status().message());
    return kWrongUsage;
  }
  arguments.device_id = *id;
  std::stop_source stop;
  auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  const Status done = signals.ok() ? Simulate(arguments, stop.get_token()) : signals.status();
  if (done.ok() || stop.stop_requested()) return kDone;
  spdlog::error("{}", TerminalText(done.message()));
  return kFailed;
}

}  // namespace

std::function<int()> SetUpSimulate(CLI::App& app) {
  auto arguments = std::make_shared<SimulateArguments>();
  app.add_option("--device-id", arguments->device_id, "The device whose sensors these are")
      ->envname("DEVICE_ID")
      ->required();
  auto* generate =
      app.add_option("--generate", arguments->generate, "Make N messages of the device's character (default: endless)")
          ->check(CheckMessageCount(0))
          ->type_name("N");
  app.add_option("--replay", arguments->replay, "Read messages from a CSV file of the environmental sensor data set")
      ->excludes(generate)
      ->type_name("FILE");
  app.add_option("--speed", arguments->speed,
                 "1: in the pace of their times (default: as fast as the broker takes them)")
      ->check(CheckSpeed())
      ->type_name("FACTOR");
  app.add_option("--seed", arguments->seed, "Of --generate")->check(CheckSeed())->capture_default_str();
  AddBrokerOptions(app, arguments->broker);
  app.get_option("--broker")->required();
  AddLogLevel(app, arguments->log_level);
  return [arguments] { return RunSimulate(*arguments); };
}

}  // namespace inferometer::cli
