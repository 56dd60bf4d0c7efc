#pragma once
// What a device tells the world over MQTT, on which topic and in which form, and what it hears (docs/topics.md).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "device/clock_facts.h"
#include "device/inbox.h"
#include "inferometer/record.h"
#include "mqtt/acknowledgement.h"
#include "mqtt/answer.h"
#include "mqtt/connection.h"
#include "store/context.h"
#include "store/ledger.h"
#include "store/summary.h"

namespace inferometer::device {

// What was lost on the way before it became a record, ever since the start.
struct Losses {
  std::uint64_t telemetry_malformed = 0;
  std::uint64_t telemetry_dropped = 0;  // by the bound of the inbox
};

// What the journal holds of a stream that a hub may still be sent.
struct HeldStream {
  store::StreamId stream = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  friend bool operator==(const HeldStream&, const HeldStream&) = default;
};

// How far the hub has the records.
struct ShippingStatus {
  std::uint64_t lag_records = 0;             // in the journal and not acknowledged
  std::uint64_t lost_records = 0;            // ever reported lost
  std::vector<HeldStream> streams;           // oldest first
  std::vector<store::Loss> lost;             // reports that no hub has acknowledged, oldest first
  std::vector<store::LostHours> lost_hours;  // what the totals lack by every loss so far
};

// Hears the device's telemetry and its acknowledgements, and publishes. Never waits for the network except in Stop. All
// calls but Stop are safe from any thread.
class Publisher {
 public:
  struct Options {
    mqtt::Options broker;  // will and subscriptions are filled in here
    std::string device_id;
    bool listen = true;  // subscribe to the telemetry
    // Of the moment; empty: the status says nothing of clocks.
    std::function<ClockFacts()> clock_facts{};
  };
  // Called on the network's thread.
  struct Events {
    std::function<void(const std::string&)> on_problem;  // sentences about the broker and about malformed messages
    std::function<void()> on_online;
    std::function<void()> on_offline;
    std::function<void(mqtt::Acknowledgement)> on_acknowledgement;
    std::function<void(std::uint64_t ticket, const mqtt::Answer& answer)> on_answer;
  };
  // `inbox` and `clock` must outlive the publisher.
  [[nodiscard]] static Result<std::unique_ptr<Publisher>> Start(Options options, Inbox& inbox, const base::Clock& clock,
                                                                Events events);
  ~Publisher();

  // The context stands in the retained status from now on.
  void SetContext(const store::Context& context);
  void SetLosses(const Losses& losses);

  // One record as it stands in the journal. Its answer comes with the ticket; without a connection it is forgotten.
  void SendRecord(std::string line, std::uint64_t ticket);
  void PublishAnalysis(const InferenceRecord& record, const std::string& text);
  void PublishSummary(const store::Summary& summary);
  // Publishes the retained status anew.
  void PublishStatus(const ShippingStatus& shipping);

  [[nodiscard]] std::uint64_t malformed() const;
  [[nodiscard]] mqtt::Stats stats() const;
  // Says good-bye: the offline status, acknowledged within `at_most` or left to the last will. No event comes
  // afterwards.
  bool Stop(std::chrono::milliseconds at_most);

 private:
  class State;
  explicit Publisher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::device
