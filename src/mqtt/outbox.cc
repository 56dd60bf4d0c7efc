#include "mqtt/outbox.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace inferometer::mqtt {

Outbox::Outbox(Options options, std::function<double()> random, std::optional<std::uint64_t> store_id)
    : options_(options),
      back_off_(options.back_off_first, options.back_off_most, std::move(random)),
      store_id_(store_id),
      store_change_wait_(options.store_change_first) {
  assert(options_.window >= 1);
}

// --- What the journal holds

void Outbox::Hold(const HeldStream& held) {
  assert(held.first >= 1 && !numbers_.contains(held.stream));
  const std::uint64_t acked = std::max(held.acked, held.first - 1);
  const std::uint64_t sent = std::max(held.sent, acked);
  const std::uint64_t possible = std::max(sent, held.last);
  streams_.emplace(next_number_,
                   Stream{held.stream, held.first, held.last, sent, possible, sent, acked, HandledSequences(acked)});
  numbers_.emplace(held.stream, next_number_++);
}

void Outbox::Extend(std::uint64_t stream, std::uint64_t last) {
  Stream* const held = Find(stream);
  assert(held != nullptr);
  if (held != nullptr) held->last = std::max(held->last, last);
}

void Outbox::Lose(std::uint64_t stream, std::uint64_t from, std::uint64_t to) {
  if (Stream* const held = Find(stream)) Handle(*held, from, to);
}

void Outbox::LetGo(std::uint64_t stream, std::uint64_t upto) {
  Stream* const held = Find(stream);
  if (held == nullptr || upto < held->first) return;
  held->first = upto + 1;
  Handle(*held, 1, upto);
  const Number number = numbers_.at(stream);
  if (held->first <= held->last || number + 1 == next_number_) return;
  streams_.erase(number);
  numbers_.erase(stream);
}

Outbox::Stream* Outbox::Find(std::uint64_t id) {
  const auto number = numbers_.find(id);
  return number == numbers_.end() ? nullptr : &streams_.at(number->second);
}

void Outbox::Handle(Stream& stream, std::uint64_t from, std::uint64_t to) {
  stream.handled.Add(from, to);
  DropHandledFromFlight();
}

void Outbox::DropHandledFromFlight() {
  const auto is_handled = [this](const InFlight& entry) {
    return streams_.at(entry.number).handled.Contains(entry.sequence);
  };
  while (!in_flight_.empty() && is_handled(in_flight_.front())) in_flight_.pop_front();
  if (in_flight_.empty()) return;
  const Number oldest = in_flight_.front().number;
  const bool rest_is_open = oldest == in_flight_.back().number && streams_.at(oldest).handled.above() == 0;
  if (!rest_is_open) std::erase_if(in_flight_, is_handled);
}

// --- Sending

void Outbox::OnOnline() {
  Rewind();  // what an earlier connection had is forgotten
  online_ = true;
}

void Outbox::OnOffline() {
  Rewind();
  online_ = false;
}

std::uint64_t Outbox::Floor(const Stream& stream) const {
  return store_id_ ? stream.handled.upto() : std::max(stream.handled.upto(), stream.taken);
}

Outbox::Step Outbox::NextStep(Time now) {
  if (!online_) return {};
  if (const auto deadline = Deadline(); deadline && now >= *deadline) {
    ++counters_.ack_timeouts;
    Pause(now);
  }
  if (paused_until_ && now < *paused_until_) return {std::nullopt, paused_until_};
  paused_until_.reset();
  if (in_flight_.size() >= (trying_ ? 1 : options_.window)) return {std::nullopt, Deadline()};
  const auto place = FindNext();
  if (!place) return {std::nullopt, Deadline()};
  if (last_sent_ && now < *last_sent_ + pace_) {
    return {std::nullopt, std::min(*last_sent_ + pace_, Deadline().value_or(Time::max()))};
  }
  return {place, std::nullopt};
}

std::optional<Outbox::Time> Outbox::Deadline() const {
  if (in_flight_.empty()) return std::nullopt;
  return in_flight_.front().sent_at + options_.ack_timeout;
}

