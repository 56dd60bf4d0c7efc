#pragma once
// Brings a device's records to the hub: what the outbox wants sent is read from the journal and published, and what the
// hub answers goes into the ledger.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/publisher.h"
#include "device/record_keeping.h"
#include "mqtt/outbox.h"
#include "store/journal_reader.h"

namespace inferometer::device {

// One thread, that of `keeping`, which must outlive it. Nothing here waits for the network.
class Shipping {
 public:
  using Nanoseconds = std::chrono::nanoseconds;  // of the steady clock

  // `random` is uniform in [0, 1). `on_problem` hears whole sentences.
  Shipping(RecordKeeping& keeping, os::FileCalls& calls, mqtt::Outbox::Options options, std::function<double()> random,
           std::function<void(const std::string&)> on_problem);

  // Whom to publish by; must outlive the last call of Work.
  void Attach(Publisher& publisher, Nanoseconds now);
  void OnOnline(Nanoseconds now);
  void OnOffline();
  void OnAcknowledgement(const mqtt::Acknowledgement& acknowledgement, Nanoseconds now);
  void OnAnswer(std::uint64_t ticket, const mqtt::Answer& answer, Nanoseconds now);

  // Publishes what may be published now.
  void Work(Nanoseconds now);
  // When to call Work again, if nothing else happens before.
  [[nodiscard]] Nanoseconds NextWork(Nanoseconds now) const;

  void PublishSummary(const store::Summary& summary);
  // The status is published anew with the next Work.
  void RequestStatus() { is_status_due_ = true; }
  // Durable records that the hub does not have.
  [[nodiscard]] std::uint64_t lag() const { return outbox_.lag(); }
  // Whether the hub that has the rest was heard in this run, or nothing is held: a hub that lost its data must be able
  // to say so.
  [[nodiscard]] bool is_confirmed() const { return is_heard_ || holds_nothing_; }
  [[nodiscard]] const mqtt::Outbox::Counters& counters() const { return outbox_.counters(); }

 private:
  void HoldWhatIsThere();
  void FollowJournal();
  void Lose(store::StreamId stream, std::uint64_t from, std::uint64_t to, store::LossReason reason);
  // False: the record cannot be read just now.
  [[nodiscard]] bool SendBehind(const mqtt::RecordPlace& place, Nanoseconds now);
  void SeekBehind(const mqtt::RecordPlace& place);
  void Send(const store::JournalReader::Found& found, Nanoseconds now);
  void PublishStatus(Nanoseconds now);
  // When it is due, unless something else asks for it before.
  [[nodiscard]] Nanoseconds NextStatus() const;
  [[nodiscard]] std::vector<mqtt::HeldStream> StreamsToTell() const;
  [[nodiscard]] ShippingStatus Status() const;

  RecordKeeping& keeping_;
  const std::function<void(const std::string&)> on_problem_;
  mqtt::Outbox outbox_;
  store::JournalReader reader_;
  std::optional<mqtt::RecordPlace> reader_is_behind_;  // the record that was read last
  Publisher* publisher_ = nullptr;
  bool is_online_ = false;
  bool is_heard_ = false;
  bool holds_nothing_ = true;
  std::uint64_t first_segment_ = 0;  // of the journal, when it was looked at last
  std::uint64_t told_loss_changes_ = 0;
  Nanoseconds status_sent_{0};
  bool is_status_due_ = false;
  std::optional<Nanoseconds> ask_again_;
};

}  // namespace inferometer::device
