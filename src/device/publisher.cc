#include "device/publisher.h"

#include <utility>

#include "base/timestamp.h"
#include "record/json_write.h"
#include "telemetry/sensor_message.h"

namespace inferometer::device {
namespace {

using record::JsonObject;

constexpr std::chrono::milliseconds kDrainStep{100};

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

// What both threads touch. The network's thread is in the handlers only.
class Publisher::State {
 public:
  State(Options options, Inbox& inbox, const base::Clock& clock, std::function<void(const std::string&)> on_problem)
      : device_id_(std::move(options.device_id)), inbox_(inbox), clock_(clock), on_problem_(std::move(on_problem)) {}

  Status Connect(mqtt::Options broker, bool listen) {
    broker.last_will = mqtt::Message{Topic("status"), StatusText(device_id_, false, std::nullopt), true};
    if (listen) broker.subscriptions = {Topic("telemetry")};
    mqtt::Handlers handlers;
    handlers.on_message = [this](std::string_view, std::string_view payload) { TakeTelemetry(payload); };
    handlers.on_online = [this] { SendStatus(); };
    handlers.on_offline = on_problem_;
    const std::lock_guard lock(mutex_);  // a handler may run before the pointer is set
    ASSIGN_OR_RETURN(connection_, mqtt::Connection::Start(std::move(broker), std::move(handlers)));
    return Ok();
  }

  [[nodiscard]] std::string Topic(std::string_view kind, std::string_view more = "") const {
    return std::string("iot/").append(kind).append("/").append(device_id_).append(more);
  }

  void TakeTelemetry(std::string_view payload) {
    auto message = telemetry::ParseTelemetry(payload);
    if (message.ok() && message->device_id == device_id_) {
      inbox_.Put(std::move(*message));
      return;
    }
    CountMalformed(message.ok() ? "telemetry of another device: " + message->device_id : message.status().message());
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

  void SendStatus() {
    mqtt::Connection* connection = nullptr;
    std::string text;
    {
      const std::lock_guard lock(mutex_);
      connection = connection_.get();
      if (connection != nullptr) AppendOnline(text, connection->stats());
    }
    if (connection != nullptr) connection->Publish({Topic("status"), std::move(text), true});
  }

  [[nodiscard]] mqtt::Message GoodBye() const {
    return {Topic("status"), StatusText(device_id_, false, base::FormatRfc3339(clock_.Wall())), true};
  }
  [[nodiscard]] mqtt::Connection& connection() { return *connection_; }
  [[nodiscard]] const std::string& device_id() const { return device_id_; }

 private:
  void CountMalformed(const std::string& why) {
    constexpr std::uint64_t kNamed = 10;  // the rest is counted
    std::uint64_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      count = ++malformed_;
    }
    if (count <= kNamed) on_problem_("skipped a malformed message on " + Topic("telemetry") + ": " + why);
    if (count == kNamed) on_problem_("further malformed messages are counted, not named");
  }

  // REQUIRES: mutex_ held
  void AppendOnline(std::string& text, const mqtt::Stats& stats) {
    JsonObject status(text);
    status.Text("status", "online").Text("device_id", device_id_).Text("timestamp", base::FormatRfc3339(clock_.Wall()));
    status.Integer("lag_messages", static_cast<std::int64_t>(stats.pending));
    status.Key("losses");
    JsonObject losses(text);
    losses.Integer("telemetry_malformed", static_cast<std::int64_t>(malformed_));
    losses.Integer("telemetry_dropped", static_cast<std::int64_t>(losses_.telemetry_dropped));
    losses.Integer("records_unsaved_dropped", static_cast<std::int64_t>(losses_.records_unsaved_dropped));
    losses.Integer("messages_dropped", static_cast<std::int64_t>(stats.dropped));
    losses.Integer("messages_refused", static_cast<std::int64_t>(stats.refused)).Close();
    if (!context_.empty()) text.append(",\"context\":").append(context_);
    status.Close();
  }

  const std::string device_id_;
  Inbox& inbox_;
  const base::Clock& clock_;
  const std::function<void(const std::string&)> on_problem_;
  mutable std::mutex mutex_;
  std::uint64_t malformed_ = 0;  // protected by mutex_
  Losses losses_;                // protected by mutex_
  std::string context_;          // JSON; protected by mutex_
  std::unique_ptr<mqtt::Connection>
      connection_;  // set once under mutex_; last, so that its thread ends before all else
};

Result<std::unique_ptr<Publisher>> Publisher::Start(Options options, Inbox& inbox, const base::Clock& clock,
                                                    std::function<void(const std::string&)> on_problem) {
  mqtt::Options broker = std::move(options.broker);
  const bool listen = options.listen;
  auto state = std::make_unique<State>(std::move(options), inbox, clock, std::move(on_problem));
  RETURN_IF_ERROR(state->Connect(std::move(broker), listen));
  return std::unique_ptr<Publisher>(new Publisher(std::move(state)));
}

Publisher::Publisher(std::unique_ptr<State> state) : state_(std::move(state)) {}
Publisher::~Publisher() = default;

void Publisher::SetContext(const store::Context& context) { state_->SetContext(context); }

void Publisher::PublishRecord(const InferenceRecord& record) {
  std::string text;
  record::AppendJson(record, text);
  state_->connection().Publish({state_->Topic("metrics"), std::move(text)});
}

void Publisher::PublishAnalysis(const InferenceRecord& record, const std::string& text) {
  std::string json;
  JsonObject object(json);
  if (record.timestamp) object.Text("timestamp", base::FormatRfc3339(*record.timestamp));
  object.Text("device_id", state_->device_id())
      .Text("record_id", record.record_id)
      .Text("model_name", record.model_name);
  object.Text("analysis", text).Close();
  state_->connection().Publish({state_->Topic("analysis"), std::move(json)});
}

void Publisher::PublishSummary(const store::Summary& summary) {
  std::string text;
  AppendJson(summary, text);
  state_->connection().Publish({state_->Topic("metrics", "/summary"), std::move(text)});
}

void Publisher::PublishStatus(const Losses& losses) {
  state_->SetLosses(losses);
  if (stats().online) state_->SendStatus();  // else on_online sends it
}

std::uint64_t Publisher::malformed() const { return state_->malformed(); }
mqtt::Stats Publisher::stats() const { return state_->connection().stats(); }

bool Publisher::Drain(std::chrono::milliseconds at_most, const std::stop_token& stop) {
  for (auto left = at_most; !stop.stop_requested(); left -= kDrainStep) {
    if (state_->connection().WaitUntilAcknowledged(std::clamp(left, std::chrono::milliseconds(0), kDrainStep)))
      return true;
    if (left <= kDrainStep) return false;
  }
  return false;
}

bool Publisher::Stop(std::chrono::milliseconds at_most) {
  return state_->connection().Stop({state_->GoodBye()}, at_most);
}

}  // namespace inferometer::device