std::optional<RecordPlace> Outbox::FindNext() {
  for (auto entry = streams_.lower_bound(cursor_.number); entry != streams_.end(); ++entry) {
    const auto& [number, stream] = *entry;
    const std::uint64_t from = number == cursor_.number ? std::max(cursor_.behind, Floor(stream)) : Floor(stream);
    cursor_ = {number, stream.handled.EndOfRun(from)};
    if (cursor_.behind < stream.last) return RecordPlace{stream.id, cursor_.behind};
  }
  return std::nullopt;
}

std::uint64_t Outbox::Sent(const RecordPlace& record, Time now) {
  Stream* const stream = Find(record.stream);
  assert(stream != nullptr && record.sequence > cursor_.behind && record.sequence <= stream->last);
  ++counters_.sent;
  if (record.sequence <= stream->sent) ++counters_.resent;
  stream->sent = std::max(stream->sent, record.sequence);
  stream->possible = std::max(stream->possible, record.sequence);
  cursor_ = {numbers_.at(record.stream), record.sequence};
  in_flight_.push_back({cursor_.number, record.sequence, next_ticket_, now});
  last_sent_ = now;
  return next_ticket_++;
}

void Outbox::Rewind() {
  if (!in_flight_.empty()) ++counters_.rewinds;
  in_flight_.clear();
  cursor_ = {};
}

void Outbox::Pause(Time now) {
  Rewind();
  trying_ = true;
  paused_until_ = now + back_off_.Next();
}

void Outbox::EndPause() {
  trying_ = false;
  paused_until_.reset();
}

// --- Answers of the broker

Outbox::Verdict Outbox::OnAnswer(std::uint64_t ticket, const Answer& answer, Time now) {
  const auto entry = std::lower_bound(in_flight_.begin(), in_flight_.end(), ticket,
                                      [](const InFlight& one, std::uint64_t wanted) { return one.ticket < wanted; });
  if (entry == in_flight_.end() || entry->ticket != ticket) {
    ++counters_.unknown_answers;
    return {};
  }
  Stream& stream = streams_.at(entry->number);
  const RecordPlace record{stream.id, entry->sequence};
  switch (answer.kind) {
    case Answer::Kind::kTaken: TakenByBroker(*entry); return {};
    case Answer::Kind::kNobodyListens:
      ++counters_.nobody_listened;
      Pause(now);
      return {};
    case Answer::Kind::kTooLarge:
      ++counters_.too_large;
      Handle(stream, record.sequence, record.sequence);
      return {Verdict::Kind::kReportLost, record};
    case Answer::Kind::kNotAllowed:
    case Answer::Kind::kRefusedOtherwise: break;
  }
  ++counters_.refused;
  Pause(now);
  return {Verdict::Kind::kTellTrouble, record};
}

void Outbox::TakenByBroker(InFlight& entry) {
  if (store_id_) return;  // only the hub counts
  entry.taken = true;
  EndPause();
  back_off_.Reset();
  for (; !in_flight_.empty() && in_flight_.front().taken; in_flight_.pop_front()) {
    streams_.at(in_flight_.front().number).taken = in_flight_.front().sequence;
  }
}

// --- Acknowledgements of the hub

Outbox::AckOutcome Outbox::OnAck(const Acknowledgement& ack, Time now) {
  ++counters_.acknowledgements;
  AckOutcome outcome;
  if (!NamesOurStream(ack)) {
    counters_.unknown_stream += ack.acks.size();
    return outcome;
  }
  const bool first_contact = !store_id_;
  if (store_id_ != ack.store_id && !BelieveStore(ack.store_id, now, outcome)) {
    ++counters_.other_store;
    return outcome;
  }
  outcome.heard = true;
  outcome.losses_upto = ack.losses_upto;
  pace_ = std::min(ack.pace.value_or(milliseconds(0)), options_.longest_pace);
  EndPause();
  TakeRejected(ack, outcome);
  TakeAcks(ack, outcome);
  DropHandledFromFlight();
  if (!outcome.acked.empty() || !outcome.rejected.empty()) back_off_.Reset();
  if (first_contact) SendUnacknowledgedAgain();
  return outcome;
}

// An answer to a status may be empty: the hub knows nothing of us yet.
bool Outbox::NamesOurStream(const Acknowledgement& ack) {
  return ack.acks.empty() || std::any_of(ack.acks.begin(), ack.acks.end(), [this](const Acknowledgement::Upto& item) {
           return numbers_.contains(item.stream);
         });
}

