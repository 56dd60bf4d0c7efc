#include "mqtt/network.h"

#include <algorithm>
#include <utility>

#include "mqtt/reasons.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the good-bye and the thread's end may take beyond what was asked for.
constexpr milliseconds kGrace{500};
constexpr milliseconds kGoodbye{200};
// Between two looks at a thread that is late because a handler holds it.
constexpr milliseconds kPatience{10};
// libmosquitto's keepalive is looked after at least this often.
constexpr milliseconds kHeartbeat{1'000};
// A dial that takes longer is trouble to be told, though it may still succeed.
constexpr milliseconds kSlowDial{5'000};

constexpr int kLowestFailureCode = 128;  // of the MQTT 5 reason codes

// A failed publish says that the message is wrong, not that the connection is.
bool IsAboutTheMessage(const Status& failure) {
  return failure.code() == Code::kInvalidArgument || failure.code() == Code::kResourceExhausted;
}

Options WithRandom(Options options) {
  if (!options.random) options.random = MachineRandom();
  return options;
}

}  // namespace

Network::Network(Options options, Handlers handlers, os::Doorbell bell)
    : options_(WithRandom(std::move(options))),
      bell_(std::move(bell)),
      handlers_(std::move(handlers)),
      back_off_(NewBackOff()),
      outgoing_(options_.most_waiting_messages, options_.most_waiting_bytes) {}

void Network::Run() {
  while (MayGoOn()) {
    if (!Attempt()) return;
    Rest(back_off_.Next());
  }
  handlers_ = {};
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

bool Network::Attempt() {
  greeted_ = false;
  Subscriptions subscriptions = SubscriptionsForAttempt();
  Session session(options_, EventsFor(subscriptions));
  Status status = Dial(session);
  {
    const std::lock_guard lock(mutex_);
    if (left_alone_) return false;
  }
  if (status.ok()) status = Serve(session, subscriptions);
  session.CloseBatch();
  {
    const std::lock_guard lock(mutex_);
    online_ = false;
    outgoing_.ConnectionBroke();
    changed_.notify_all();
  }
  if (!status.ok()) ReportTrouble(status);
  return true;
}

Subscriptions Network::SubscriptionsForAttempt() {
  const std::lock_guard lock(mutex_);
  asks_for_nothing_ = wants_nothing_;
  return {wants_nothing_ ? std::vector<std::string>{} : options_.subscriptions, NewBackOff()};
}

Status Network::Dial(Session& session) {
  {
    const std::lock_guard lock(mutex_);
    dialling_since_ = steady_clock::now();
  }
  Status status = session.Dial();
  const std::lock_guard lock(mutex_);
  dialling_since_.reset();
  return status;
}

Status Network::Serve(Session& session, Subscriptions& subscriptions) {
  while (MayGoOn()) RETURN_IF_ERROR(Advance(session, subscriptions));
  SayGoodbye(session);
  return Ok();
}

Status Network::Advance(Session& session, Subscriptions& subscriptions) {
  const Time next_due = session.accepted() && !asks_for_nothing_ ? subscriptions.next_due() : Time::max();
  RETURN_IF_ERROR(session.Step(bell_, LongestWait(next_due)));
  if (!session.accepted()) return Ok();
  if (!std::exchange(greeted_, true)) NoteConnected(session, subscriptions);
  RETURN_IF_ERROR(Subscribe(session, subscriptions));
  return HandOver(session);  // behind the subscriptions, and the broker takes one after the other
}

Status Network::Subscribe(Session& session, Subscriptions& subscriptions) {
  if (asks_for_nothing_) return Ok();
  if (MustUnsubscribe()) {
    asks_for_nothing_ = true;
    return session.Unsubscribe(options_.subscriptions);
  }
  if (!subscriptions.Due(steady_clock::now())) return Ok();
  subscriptions.Asked();
  return session.Subscribe(subscriptions.missing());
}

Status Network::HandOver(Session& session) {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto message = outgoing_.HandOver(session.window());
    if (message == nullptr) return Ok();
    lock.unlock();
    const Result<int> packet_id = session.Publish(*message);
    lock.lock();
    if (packet_id.ok()) {
      outgoing_.HandedOver(*packet_id);
      continue;
    }
    lock.unlock();
    if (!IsAboutTheMessage(packet_id.status())) return packet_id.status();
    RefuseLocally(*message, packet_id.status());
  }
}

void Network::RefuseLocally(const Message& message, const Status& why) {
  {
    const std::lock_guard lock(mutex_);
    outgoing_.RefusedLocally();
    last_error_ = why.message();
    changed_.notify_all();
  }
  const bool too_large = why.code() == Code::kResourceExhausted;
  TellAnswer(message, {too_large ? Answer::Kind::kTooLarge : Answer::Kind::kRefusedOtherwise, std::nullopt});
}

void Network::TellAnswer(const Message& message, const Answer& answer) const {
  if (message.ticket && handlers_.on_answer) handlers_.on_answer(*message.ticket, answer);
}

void Network::SayGoodbye(Session& session) {
  bool publish_last_will = false;
  {
    const std::lock_guard lock(mutex_);
    publish_last_will = with_last_will_ || outgoing_.pending() > 0;
  }
  session.Disconnect(publish_last_will, kGoodbye);
}

Session::Events Network::EventsFor(Subscriptions& subscriptions) {
  return {.on_message =
              [this](std::string_view topic, std::string_view payload) {
                if (handlers_.on_message) handlers_.on_message(topic, payload);
              },
          .on_idle =
              [this] {
                if (handlers_.on_idle) handlers_.on_idle();
              },
          .on_answer = [this](int packet_id, int reason_code) { OnAnswer(packet_id, reason_code); },
          .on_subscription =
              [this, &subscriptions](const std::vector<int>& reason_codes) {
                const auto refused = subscriptions.Answered(reason_codes, steady_clock::now());
                if (refused) ReportTrouble(SubscriptionRefused(options_, refused->filter, refused->reason_code));
                if (subscriptions.all_granted()) GoOnline();
              },
          .on_unsubscription = [this] { OnUnsubscription(); }};
}

void Network::OnAnswer(int packet_id, int reason_code) {
  std::shared_ptr<const Message> message;
  {
    const std::lock_guard lock(mutex_);
    message = outgoing_.Answered(packet_id, reason_code);
    if (message == nullptr) return;
    if (reason_code >= kLowestFailureCode) {
      last_error_ = PublishRefused(options_, message->topic, reason_code).message();
    }
    if (outgoing_.pending() == 0) changed_.notify_all();
  }
  TellAnswer(*message, AnswerOfBroker(reason_code));
}

void Network::OnUnsubscription() {
  const std::lock_guard lock(mutex_);
  unsubscribed_ = true;
  changed_.notify_all();
}

void Network::NoteConnected(const Session& session, const Subscriptions& subscriptions) {
  back_off_.Reset();
  {
    const std::lock_guard lock(mutex_);
    ++connects_;
    most_packet_bytes_ = session.most_packet_bytes();
  }
  if (subscriptions.all_granted()) GoOnline();
}

void Network::GoOnline() {
  {
    const std::lock_guard lock(mutex_);
    online_ = true;
  }
  told_reason_.clear();
  if (handlers_.on_online) handlers_.on_online();
}

void Network::ReportTrouble(const Status& trouble) {
  {
    const std::lock_guard lock(mutex_);
    last_error_ = trouble.message();
  }
  if (trouble.message() == told_reason_) return;
  told_reason_ = trouble.message();
  if (handlers_.on_offline) handlers_.on_offline(told_reason_);
}

bool Network::MustUnsubscribe() const {
  const std::lock_guard lock(mutex_);
  return wants_nothing_;
}

bool Network::MayGoOn() const {
  const std::lock_guard lock(mutex_);
  return MayGoOnLocked();
}

bool Network::MayGoOnLocked() const {
  return !stopping_ || (outgoing_.pending() > 0 && steady_clock::now() < stop_by_);
}

milliseconds Network::LongestWait(Time next_due) const {
  Time end = std::min(steady_clock::now() + kHeartbeat, next_due);
  const std::lock_guard lock(mutex_);
  if (stopping_) end = std::min(end, stop_by_);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(end - steady_clock::now()));
}

