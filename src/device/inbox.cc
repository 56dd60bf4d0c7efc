#include "device/inbox.h"

#include <utility>

namespace inferometer::device {

void Inbox::Put(telemetry::SensorMessage message) {
  {
    const std::lock_guard lock(mutex_);
    if (messages_.size() >= most_messages_) {
      messages_.pop_front();
      ++dropped_;
    }
    messages_.push_back(std::move(message));
  }
  arrived_.notify_one();
}

std::optional<telemetry::SensorMessage> Inbox::Take(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait(lock, std::move(stop), [this] { return !messages_.empty(); })) return std::nullopt;
  std::optional<telemetry::SensorMessage> message(std::move(messages_.front()));
  messages_.pop_front();
  return message;
}

std::uint64_t Inbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace inferometer::device
