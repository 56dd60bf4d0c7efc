#include "mqtt/outgoing.h"

#include <mqtt_protocol.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace inferometer::mqtt {
namespace {

constexpr int kNoPacketId = 0;           // MQTT never uses it
constexpr std::size_t kOverhead = 128;   // of the structures that hold a message
constexpr int kLowestFailureCode = 128;  // of the MQTT 5 reason codes

}  // namespace

std::size_t Outgoing::SizeOf(const Message& message) {
  return message.topic.size() + message.payload.size() + kOverhead;
}

void Outgoing::Count(const Message& message, std::uint64_t& counter) {
  if (!message.ticket) ++counter;
}

bool Outgoing::Push(Message message) {
  const std::size_t size = SizeOf(message);
  if (on_their_way_.size() >= most_messages_ || bytes_on_their_way_ + size > most_bytes_) {
    Count(message, dropped_);  // dropping others would not make room
    return false;
  }
  while (pending() >= most_messages_ || bytes_ + size > most_bytes_) DropOldest();
  waiting_.push_back(std::make_shared<const Message>(std::move(message)));
  bytes_ += size;
  return true;
}

void Outgoing::DropOldest() {
  bytes_ -= SizeOf(*waiting_.front());
  Count(*waiting_.front(), dropped_);
  waiting_.pop_front();
}

std::shared_ptr<const Message> Outgoing::HandOver(std::size_t window) {
  if (waiting_.empty() || on_their_way_.size() >= window) return nullptr;
  on_their_way_.push_back({std::move(waiting_.front()), kNoPacketId});
  waiting_.pop_front();
  bytes_on_their_way_ += SizeOf(*on_their_way_.back().message);
  return on_their_way_.back().message;
}

void Outgoing::HandedOver(int packet_id) {
  assert(!on_their_way_.empty());
  on_their_way_.back().packet_id = packet_id;
}

void Outgoing::RefusedLocally() {
  assert(!on_their_way_.empty());
  Count(*on_their_way_.back().message, refused_);
  Forget(std::prev(on_their_way_.end()));
}

std::shared_ptr<const Message> Outgoing::Answered(int packet_id, int reason_code) {
  const auto found = std::find_if(on_their_way_.begin(), on_their_way_.end(),
                                  [&](const OnItsWay& entry) { return entry.packet_id == packet_id; });
  if (found == on_their_way_.end()) return nullptr;
  std::shared_ptr<const Message> message = found->message;
  Forget(found);
  if (reason_code >= kLowestFailureCode) {
    Count(*message, refused_);
    last_refusal_code_ = reason_code;
    return message;
  }
  ++acknowledged_;
  if (reason_code == MQTT_RC_NO_MATCHING_SUBSCRIBERS) ++without_subscriber_;
  return message;
}

void Outgoing::Forget(const std::deque<OnItsWay>::iterator& entry) {
  const std::size_t size = SizeOf(*entry->message);
  bytes_ -= size;
  bytes_on_their_way_ -= size;
  on_their_way_.erase(entry);
}

void Outgoing::ConnectionBroke() {
  bytes_on_their_way_ = 0;
  for (; !on_their_way_.empty(); on_their_way_.pop_back()) {
    waiting_.push_front(std::move(on_their_way_.back().message));
  }
  std::erase_if(waiting_, [this](const std::shared_ptr<const Message>& message) {
    if (message->ticket) bytes_ -= SizeOf(*message);
    return message->ticket.has_value();
  });
}

void Outgoing::Fill(Stats& stats) const {
  stats.acknowledged = acknowledged_;
  stats.without_subscriber = without_subscriber_;
  stats.dropped = dropped_;
  stats.refused = refused_;
  stats.last_refusal_code = last_refusal_code_;
  stats.pending = pending();
}

}  // namespace inferometer::mqtt