void Network::Rest(milliseconds wait) {
  std::unique_lock lock(mutex_);
  const Time end = steady_clock::now() + wait;
  const bool was_stopping = stopping_;
  while (steady_clock::now() < end && MayGoOnLocked()) {
    // A stop gives what is pending one more chance at once.
    if (stopping_ && !was_stopping) return;
    changed_.wait_until(lock, stopping_ ? std::min(end, stop_by_) : end);
  }
}

bool Network::Publish(Message message) {
  const Status check = CheckMessage(message);
  {
    const std::lock_guard lock(mutex_);
    if (!MayTake(message, check) || !outgoing_.Push(std::move(message))) return false;
  }
  bell_.Ring();
  return true;
}

bool Network::MayTake(const Message& message, const Status& check) {
  if (message.ticket && !online_) return false;
  if (stopping_) {
    if (!message.ticket) outgoing_.CountDropped();
    return false;
  }
  if (check.ok()) return true;
  last_error_ = check.message();
  outgoing_.CountRefused();
  return false;
}

bool Network::WaitUntilAcknowledged(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [this] { return outgoing_.pending() == 0; });
}

bool Network::Unsubscribe(milliseconds at_most) {
  if (options_.subscriptions.empty()) return true;
  std::unique_lock lock(mutex_);
  wants_nothing_ = true;
  bell_.Ring();
  const auto attempt = connects_;
  changed_.wait_for(lock, at_most, [&] { return unsubscribed_ || !online_ || connects_ != attempt; });
  return unsubscribed_;
}

Stats Network::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats;
  outgoing_.Fill(stats);
  stats.connects = connects_;
  stats.online = online_;
  stats.most_packet_bytes = most_packet_bytes_;
  stats.last_error = last_error_;
  if (dialling_since_ && steady_clock::now() - *dialling_since_ > kSlowDial) {
    const auto waited = std::chrono::floor<milliseconds>(steady_clock::now() - *dialling_since_);
    stats.last_error = NoAnswer(options_, "the attempt to reach it", waited).message();
  }
  return stats;
}

void Network::RequestStop(std::vector<Message> last_messages, Time stop_by, bool with_last_will) {
  for (Message& message : last_messages) Publish(std::move(message));
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_by_ = stop_by;
    with_last_will_ = with_last_will;
    changed_.notify_all();
  }
  bell_.Ring();
}

Network::End Network::AwaitEnd() {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop_by_ + kGrace, [this] { return finished_; });
  while (!finished_) {
    if (dialling_since_) {
      left_alone_ = true;
      handlers_ = {};
      return End::kStillDialling;
    }
    changed_.wait_for(lock, kPatience);
  }
  return End::kFinished;
}

}  // namespace inferometer::mqtt