bool Outbox::BelieveStore(std::uint64_t store_id, Time now, AckOutcome& outcome) {
  if (!store_id_) {
    store_id_ = store_id;
    return true;
  }
  if (store_changed_ && now - *store_changed_ < store_change_wait_) {
    other_store_is_there_ = true;
    return false;
  }
  const bool was_quiet =
      !store_changed_ || (!other_store_is_there_ && now - *store_changed_ >= options_.store_change_most);
  store_change_wait_ =
      was_quiet ? options_.store_change_first : std::min(store_change_wait_ * 2, options_.store_change_most);
  other_store_is_there_ = false;
  store_changed_ = now;
  store_id_ = store_id;
  outcome.replay = true;
  StartReplay();
  return true;
}

// What is handled behind the last record is lost, for this hub as well: nothing would find that out once more. Over
// losses before, of which it is told, it may pass sooner than they are found again.
void Outbox::StartReplay() {
  ++counters_.replays;
  for (auto& [number, stream] : streams_) {
    stream.possible = std::max(stream.possible, stream.last);
    stream.told = stream.first - 1;
    stream.handled = stream.handled.OnlyBehind(std::max(stream.last, stream.told), stream.told);
  }
  Rewind();
}

void Outbox::TakeRejected(const Acknowledgement& ack, AckOutcome& outcome) {
  for (const Acknowledgement::Rejected& rejected : ack.rejected) {
    Stream* const stream = Find(rejected.stream);
    const bool is_possible = stream != nullptr && rejected.sequence <= stream->possible;
    if (!is_possible || stream->handled.Add(rejected.sequence, rejected.sequence) == 0) {
      ++counters_.unknown_rejected;
      continue;
    }
    ++counters_.rejected_by_hub;
    outcome.rejected.push_back(rejected);
  }
}

void Outbox::TakeAcks(const Acknowledgement& ack, AckOutcome& outcome) {
  for (const Acknowledgement::Upto& item : ack.acks) {
    Stream* const stream = Find(item.stream);
    if (stream == nullptr) {
      ++counters_.unknown_stream;
      continue;
    }
    TakeAck(item, *stream);
    TellWatermark(*stream, outcome);
  }
}

// The hub passes over reported losses, too. Of an ended stream those behind its last record may be known to nobody here
// any more, or a crash has taken records that the hub has.
void Outbox::TakeAck(const Acknowledgement::Upto& item, Stream& stream) {
  const std::uint64_t most = stream.handled.EndOfRun(stream.possible);
  const bool is_ended = numbers_.at(stream.id) + 1 < next_number_;
  const std::uint64_t upto = is_ended ? std::min(item.upto, most) : item.upto;
  if (upto > most) {
    ++counters_.ahead;
  } else if (upto <= stream.handled.upto()) {
    ++counters_.stale;
  } else {
    counters_.acknowledged += stream.handled.Add(stream.handled.upto() + 1, upto);
  }
}

// Rejections and losses have moved it as well, and the hub names the stream of each.
void Outbox::TellWatermark(Stream& stream, AckOutcome& outcome) {
  if (stream.handled.upto() <= stream.told) return;
  stream.told = stream.handled.upto();
  outcome.acked.push_back({stream.id, stream.told});
}

// What the broker took while no hub was known is no longer in flight, so that nothing would time out.
void Outbox::SendUnacknowledgedAgain() {
  const bool any = std::any_of(streams_.begin(), streams_.end(),
                               [](const auto& entry) { return entry.second.taken > entry.second.handled.upto(); });
  if (any) Rewind();
}

// --- What there is to know

std::vector<HeldStream> Outbox::streams() const {
  std::vector<HeldStream> held;
  held.reserve(streams_.size());
  for (const auto& [number, stream] : streams_) {
    held.push_back({stream.id, stream.first, stream.last, stream.handled.upto(), stream.sent});
  }
  return held;
}

std::uint64_t Outbox::lag() const {
  std::uint64_t lag = 0;
  for (const auto& [number, stream] : streams_) {
    lag += stream.handled.OpenUpTo(stream.last);
  }
  return lag;
}

bool Outbox::drained() const {
  return std::all_of(streams_.begin(), streams_.end(), [this](const auto& entry) {
    const Stream& stream = entry.second;
    return stream.handled.EndOfRun(Floor(stream)) >= stream.last;
  });
}

}  // namespace inferometer::mqtt
