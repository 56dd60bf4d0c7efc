#include "cli/hub.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

#include "base/clock.h"
#include "cli/broker_options.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/version.h"
#include "device/clock_facts.h"
#include "device/floor_clock.h"
#include "hub/hub.h"
#include "os/process.h"
#include "os/signals.h"
#include "report/terminal_text.h"
#include "store/metrics_folder.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

struct HubArguments {
  BrokerArguments broker;
  hub::CollectorOptions collector;
  std::string part;  // "I/N"
  int save_after_seconds = 3600;
  std::string log_level = "info";
};

// "2/3" is the second of three.
Result<hub::Part> ParsePart(const std::string& text) {
  hub::Part part;
  if (text.empty()) return part;
  unsigned index = 0;
  char end = 0;
  // NOLINTNEXTLINE(cert-err34-c): whether both were read, and nothing behind them, is checked
  const int read = std::sscanf(text.c_str(), "%u/%u%c", &index, &part.count, &end);
  if (read == 2 && index >= 1 && index <= part.count && part.count <= 1000) {
    part.index = index - 1;
    return part;
  }
  return {Code::kInvalidArgument, "--part " + text + ": I/N with I from 1 to N, for example 1/3"};
}

void AddHubOptions(CLI::App& app, HubArguments& a) {
  const char* group = "Keeping";
  app.add_option("--out", a.collector.folder, "Folder of the devices' folders, and of the hub's journal")
      ->type_name("DIR")
      ->default_str("hub-metrics")
      ->group(group);
  app.add_option("--save-every", a.collector.records_a_file, "Records of a device from file to file")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--save-after", a.save_after_seconds, "Save what is that old, however little it is")
      ->check(CLI::Range(1, 7 * 86'400))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(group);
  app.add_option("--part", a.part, "Of several hubs, which this is: I/N takes the devices whose hashed id falls to it")
      ->type_name("I/N")
      ->group(group);
  app.add_flag("--portable-names", a.collector.portable_names, "File and folder names with - for :")->group(group);
  app.add_option("--journal-size", a.collector.journal.most_bytes,
                 "Most room for the journal (default: a tenth of the file system, at most 4 GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--keep-free", a.collector.journal.keep_free_bytes,
                 "What the journal leaves free on its file system (default: 15 %, at most 4 GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->group(group);
  AddBrokerOptions(app, a.broker);
  AddLogLevel(app, a.log_level);
}

Status Complete(HubArguments& a) {
  if (a.broker.host.empty()) a.broker.host = "localhost";
  if (a.collector.folder.empty()) a.collector.folder = "hub-metrics";
  a.collector.save_after = std::chrono::seconds(a.save_after_seconds);
  a.collector.journal.segment_bytes = std::uint64_t{64} << 20U;
  a.collector.journal.most_pending_bytes = std::size_t{256} << 20U;
  ASSIGN_OR_RETURN(a.collector.part, ParsePart(a.part));
  ASSIGN_OR_RETURN(a.collector.journal.stream, os::RandomBits());
  ASSIGN_OR_RETURN(a.collector.new_store_id, os::RandomBits());
  return Ok();
}

std::string ClientId(const hub::Part& part) {
  return part.count <= 1 ? "_hub" : fmt::format("_hub-{}-of-{}", part.index + 1, part.count);
}

// One line; again only when something has happened since.
class Reporter {
 public:
  void operator()(const hub::CollectorReport& report) {
    std::uint64_t lag = 0;
    std::uint64_t lost = 0;
    for (const hub::DeviceReport& device : report.devices) {
      lag += device.lag.value_or(0);
      lost += device.lost;
    }
    const std::string line = fmt::format(
        "{} devices, {} records stored, {} sent again, {} rejected, {} not taken, {} reported lost, {} files; "
        "devices still hold {}",
        report.devices.size(), report.records, report.duplicates, report.rejected, report.not_taken, lost, report.files,
        lag);
    if (line != std::exchange(last_, line)) spdlog::info("{}", line);
  }

 private:
  std::string last_;
};

void AwaitStop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

int Fail(const Status& status) {
  spdlog::error("{}", TerminalText(status.message()));
  return status.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
}

int RunHub(HubArguments& arguments) {
  StartLog(arguments.log_level);
  if (const Status complete = Complete(arguments); !complete.ok()) return Fail(complete);
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) {
    spdlog::info("stopping; what is in no file yet is being saved");
    stop.request_stop();
  });
  if (!signals.ok()) return Fail(signals.status());
  const auto lock = store::LockFolder(arguments.collector.folder);
  if (!lock.ok()) return Fail(lock.status());
  auto broker = BrokerOptions(arguments.broker);
  if (!broker.ok()) return Fail(broker.status());
  broker->client_id = ClientId(arguments.collector.part);
  const base::SystemClock clock;
  // For the broker's certificate alone: a hub must see that its own clock was never set, or it would judge the devices'
  // times by a wrong one (hub/clock_repair.h).
  device::FloorClock floor(clock, BuildTime(), device::IsMachineSynchronised);
  if (const auto begin = NewestCertificateBegin(arguments.broker)) floor.Raise(*begin);
  broker->certificates_judged_at = [&floor] { return floor.Floored(); };
  auto hub =
      hub::Hub::Start({.broker = std::move(*broker), .collector = arguments.collector}, os::SystemFileCalls(), clock,
                      {.on_online = [] { spdlog::info("listening; Ctrl-C saves and ends"); },
                       .on_problem = [](const std::string& problem) { spdlog::warn("{}", TerminalText(problem)); },
                       .on_report = Reporter()});
  if (!hub.ok()) return Fail(hub.status());
  spdlog::info("collecting into {}", TerminalText(arguments.collector.folder.string()));
  AwaitStop(stop.get_token());
  const Status saved = (*hub)->Stop();
  if (!saved.ok()) return Fail(saved);
  return kDone;
}

}  // namespace

std::function<int()> SetUpHub(CLI::App& app) {
  auto arguments = std::make_shared<HubArguments>();
  AddHubOptions(app, *arguments);
  return [arguments] { return RunHub(*arguments); };
}

}  // namespace inferometer::cli
