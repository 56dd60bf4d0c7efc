// A device without an LLM: what `inferometer device` keeps and ships its records by, under as much load as asked for.
// What it hands over it notes in an oracle first. Ends with one line of JSON on standard output.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/quantile.h"
#include "base/record_key.h"
#include "device/keeper.h"
#include "device/publisher.h"
#include "mqtt/back_off.h"
#include "oracle.h"
#include "os/process.h"
#include "os/signals.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::faults {
namespace {

using std::chrono::milliseconds;

struct Arguments {
  std::string out;
  std::string oracle;
  std::string device_id;
  std::string broker_host;
  int port = 1883;
  std::uint64_t records = 1'000'000'000;
  double rate = 0;  // records a second; 0: as fast as they go
  int save_every = 100;
  int drain_seconds = 30;
  std::uint64_t journal_bytes = 0;
  std::uint64_t segment_bytes = std::uint64_t{256} << 10U;
  std::uint64_t keep_free_bytes = 0;
  std::size_t most_pending_bytes = std::size_t{16} << 20U;
  std::uint64_t large_record = 0;  // the sequence of one record of 8 KB; 0: none
};

void Complain(const std::string& text) { fmt::print(stderr, "fault-agent: {}\n", text); }

class Agent {
 public:
  Agent(const Arguments& arguments, std::stop_token stop) : arguments_(arguments), stop_(std::move(stop)), inbox_(10) {}
  ~Agent() {
    if (keeper_) keeper_->Finish();
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  Status Prepare() {
    ASSIGN_OR_RETURN(auto lock, store::LockFolder(arguments_.out));
    lock_.emplace(std::move(lock));
    ASSIGN_OR_RETURN(stream_, os::RandomBits());
    if (!arguments_.oracle.empty()) {
      ASSIGN_OR_RETURN(auto oracle, Oracle::Create(arguments_.oracle + "." + base::StreamText(stream_), OracleBytes()));
      oracle_.emplace(std::move(oracle));
    }
    RETURN_IF_ERROR(StartKeeper());
    return Connect();
  }

  // Room for every record and what is said of it; for as many as there may be, 64 MiB.
  [[nodiscard]] std::size_t OracleBytes() const {
    constexpr std::size_t kOfARecord = 2048;
    constexpr std::size_t kLeast = std::size_t{64} << 10U;
    constexpr std::size_t kOfMany = std::size_t{64} << 20U;
    constexpr std::uint64_t kMany = 1'000'000;
    return arguments_.records >= kMany ? kOfMany : kLeast + arguments_.records * kOfARecord;
  }

  void Run() {
    const auto begin = clock_.Steady();
    for (std::uint64_t i = 1; i <= arguments_.records && !stop_.stop_requested(); ++i) {
      KeepOne(i);
      if (i % static_cast<std::uint64_t>(arguments_.save_every) == 0) keeper_->RequestSave();
      if (arguments_.rate > 0)
        WaitUntil(begin +
                  std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / arguments_.rate)));
    }
    keeper_->Flush(milliseconds(10'000));
    NoteDurable();
    if (publisher_ && !stop_.stop_requested()) {
      keeper_->Drain(std::chrono::seconds(arguments_.drain_seconds), stop_);
    }
    keeper_->Finish();
    NoteDurable();
    if (publisher_) (void)publisher_->Stop(milliseconds(1'000));
  }

  [[nodiscard]] bool Report() {
    const device::KeeperStats kept = keeper_->stats();
    const auto at = [&](double q) { return keep_us_.empty() ? 0.0 : base::QuantileType7(keep_us_, q); };
    fmt::print(
        "{{\"kept\":{},\"durable\":{},\"unsaved\":{},\"unwritten\":{},\"lag\":{},\"lost\":{},\"keep_us_p50\":{:.1f},"
        "\"keep_us_p99\":{:.1f},\"keep_us_max\":{:.1f}}}\n",
        keep_us_.size(), kept.durable_upto, kept.unsaved, kept.unwritten, kept.lag, kept.lost_records, at(0.5),
        at(0.99), at(1));
    return kept.unsaved == 0 && (!publisher_ || kept.lag == 0);
  }

 private:
  Status StartKeeper() {
    device::KeepingOptions options{
        .folder = arguments_.out, .device_id = arguments_.device_id, .is_shipping = !arguments_.broker_host.empty()};
    options.journal.stream = stream_;
    options.journal.segment_bytes = arguments_.segment_bytes;
    options.journal.most_bytes = arguments_.journal_bytes;
    options.journal.keep_free_bytes = arguments_.keep_free_bytes;
    options.journal.keep_free_inodes = 16;
    options.journal.most_pending_bytes = arguments_.most_pending_bytes;
    options.journal.retry_most = milliseconds(2'000);
    ASSIGN_OR_RETURN(auto keeping, device::RecordKeeping::Open(std::move(options), os::SystemFileCalls(), clock_));
    for (const std::string& note : keeping->recovered().notes) Complain(note);
    keeping->SetContext("{}");
    std::unique_ptr<device::Shipping> shipping;
    if (!arguments_.broker_host.empty()) {
      shipping = std::make_unique<device::Shipping>(*keeping, os::SystemFileCalls(), mqtt::Outbox::Options{},
                                                    mqtt::MachineRandom(), Complain);
    }
    keeper_ = std::make_unique<device::Keeper>(device::KeeperOptions{.sync_within = milliseconds(100)},
                                               std::move(keeping), std::move(shipping), clock_,
                                               device::KeeperEvents{.on_saved = {}, .on_problem = Complain});
    return Ok();
  }

  Status Connect() {
    if (arguments_.broker_host.empty()) return Ok();
    mqtt::Options broker;
    broker.host = arguments_.broker_host;
    broker.port = arguments_.port;
    broker.client_id = arguments_.device_id;
    broker.keepalive = std::chrono::seconds(5);
    broker.backoff_most = milliseconds(2'000);
    device::Publisher::Options options{
        .broker = std::move(broker), .device_id = arguments_.device_id, .listen = false, .clock_facts = {}};
    device::Publisher::Events events{
        .on_problem = Complain,
        .on_online = [this] { keeper_->OnOnline(); },
        .on_offline = [this] { keeper_->OnOffline(); },
        .on_acknowledgement = [this](mqtt::Acknowledgement one) { keeper_->OnAcknowledgement(std::move(one)); },
        .on_answer = [this](std::uint64_t ticket, const mqtt::Answer& answer) { keeper_->OnAnswer(ticket, answer); }};
    ASSIGN_OR_RETURN(publisher_, device::Publisher::Start(std::move(options), inbox_, clock_, std::move(events)));
    publisher_->SetContext({{"device_name", arguments_.device_id}});
    keeper_->Attach(*publisher_);
    return Ok();
  }

  // About as large as a record of a device, and no two alike.
  [[nodiscard]] InferenceRecord MakeRecord(std::uint64_t sequence) const {
    InferenceRecord record;
    record.timestamp = clock_.Wall();
    record.record_id = base::RecordIdText({arguments_.device_id, stream_, sequence});
    record.session_id = base::StreamText(stream_);
    record.device_id = arguments_.device_id;
    record.model_name = "load";
    record.compute_device = "cpu";
    record.status = kStatusOk;
    record.inference_time_ms = 100.0 + static_cast<double>(sequence % 1000) / 8;
    record.generated_tokens = static_cast<std::int64_t>(sequence * 2654435761U % 1'000'003);
    record.memory_used_mb = 160.25;
    record.cpu_percent_avg = 98.5;
    const std::size_t size = sequence == arguments_.large_record ? 8000 : 300 + sequence % 400;
    record.command = std::string(size, 'x');
    record::RoundAsWritten(record);
    return record;
  }

  void KeepOne(std::uint64_t sequence) {
    InferenceRecord record = MakeRecord(sequence);
    if (oracle_) {
      line_.clear();
      record::AppendJson(record, line_);
      oracle_->Offered(line_);
    }
    const auto begin = clock_.Steady();
    keeper_->Keep(std::move(record)).record_id.reset();
    keep_us_.push_back(std::chrono::duration<double, std::micro>(clock_.Steady() - begin).count());
    NoteDurable();
  }
  void NoteDurable() {
    if (oracle_) oracle_->Durable(base::StreamText(stream_), keeper_->stats().durable_upto);
  }
  void WaitUntil(std::chrono::nanoseconds moment) {
    while (clock_.Steady() < moment && !stop_.stop_requested()) {
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(moment - clock_.Steady(), milliseconds(20)));
      NoteDurable();
    }
  }

  const Arguments& arguments_;
  std::stop_token stop_;
  base::SystemClock clock_;
  device::Inbox inbox_;
  store::StreamId stream_ = 0;
  std::optional<os::FileLock> lock_;
  std::optional<Oracle> oracle_;
  std::string line_;
  std::vector<double> keep_us_;
  std::unique_ptr<device::Keeper> keeper_;
  std::unique_ptr<device::Publisher> publisher_;  // last: its thread tells the keeper
};

void AddOptions(CLI::App& app, Arguments& a) {
  app.add_option("--out", a.out, "The device's metrics folder")->required();
  app.add_option("--oracle", a.oracle, "Where to note what is handed over; the stream is appended to the name");
  app.add_option("--device-id", a.device_id)->required();
  app.add_option("--broker", a.broker_host);
  app.add_option("--port", a.port);
  app.add_option("--records", a.records, "0: only what an earlier run left");
  app.add_option("--rate", a.rate, "Records a second; 0: as fast as they go");
  app.add_option("--save-every", a.save_every, "Records from file to file")->check(CLI::PositiveNumber);
  app.add_option("--drain", a.drain_seconds, "Seconds that a hub has for the rest");
  app.add_option("--journal-size", a.journal_bytes);
  app.add_option("--segment-size", a.segment_bytes);
  app.add_option("--keep-free", a.keep_free_bytes);
  app.add_option("--large-record", a.large_record, "The sequence of one record of 8 KB");
  app.add_option("--most-pending", a.most_pending_bytes, "Bytes in memory while the disk takes nothing");
}

int Main(const Arguments& arguments) {
  std::stop_source stop;
  const auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) return 1;
  Agent agent(arguments, stop.get_token());
  const Status prepared = agent.Prepare();
  if (!prepared.ok()) {
    Complain(prepared.message());
    return 1;
  }
  agent.Run();
  return agent.Report() ? 0 : 3;
}

}  // namespace
}  // namespace inferometer::faults

int main(int argc, char** argv) {
  inferometer::faults::Arguments arguments;
  CLI::App app("Keeps and ships records under load.");
  inferometer::faults::AddOptions(app, arguments);
  CLI11_PARSE(app, argc, argv);
  return inferometer::faults::Main(arguments);
}
