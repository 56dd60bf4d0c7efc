#include "device/publisher.h"

#include <mutex>
#include <utility>

#include "base/record_key.h"
#include "base/timestamp.h"
#include "mqtt/topics.h"
#include "record/json_write.h"
#include "telemetry/sensor_message.h"

namespace inferometer::device {
namespace {

using mqtt::TopicKind;
using record::JsonObject;

std::string StatusText(const std::string& device_id, bool online, const std::optional<std::string>& timestamp) {
  std::string text;
  JsonObject(text)
      .Text("status", online ? "online" : "offline")
      .Text("device_id", device_id)
      .Text("timestamp", timestamp)
      .Close();
  return text;
}

}  // namespace

// What all threads touch. The network's thread is in the handlers only.
class Publisher::State {
 public:
  State(Options options, Inbox& inbox, const base::Clock& clock, Events events)
      : device_id_(std::move(options.device_id)),
        inbox_(inbox),
        clock_(clock),
        clock_facts_(std::move(options.clock_facts)),
        events_(std::move(events)) {}

  Status Connect(mqtt::Options broker, bool listen) {
    broker.last_will = mqtt::Message{Topic(TopicKind::kStatus), StatusText(device_id_, false, std::nullopt), true};
    broker.subscriptions = {Topic(TopicKind::kAck)};
    if (listen) broker.subscriptions.push_back(Topic(TopicKind::kTelemetry));
    mqtt::Handlers handlers;
    handlers.on_message = [this](std::string_view topic, std::string_view payload) { Take(topic, payload); };
    handlers.on_online = events_.on_online;
    handlers.on_offline = [this](const std::string& reason) {
      if (events_.on_offline) events_.on_offline();
      events_.on_problem(reason);
    };
    handlers.on_answer = events_.on_answer;
    const std::lock_guard lock(mutex_);  // a handler may run before the pointer is set
    ASSIGN_OR_RETURN(connection_, mqtt::Connection::Start(std::move(broker), std::move(handlers)));
    return Ok();
  }

  [[nodiscard]] std::string Topic(TopicKind kind) const { return mqtt::MakeTopic(kind, device_id_); }

  void Take(std::string_view topic, std::string_view payload) {
    if (topic == Topic(TopicKind::kAck)) return TakeAcknowledgement(payload);
    auto message = telemetry::ParseTelemetry(payload);
    if (message.ok() && message->device_id == device_id_) {
      inbox_.Put(std::move(*message));
      return;
    }
    CountMalformed(TopicKind::kTelemetry,
                   message.ok() ? "telemetry of another device: " + message->device_id : message.status().message());
  }
  void TakeAcknowledgement(std::string_view payload) {
    auto acknowledgement = mqtt::ParseAcknowledgement(payload);
    if (!acknowledgement.ok()) return CountMalformed(TopicKind::kAck, acknowledgement.status().message());
    if (events_.on_acknowledgement) events_.on_acknowledgement(std::move(*acknowledgement));
  }

  void SetContext(const store::Context& context) {
    const std::lock_guard lock(mutex_);
    context_.clear();
    store::AppendJson(context, context_);
  }
  void SetLosses(const Losses& losses) {
    const std::lock_guard lock(mutex_);
    losses_ = losses;
  }
  [[nodiscard]] std::uint64_t malformed() const {
    const std::lock_guard lock(mutex_);
    return malformed_;
  }

  void SendStatus(const ShippingStatus& shipping) {
    std::string text;
    {
      const mqtt::Stats stats = connection().stats();
      const std::lock_guard lock(mutex_);
      AppendOnline(text, stats, shipping);
    }
    connection().Publish({Topic(TopicKind::kStatus), std::move(text), true, {}});
  }

  [[nodiscard]] mqtt::Message GoodBye() const {
    return {Topic(TopicKind::kStatus), StatusText(device_id_, false, base::FormatRfc3339(clock_.Wall())), true, {}};
  }
  [[nodiscard]] mqtt::Connection& connection() {
    const std::lock_guard lock(mutex_);
    return *connection_;
  }
  [[nodiscard]] const std::string& device_id() const { return device_id_; }

 private:
  void CountMalformed(TopicKind kind, const std::string& why) {
    constexpr std::uint64_t kNamed = 10;  // the rest is counted
    std::uint64_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      count = ++malformed_;
    }
    if (count <= kNamed) events_.on_problem("skipped a malformed message on " + Topic(kind) + ": " + why);
    if (count == kNamed) events_.on_problem("further malformed messages are counted, not named");
  }

  // REQUIRES: mutex_ held
  void AppendOnline(std::string& text, const mqtt::Stats& stats, const ShippingStatus& shipping) {
    // The clock's state before its time: a clock that is set in between must not be told as synchronised with the time
    // from before, or the hub would repair this boot's records by it.
    const auto facts = clock_facts_ ? std::optional(clock_facts_()) : std::nullopt;
    JsonObject status(text);
    status.Text("status", "online").Text("device_id", device_id_).Text("timestamp", base::FormatRfc3339(clock_.Wall()));
    if (facts) AppendClock(*facts, status);
    status.Integer("lag_messages", static_cast<std::int64_t>(stats.pending));
    status.Integer("lag_records", static_cast<std::int64_t>(shipping.lag_records));
    status.Key("losses");
    JsonObject losses(text);
    losses.Integer("telemetry_malformed", static_cast<std::int64_t>(malformed_));
    losses.Integer("telemetry_dropped", static_cast<std::int64_t>(losses_.telemetry_dropped));
    losses.Integer("records_lost", static_cast<std::int64_t>(shipping.lost_records));
    losses.Integer("messages_dropped", static_cast<std::int64_t>(stats.dropped));
    losses.Integer("messages_refused", static_cast<std::int64_t>(stats.refused));
    losses.Close();
    AppendHeld(status, shipping.streams, text);
    AppendLost(status, shipping.lost, text);
    AppendLostHours(status, shipping.lost_hours, text);
    if (!context_.empty()) {
      status.Key("context");
      text += context_;
    }
    status.Close();
  }

