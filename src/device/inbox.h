#pragma once
// Where messages of the network wait for the device.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

#include "telemetry/sensor_message.h"

namespace inferometer::device {

// A bounded queue between the network's thread and the device's. When it is full the oldest message gives way, since
// the newest says most about the present, and the loss is counted. All calls are safe from any thread.
class Inbox {
 public:
  // REQUIRES: most_messages > 0
  explicit Inbox(std::size_t most_messages) : most_messages_(most_messages) {}

  void Put(telemetry::SensorMessage message);
  // Waits for a message; nothing when `stop` is requested.
  [[nodiscard]] std::optional<telemetry::SensorMessage> Take(std::stop_token stop);
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  const std::size_t most_messages_;
  mutable std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<telemetry::SensorMessage> messages_;  // protected by mutex_
  std::uint64_t dropped_ = 0;                      // protected by mutex_
};

}  // namespace inferometer::device
