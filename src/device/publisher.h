#pragma once
// What a device tells the world over MQTT, on which topic and in which form (docs/topics.md).

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "device/inbox.h"
#include "inferometer/record.h"
#include "mqtt/connection.h"
#include "store/metrics_directory.h"
#include "store/summary.h"

namespace inferometer::device {

// What was lost on the way, ever since the start.
struct Losses {
  std::uint64_t telemetry_malformed = 0;
  std::uint64_t telemetry_dropped = 0;  // by the bound of the inbox
  std::uint64_t records_unsaved_dropped = 0;
};

// Hears the device's telemetry and publishes its records. Never waits for the network except in Drain and Stop. Called
// by the device's thread only; the network's thread works inside.
class Publisher {
 public:
  struct Options {
    mqtt::Options broker;  // will and subscription are filled in here
    std::string device_id;
    bool listen = true;  // subscribe to the telemetry
  };
  // `on_problem` hears, on the network's thread, sentences about the broker and about malformed messages. `inbox` and
  // `clock` must outlive the publisher.
  [[nodiscard]] static Result<std::unique_ptr<Publisher>> Start(Options options, Inbox& inbox, const base::Clock& clock,
                                                                std::function<void(const std::string&)> on_problem);
  ~Publisher();

  // The context stands in the retained status from now on.
  void SetContext(const store::Context& context);
  void PublishRecord(const InferenceRecord& record);
  void PublishAnalysis(const InferenceRecord& record, const std::string& text);
  void PublishSummary(const store::Summary& summary);
  // Publishes the retained status anew, with these losses.
  void PublishStatus(const Losses& losses);

  [[nodiscard]] std::uint64_t malformed() const;
  [[nodiscard]] mqtt::Stats stats() const;
  // Waits until the broker has acknowledged everything; false when the time was over or `stop` was requested before.
  bool Drain(std::chrono::milliseconds at_most, const std::stop_token& stop);
  // Says good-bye: the offline status, acknowledged within `at_most` or left to the last will.
  bool Stop(std::chrono::milliseconds at_most);

 private:
  class State;
  explicit Publisher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::device