  // By which a hub can tell when a record was made whose device had no clock yet.
  static void AppendClock(const ClockFacts& facts, JsonObject& status) {
    status.Text("boot_id", facts.boot_id).Real("boottime_ms", facts.boottime_ms, 3);
    if (facts.is_synchronised) status.Text("clock", *facts.is_synchronised ? "synced" : "unsynced");
  }
  static void AppendHeld(JsonObject& status, const std::vector<HeldStream>& streams, std::string& text) {
    status.Key("streams");
    char separator = '[';
    for (const HeldStream& one : streams) {
      text += std::exchange(separator, ',');
      JsonObject(text)
          .Text("stream", base::StreamText(one.stream))
          .Integer("first", static_cast<std::int64_t>(one.first))
          .Integer("last", static_cast<std::int64_t>(one.last))
          .Close();
    }
    text += separator == '[' ? "[]" : "]";
  }
  static void AppendLost(JsonObject& status, const std::vector<store::Loss>& lost, std::string& text) {
    status.Key("lost");
    char separator = '[';
    for (const store::Loss& one : lost) {
      text += std::exchange(separator, ',');
      JsonObject(text)
          .Integer("n", static_cast<std::int64_t>(one.number))
          .Text("stream", base::StreamText(one.stream))
          .Integer("from", static_cast<std::int64_t>(one.from))
          .Integer("to", static_cast<std::int64_t>(one.to))
          .Integer("count", static_cast<std::int64_t>(one.count))
          .Text("reason", std::string(store::Name(one.reason)))
          .Close();
    }
    text += separator == '[' ? "[]" : "]";
  }

  // In as many spans as there is room for: a hub takes no larger status, and the sums are the same in fewer.
  // REQUIRES: mutex_ held
  void AppendLostHours(JsonObject& status, const std::vector<store::LostHours>& hours, std::string& text) const {
    constexpr std::size_t kContextsKey = 32;
    status.Key("lost_hours");
    const std::size_t begin = text.size();
    for (std::size_t most = store::kMostLostHours; most >= 2; most /= 2) {
      text.resize(begin);
      store::AppendLostHoursJson(store::WithAtMost(most, hours), text);
      if (text.size() + context_.size() + kContextsKey <= mqtt::kLargestStatusBytes) return;
    }
  }

  const std::string device_id_;
  Inbox& inbox_;
  const base::Clock& clock_;
  const std::function<ClockFacts()> clock_facts_;
  const Events events_;
  mutable std::mutex mutex_;
  std::uint64_t malformed_ = 0;  // protected by mutex_
  Losses losses_;                // protected by mutex_
  std::string context_;          // JSON; protected by mutex_
  std::unique_ptr<mqtt::Connection>
      connection_;  // set once under mutex_; last, so that its thread ends before all else
};

Result<std::unique_ptr<Publisher>> Publisher::Start(Options options, Inbox& inbox, const base::Clock& clock,
                                                    Events events) {
  mqtt::Options broker = std::move(options.broker);
  const bool listen = options.listen;
  auto state = std::make_unique<State>(std::move(options), inbox, clock, std::move(events));
  RETURN_IF_ERROR(state->Connect(std::move(broker), listen));
  return std::unique_ptr<Publisher>(new Publisher(std::move(state)));
}

Publisher::Publisher(std::unique_ptr<State> state) : state_(std::move(state)) {}
Publisher::~Publisher() = default;

void Publisher::SetContext(const store::Context& context) { state_->SetContext(context); }

void Publisher::SetLosses(const Losses& losses) { state_->SetLosses(losses); }

void Publisher::SendRecord(std::string line, std::uint64_t ticket) {
  state_->connection().Publish({state_->Topic(TopicKind::kMetrics), std::move(line), false, ticket});
}

void Publisher::PublishAnalysis(const InferenceRecord& record, const std::string& text) {
  std::string json;
  JsonObject object(json);
  if (record.timestamp) object.Text("timestamp", base::FormatRfc3339(*record.timestamp));
  object.Text("device_id", state_->device_id())
      .Text("record_id", record.record_id)
      .Text("model_name", record.model_name);
  object.Text("analysis", text).Close();
  state_->connection().Publish({state_->Topic(TopicKind::kAnalysis), std::move(json), false, {}});
}

void Publisher::PublishSummary(const store::Summary& summary) {
  std::string text;
  AppendJson(summary, text);
  state_->connection().Publish({state_->Topic(TopicKind::kSummary), std::move(text), false, {}});
}

void Publisher::PublishStatus(const ShippingStatus& shipping) { state_->SendStatus(shipping); }

std::uint64_t Publisher::malformed() const { return state_->malformed(); }
mqtt::Stats Publisher::stats() const { return state_->connection().stats(); }

bool Publisher::Stop(std::chrono::milliseconds at_most) {
  return state_->connection().Stop({state_->GoodBye()}, at_most);
}

}  // namespace inferometer::device
