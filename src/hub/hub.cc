#include "hub/hub.h"

#include <algorithm>
#include <utility>

#include "mqtt/topics.h"

namespace inferometer::hub {
namespace {

using std::chrono::milliseconds;

// Of the memory of a round, what is kept for the next one: a full round of small records.
constexpr std::size_t kMostKeptBytes = std::size_t{4} << 20U;
constexpr milliseconds kLongestSleep{1'000};
constexpr milliseconds kGoodBye{2'000};
constexpr std::chrono::seconds kReportEvery{10};
// A round costs a sync, and an acknowledgement for each device, however little it holds: so under load it waits to be
// worth that. A single device sends 512 records before it waits for us, so 20 ms let it have 25,000 a second.
constexpr milliseconds kLeastRound{20};
constexpr std::size_t kFullRound = 1024;  // messages
// On their way to the broker. What is beyond waits in the collector, where a device's next reply takes its place: a
// queue would grow with the fleet, and lose replies that their devices then wait for.
constexpr std::size_t kMostReplies = 1000;
// Files are made between two rounds. Devices send on for tens of milliseconds without an acknowledgement: where this is
// shorter, they do not notice.
constexpr milliseconds kLongestSaving{20};

}  // namespace

Result<std::unique_ptr<Hub>> Hub::Start(HubOptions options, os::FileCalls& calls, const base::Clock& clock,
                                        HubEvents events) {
  options.broker.subscriptions = {"iot/metrics/+", "iot/status/+"};
  ASSIGN_OR_RETURN(auto collector, Collector::Open(options.collector, calls, clock));
  for (const std::string& note : collector->notes()) events.on_problem(note);
  std::unique_ptr<Hub> hub(new Hub(std::move(options), std::move(collector), calls, clock, std::move(events)));
  RETURN_IF_ERROR(hub->Connect());
  return hub;
}

Hub::Hub(HubOptions options, std::unique_ptr<Collector> collector, os::FileCalls& calls, const base::Clock& clock,
         HubEvents events)
    : options_(std::move(options)),
      clock_(clock),
      events_(std::move(events)),
      collector_(std::move(collector)),
      report_file_(calls, options_.collector.folder / "hub.json", clock) {}

Status Hub::Connect() {
  mqtt::Handlers handlers;
  handlers.on_message = [this](std::string_view topic, std::string_view payload) { OnMessage(topic, payload); };
  handlers.on_online = events_.on_online;
  handlers.on_offline = events_.on_problem;
  ASSIGN_OR_RETURN(connection_, mqtt::Connection::Start(options_.broker, std::move(handlers)));
  thread_ = std::thread([this] { Run(); });
  return Ok();
}

Hub::~Hub() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = is_abandoned_ = true;
    arrived_.notify_all();
    taken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Hub::OnMessage(std::string_view topic, std::string_view payload) {
  std::unique_lock lock(mutex_);
  const bool has_room = taken_.wait_for(
      lock, options_.patience, [this] { return waiting_.bytes.size() < options_.most_waiting_bytes || is_stopping_; });
  if (!has_room || is_stopping_) {
    ++passed_over_;
    return;
  }
  waiting_.bytes.append(topic).append(payload);
  waiting_.sizes.push_back({topic.size(), payload.size()});
  if (waiting_.sizes.size() == 1 || waiting_.sizes.size() == kFullRound) arrived_.notify_one();
}

void Hub::Run() {
  Arrivals arrivals;
  for (bool more = true; more;) {
    more = TakeArrivals(arrivals);
    Round(arrivals);
    ShareReport(!more);
  }
  {
    const std::lock_guard lock(mutex_);
    if (is_abandoned_) return;
  }
  last_save_ = collector_->Close();
  ShareReport(true);
}

// Waits for messages. False: these are the last.
bool Hub::TakeArrivals(Arrivals& arrivals) {
  if (arrivals.bytes.capacity() > kMostKeptBytes) arrivals = {};
  arrivals.bytes.clear();
  arrivals.sizes.clear();
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, has_more_to_do_ ? milliseconds(0) : kLongestSleep,
                    [this] { return !waiting_.sizes.empty() || is_stopping_; });
  arrived_.wait_for(lock, round_began_ + kLeastRound - clock_.Steady(),
                    [this] { return waiting_.sizes.size() >= kFullRound || is_stopping_; });
  round_began_ = clock_.Steady();
  std::swap(arrivals, waiting_);
  taken_.notify_all();
  return !is_stopping_;
}

void Hub::Round(const Arrivals& arrivals) {
  std::string_view rest = arrivals.bytes;
  for (const auto& [topic, payload] : arrivals.sizes) {
    collector_->Take(rest.substr(0, topic), rest.substr(topic, payload));
    rest.remove_prefix(topic + payload);
  }
  has_more_to_do_ = false;
  const Status committed = collector_->Commit();
  const std::string problem = committed.ok() ? "" : "nothing is taken while the disk fails: " + committed.message();
  TellOnce(problem, told_problem_);
  if (!committed.ok()) return;
  const bool has_more_to_send = Send();
  has_more_to_do_ = collector_->SaveDue(kLongestSaving) || has_more_to_send;
  TellOnce(collector_->save_problem(), told_save_problem_);
}

// Without a connection they are lost; the devices send again, and are answered again.
// True: there are more, which may go soon.
bool Hub::Send() {
  const mqtt::Stats stats = connection_->stats();
  for (const Reply& one : collector_->TakeReplies(kMostReplies - std::min(kMostReplies, stats.pending))) {
    std::string text;
    AppendJson(one.acknowledgement, text);
    connection_->Publish({mqtt::MakeTopic(mqtt::TopicKind::kAck, one.device), std::move(text), false, 0});
  }
  return stats.online && collector_->has_replies();
}

void Hub::TellOnce(const std::string& problem, std::string& told) {
  if (problem == std::exchange(told, problem) || problem.empty()) return;
  if (events_.on_problem) events_.on_problem(problem);
}

void Hub::ShareReport(bool is_last) {
  const auto now = clock_.Steady();
  if (!is_last && now - reported_ < kReportEvery) return;
  reported_ = now;
  CollectorReport report = collector_->Report();
  {
    const std::lock_guard lock(mutex_);
    report.not_taken += passed_over_;
    report_ = report;
  }
  WriteReport(report);
  if (events_.on_report) events_.on_report(report);
}

// It only tells of the hub: where it cannot be written, the hub goes on.
void Hub::WriteReport(const CollectorReport& report) {
  const Status written = report_file_.Update(report);
  TellOnce(written.ok() ? "" : "the report is not written: " + written.message(), told_report_problem_);
}

CollectorReport Hub::Report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

Status Hub::Stop() {
  connection_->Unsubscribe(kGoodBye);  // what the broker has sent already is still taken
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    arrived_.notify_all();
    taken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  connection_->Stop({}, kGoodBye);
  return last_save_;
}

}  // namespace inferometer::hub
