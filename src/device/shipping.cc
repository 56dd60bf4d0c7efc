#include "device/shipping.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace inferometer::device {
namespace {

using mqtt::Outbox;
using mqtt::RecordPlace;
using store::EntryType;
using store::LossReason;
using store::SegmentInfo;
using store::StreamId;

// The status finds a hub that came later, and tells the lag.
constexpr std::chrono::seconds kStatusEvery{60};
// What is lost may change with every record, while the disk is full; it is told so often at most.
constexpr std::chrono::seconds kLossesEvery{1};
// After a record could not be read for want of something that passes.
constexpr std::chrono::seconds kReadAgain{1};
// What is said of streams and losses in one status.
constexpr std::size_t kMostTold = 256;

Outbox::Time TimeOf(std::chrono::nanoseconds steady) {
  return Outbox::Time(std::chrono::duration_cast<Outbox::Time::duration>(steady));
}

std::optional<std::uint64_t> StoreIdOf(const store::LedgerState& ledger) {
  return ledger.store_id == 0 ? std::nullopt : std::optional(ledger.store_id);
}

}  // namespace

Shipping::Shipping(RecordKeeping& keeping, os::FileCalls& calls, Outbox::Options options,
                   std::function<double()> random, std::function<void(const std::string&)> on_problem)
    : keeping_(keeping),
      on_problem_(std::move(on_problem)),
      outbox_(options, std::move(random), StoreIdOf(keeping.ledger())),
      reader_(calls, keeping.journal().folder()) {
  HoldWhatIsThere();
}

// Streams in the journal's order. Segments that are missing between those that are there are lost records.
void Shipping::HoldWhatIsThere() {
  std::vector<StreamId> order;
  std::map<StreamId, mqtt::HeldStream> held;
  std::map<StreamId, std::vector<std::pair<std::uint64_t, std::uint64_t>>> holes;
  for (const SegmentInfo& segment : keeping_.journal().segments()) {
    if (!segment.has_records()) continue;
    const auto [at, is_new] = held.try_emplace(segment.stream);
    mqtt::HeldStream& stream = at->second;
    if (is_new) {
      order.push_back(segment.stream);
      stream = {segment.stream, segment.first_sequence, 0, 0, 0};
    }
    stream.acked = std::max(stream.acked, keeping_.AcknowledgedUpTo(segment));
    stream.last = std::max(stream.last, stream.acked);
    if (segment.first_sequence > stream.last + 1) {
      holes[segment.stream].emplace_back(stream.last + 1, segment.first_sequence - 1);
    }
    stream.last = std::max(stream.last, segment.last_sequence);
    stream.sent = stream.last;  // an earlier run may have sent it
  }
  for (const StreamId stream : order) {
    mqtt::HeldStream& one = held[stream];
    one.first = std::min(one.first, one.acked + 1);
    outbox_.Hold(one);
    for (const auto& [from, to] : holes[stream]) Lose(stream, from, to, LossReason::kDamaged);
  }
  const StreamId own = keeping_.journal().stream();
  if (!held.contains(own)) outbox_.Hold({own, 1, 0, 0, 0});
}

void Shipping::Lose(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason) {
  keeping_.NoteLost(stream, from, to, reason);
  outbox_.Lose(stream, from, to);
}

void Shipping::Attach(Publisher& publisher, Nanoseconds now) {
  publisher_ = &publisher;
  if (publisher.stats().online) OnOnline(now);
}

// Attach may have been told by the publisher what its event tells once more.
void Shipping::OnOnline(Nanoseconds now) {
  if (std::exchange(is_online_, true)) return;
  outbox_.OnOnline();
  if (publisher_ != nullptr) PublishStatus(now);
}

void Shipping::OnOffline() {
  is_online_ = false;
  outbox_.OnOffline();
}

void Shipping::OnAnswer(std::uint64_t ticket, const mqtt::Answer& answer, Nanoseconds now) {
  const auto verdict = outbox_.OnAnswer(ticket, answer, TimeOf(now));
  if (verdict.kind == Outbox::Verdict::Kind::kReportLost) {
    keeping_.NoteLost(verdict.record.stream, verdict.record.sequence, verdict.record.sequence, LossReason::kRejected);
    on_problem_("a record is larger than the broker takes (max_packet_size); it stays in the files");
  }
  if (verdict.kind == Outbox::Verdict::Kind::kTellTrouble) {
    on_problem_(
        fmt::format("the broker refuses records ({}); they stay in the journal: check what this device may publish",
                    publisher_ != nullptr ? publisher_->stats().last_error : ""));
  }
}

void Shipping::OnAcknowledgement(const mqtt::Acknowledgement& acknowledgement, Nanoseconds now) {
  const auto outcome = outbox_.OnAck(acknowledgement, TimeOf(now));
  if (!outcome.heard) return;
  is_heard_ = true;
  // Also where a ledger that could not be read at first has named another one since.
  if (keeping_.ledger().store_id != acknowledgement.store_id) {
    keeping_.StartOver(acknowledgement.store_id);
    RequestStatus();  // what is held, for a hub that knows nothing
  }
  for (const RecordPlace& one : outcome.acked) keeping_.NoteAcknowledged(one.stream, one.sequence);
  for (const auto& one : outcome.rejected) {
    keeping_.NoteLost(one.stream, one.sequence, one.sequence, LossReason::kRejected);
    on_problem_(fmt::format("the hub refused record {} ({}); it stays in the files", one.sequence,
                            mqtt::RejectCodeText(one.code)));
  }
  if (outcome.losses_upto) keeping_.LossesAreKnown(*outcome.losses_upto);
}

// What the journal's writer did since: records became durable, segments went, records were given up.
void Shipping::FollowJournal() {
  const StreamId own = keeping_.journal().stream();
  for (const auto& [stream, from, to] : keeping_.TakeNewLosses()) outbox_.Lose(stream, from, to);
  if (keeping_.durable_upto() > 0) outbox_.Extend(own, keeping_.durable_upto());
  const auto& segments = keeping_.journal().segments();
  holds_nothing_ = std::none_of(segments.begin(), segments.end(), [](const auto& one) { return one.has_records(); });
  const std::uint64_t first = segments.empty() ? 0 : segments.front().segment;
  if (first == std::exchange(first_segment_, first)) return;
  RequestStatus();  // a hub must not wait for what is gone
  for (const mqtt::HeldStream& held : outbox_.streams()) {
    const auto at = std::find_if(segments.begin(), segments.end(), [&](const SegmentInfo& one) {
      return one.stream == held.stream && one.has_records();
    });
    const std::uint64_t upto = at != segments.end() ? at->first_sequence - 1 : held.stream == own ? 0 : held.last;
    if (upto >= held.first) outbox_.LetGo(held.stream, upto);
  }
}

void Shipping::Work(Nanoseconds now) {
  FollowJournal();
  ask_again_.reset();
  if (publisher_ == nullptr || !is_online_) return;
  if (is_status_due_ || now >= NextStatus()) PublishStatus(now);
  for (;;) {
    const auto step = outbox_.NextStep(TimeOf(now));
    if (!step.send_behind) {
      if (step.ask_again) ask_again_ = step.ask_again->time_since_epoch();
      return;
    }
    if (SendBehind(*step.send_behind, now)) continue;
    ask_again_ = now + kReadAgain;
    return;
  }
}

Shipping::Nanoseconds Shipping::NextStatus() const {
  const bool has_news = keeping_.loss_changes() != told_loss_changes_;
  return status_sent_ + (has_news ? Nanoseconds(kLossesEvery) : Nanoseconds(kStatusEvery));
}

Shipping::Nanoseconds Shipping::NextWork(Nanoseconds now) const {
  const Nanoseconds status = NextStatus();
  const Nanoseconds soonest = std::max(now, ask_again_ ? std::min(*ask_again_, status) : status);
  return publisher_ != nullptr && is_online_ ? soonest : now + kStatusEvery;
}

void Shipping::SeekBehind(const RecordPlace& place) {
  if (reader_is_behind_ == place) return;
  reader_is_behind_ = place;
  for (const SegmentInfo& segment : keeping_.journal().segments()) {
    if (segment.stream != place.stream || segment.last_sequence <= place.sequence) continue;
    return reader_.Seek({segment.segment, store::kHeaderBytes});
  }
}

// Sends the first record there is of the stream behind the place. What is missing between the two cannot be read back.
bool Shipping::SendBehind(const RecordPlace& place, Nanoseconds now) {
  SeekBehind(place);
  std::uint64_t missing_to = 0;
  store::JournalReader::Found found;
  for (;;) {
    if (!reader_.Next(keeping_.journal().segments(), found)) {
      if (!reader_.trouble().ok()) {
        on_problem_("records wait in the journal until they can be read: " + reader_.trouble().message());
        return false;
      }
      found.stream = 0;
      break;
    }
    if (found.entry.type != EntryType::kRecord) continue;
    if (found.stream != place.stream || found.entry.sequence > place.sequence) break;
  }
  const bool is_there = found.stream == place.stream;
  if (is_there) missing_to = found.entry.sequence - 1;
  if (!is_there) {
    reader_is_behind_.reset();
    for (const mqtt::HeldStream& held : outbox_.streams()) {
      if (held.stream == place.stream) missing_to = held.last;
    }
  }
  if (missing_to > place.sequence) {
    Lose(place.stream, place.sequence + 1, missing_to, LossReason::kDamaged);
    PublishStatus(now);  // before what follows, so that the hub knows why it is missing
  }
  if (is_there) Send(found, now);
  return true;
}

void Shipping::Send(const store::JournalReader::Found& found, Nanoseconds now) {
  const RecordPlace place{found.stream, found.entry.sequence};
  reader_is_behind_ = place;
  publisher_->SendRecord(found.entry.payload, outbox_.Sent(place, TimeOf(now)));
}

void Shipping::PublishSummary(const store::Summary& summary) {
  if (publisher_ != nullptr) publisher_->PublishSummary(summary);
}

// The hub that is to get a stream must know where it begins; of the others it needs to hear only if it lost them.
std::vector<mqtt::HeldStream> Shipping::StreamsToTell() const {
  std::vector<mqtt::HeldStream> streams = outbox_.streams();
  std::erase_if(streams, [](const mqtt::HeldStream& one) { return one.last < one.first; });
  std::stable_partition(streams.begin(), streams.end(),
                        [](const mqtt::HeldStream& one) { return one.acked < one.last; });
  if (streams.size() > kMostTold) streams.resize(kMostTold);
  return streams;
}

ShippingStatus Shipping::Status() const {
  ShippingStatus status;
  status.lag_records = outbox_.lag();
  status.lost_records = keeping_.lost_records();
  for (const mqtt::HeldStream& one : StreamsToTell()) status.streams.push_back({one.stream, one.first, one.last});
  status.lost = keeping_.ledger().LossesToTell();
  status.lost_hours = keeping_.ledger().lost_hours();
  return status;
}

void Shipping::PublishStatus(Nanoseconds now) {
  status_sent_ = now;
  is_status_due_ = false;
  told_loss_changes_ = keeping_.loss_changes();
  publisher_->PublishStatus(Status());
}

}  // namespace inferometer::device
