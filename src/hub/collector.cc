#include "hub/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mqtt/topics.h"
#include "store/checksum.h"

namespace inferometer::hub {
namespace {

using mqtt::Acknowledgement;
using store::EntryType;

constexpr std::size_t kMostRejectedDue = mqtt::kMostRejected;
constexpr std::size_t kMostScatteredARound = 1024;  // of a device

}  // namespace

bool Part::Has(std::string_view device) const { return count <= 1 || store::Checksum(device) % count == index; }

Collector::Collector(CollectorOptions options, os::FileCalls& calls, const base::Clock& clock)
    : options_([&] {
        options.journal.folder = options.folder / "journal";
        options.journal.owner = "hub";
        options.journal.may_begin_anew = false;  // devices would wait for what it acknowledged
        return std::move(options);
      }()),
      calls_(calls),
      clock_(clock),
      table_(calls, options_.folder / "devices.json", options_.portable_names),
      anchors_(kMostDevices),
      quarantine_(calls, options_.folder / "quarantine", clock) {}

Result<std::unique_ptr<Collector>> Collector::Open(CollectorOptions options, os::FileCalls& calls,
                                                   const base::Clock& clock) {
  std::unique_ptr<Collector> collector(new Collector(std::move(options), calls, clock));
  RETURN_IF_ERROR(collector->Prepare());
  return collector;
}

void Collector::Take(std::string_view topic_text, std::string_view payload) {
  const auto topic = mqtt::ParseTopic(topic_text);
  if (!topic.ok() || !options_.part.Has(topic->device_id)) {
    ++totals_.not_ours;
    return;
  }
  if (topic->kind == mqtt::TopicKind::kMetrics) TakeRecord(topic->device_id, payload);
  if (topic->kind == mqtt::TopicKind::kStatus) TakeStatus(topic->device_id, payload);
}

Collector::DeviceState* Collector::StateOf(const std::string& device) {
  const auto found = devices_.find(device);
  if (found != devices_.end()) return &found->second;
  const auto folder = table_.FolderOf(device);
  if (!folder.ok()) {
    ++totals_.not_ours;
    return nullptr;
  }
  DeviceState& state = devices_[device];
  state.folder_name = *folder;
  state.report.device = device;
  state.report.folder = *folder;
  return &state;
}

void Collector::TakeRecord(const std::string& device, std::string_view payload) {
  if (is_failing()) {
    ++totals_.not_taken;  // no acknowledgement, so the device keeps it
    return;
  }
  DeviceState* state = StateOf(device);
  if (state == nullptr) return;
  state->report.last_received = clock_.Wall();
  const auto judged = validator_.Validate(device, payload);
  if (const auto* rejection = std::get_if<Rejection>(&judged)) {
    return Reject(device, payload, rejection->code, rejection->position, rejection->why.message());
  }
  const Incoming& incoming = std::get<Incoming>(judged);
  if (HasTooManyUnsaved(device, !incoming.position)) {
    ++(incoming.position ? totals_.not_taken : totals_.dropped);
    return;
  }
  if (!incoming.position) {
    Store(*state, incoming);
    ++state->report.plain;
    return;
  }
  due_[device].streams.insert(incoming.position->stream);
  switch (Judge(*state, *incoming.position, incoming.checksum)) {
    case Verdict::kNew:
      if (MayTakeInRound(*state, *incoming.position)) return Store(*state, incoming);
      [[fallthrough]];
    case Verdict::kTooScattered: ++totals_.not_taken; return;
    case Verdict::kDuplicate:
    case Verdict::kDuplicateUnverified:
      ++state->report.duplicates;
      ++totals_.duplicates;
      return;
    case Verdict::kConflict:
      ++state->report.conflicts;
      return Reject(device, payload, mqtt::RejectCode::kConflict, incoming.position, "another record has that key");
  }
}

// What a device chooses must not let it choose which keys collide: std::hash of bytes is not that simple.
std::size_t Collector::HashPendingKey::operator()(const PendingKey& key) const {
  const std::array<std::uint64_t, 3> words{reinterpret_cast<std::uintptr_t>(key.state), key.position.stream,
                                           key.position.sequence};
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(words.data()), sizeof words});
}

Verdict Collector::Judge(const DeviceState& state, const StreamPosition& position, std::uint32_t checksum) {
  const auto pending = pending_keys_.find({&state, position});
  if (pending != pending_keys_.end()) return pending->second == checksum ? Verdict::kDuplicate : Verdict::kConflict;
  return streams_.Judge(state.report.device, position.stream, position.sequence, checksum);
}

// What was taken since the last commit is not in the dedup state yet, which therefore cannot bound it.
bool Collector::MayTakeInRound(DeviceState& state, const StreamPosition& position) const {
  if (std::exchange(state.last_round, round_) != round_) state.scattered = 0;
  const bool follows = state.last_new.stream == position.stream && state.last_new.sequence + 1 == position.sequence;
  if (!follows && state.scattered >= kMostScatteredARound) return false;
  if (!follows) ++state.scattered;
  state.last_new = position;
  return true;
}

void Collector::Store(DeviceState& state, const Incoming& incoming) {
  const std::uint64_t number = next_number_++;
  const StreamPosition position = incoming.position.value_or(StreamPosition{.stream = 0, .sequence = 0});
  if (incoming.position) pending_keys_.emplace(PendingKey{&state, position}, incoming.checksum);
  pending_.push_back({number, &state, position, incoming.checksum});
  const ReceivedEntry entry{.received = clock_.Wall(),
                            .device = state.report.device,
                            .stream = position.stream,
                            .sequence = position.sequence,
                            .checksum = incoming.checksum,
                            .line = incoming.text};
  journal_->Append(EntryType::kReceived, number, EncodeReceived(entry, SparePayload()));
  ++state.report.records;
  ++totals_.records;
}

std::string Collector::SparePayload() {
  if (spare_payloads_.empty()) return {};
  std::string payload = std::move(spare_payloads_.back());
  spare_payloads_.pop_back();
  return payload;
}

// The evidence goes into the quarantine. A record whose key can still be told will never come in another form, so its
// stream goes on without it.
void Collector::Reject(const std::string& device, std::string_view payload, mqtt::RejectCode code,
                       const std::optional<StreamPosition>& position, const std::string& reason) {
  ++totals_.rejected;
  ++devices_.find(device)->second.report.rejected;
  quarantine_.Keep(mqtt::MakeTopic(mqtt::TopicKind::kMetrics, device), payload, reason);
  if (!position) return;
  Due& due = due_[device];
  if (due.rejected.size() >= kMostRejectedDue) return;  // sent again, rejected again
  due.streams.insert(position->stream);
  due.rejected.push_back({position->stream, position->sequence, code});
  // A conflict's key is stored already, with the record that came first.
  if (code == mqtt::RejectCode::kConflict) return;
  // No room for it: sent again, rejected again.
  (void)AppendLost(device,
                   {.stream = position->stream,
                    .from = position->sequence,
                    .to = position->sequence,
                    .count = 1,
                    .reason = "rejected"},
                   position->sequence);
}

void Collector::TakeStatus(const std::string& device, std::string_view payload) {
  const auto status = ParseStatusMessage(payload);
  if (!status.ok() || status->device_id.value_or(device) != device) {
    ++totals_.rejected;
    quarantine_.Keep(mqtt::MakeTopic(mqtt::TopicKind::kStatus, device), payload,
                     status.ok() ? "the status of another device" : status.status().message());
    return;
  }
  if (status->device_name) table_.Propose(device, *status->device_name);
  DeviceState* state = StateOf(device);
  if (state == nullptr) return;
  state->report.is_online = status->is_online;
  if (!status->is_online) return;
  state->report.lag = status->lag_records;
  state->report.losses = status->losses;
  state->lost_hours = status->lost_hours;
  if (status->context) state->context = *status->context;
  if (const auto anchor = status->anchor()) anchors_.Note(device, anchor->boot, anchor->anchor, clock_.Wall());
  if (is_failing()) return;
  TakeLosses(device, *state, *status);
  Due& due = due_[device];
  for (const HeldRange& held : status->streams) {
    streams_.SetFirstHeld(device, held.stream, held.first);
    due.streams.insert(held.stream);
  }
}

// Losses before what is held, so that what is reported lost is not taken for missing.
void Collector::TakeLosses(const std::string& device, DeviceState& state, const StatusMessage& status) {
  const std::vector<LostRange> known = std::exchange(state.known_losses, {});
  for (const LostRange& lost : status.lost) {
    const auto shorter = std::find_if(known.begin(), known.end(), [&](const LostRange& one) {
      return one.stream == lost.stream && one.from == lost.from && one.count <= lost.count;
    });
    const std::uint64_t known_count = shorter == known.end() ? 0 : shorter->count;
    const bool is_known = shorter != known.end() && *shorter == lost;
    if (!is_known && !AppendLost(device, lost, status.GoneUpTo(lost))) break;  // reported again with the next status
    state.report.lost += lost.count - known_count;                             // a report may have grown
    state.known_losses.push_back(lost);
    due_[device].losses_upto = std::max(due_[device].losses_upto.value_or(0), lost.number);
  }
}

// `gone_upto`: everything from the report's begin to there is gone for certain; of what lies behind, the report is kept
// all the same. False: there is no room to remember it.
bool Collector::AppendLost(const std::string& device, const LostRange& lost, std::uint64_t gone_upto) {
  if (gone_upto >= lost.from && !streams_.NoteLost(device, lost.stream, lost.from, gone_upto)) return false;
  journal_->Append(EntryType::kLoss, 0,
                   EncodeLoss({.received = clock_.Wall(),
                               .device = device,
                               .stream = lost.stream,
                               .from = lost.from,
                               .to = std::max(gone_upto, lost.from - 1),
                               .count = lost.count,
                               .reason = lost.reason}));
  return true;
}

Status Collector::Commit() {
  RETURN_IF_ERROR(journal_->Sync());
  if (needs_evidence_ && clock_.Steady() >= next_set_aside_) SetAsideEvidence();
  return Ok();
}

std::vector<Reply> Collector::TakeReplies(std::size_t most) {
  std::vector<Reply> replies;
  auto at = due_.upper_bound(replied_);
  while (!due_.empty() && replies.size() < most) {
    if (at == due_.end()) at = due_.begin();
    AppendReplies(at->first, at->second, replies);
    replied_ = at->first;
    at = due_.erase(at);
  }
  return replies;
}

void Collector::AppendReplies(const std::string& device, Due& due, std::vector<Reply>& replies) const {
  Acknowledgement one;
  one.store_id = store_id_;
  one.rejected = std::move(due.rejected);
  one.losses_upto = due.losses_upto;
  for (const std::uint64_t stream : due.streams) {
    if (one.acks.size() == mqtt::kMostAcks) {
      replies.push_back({device, std::exchange(one, {})});
      one.store_id = store_id_;
    }
    one.acks.push_back({stream, streams_.Upto(device, stream).value_or(0)});
  }
  replies.push_back({device, std::move(one)});
}

CollectorReport Collector::Report() const {
  CollectorReport report = totals_;
  report.unsaved = files_->unsaved();
  report.bytes = journal_->bytes();
  report.store_id = store_id_;
  std::size_t gaps_left = kMostGaps;
  std::size_t hours_left = kMostReportedHours;
  for (const auto& [device, state] : devices_) {
    report.devices.push_back(state.report);
    report.devices.back().gaps = Gaps(device, std::min(gaps_left, kMostGapsOfDevice));
    gaps_left -= report.devices.back().gaps.size();
    auto& hours = report.devices.back().lost_hours =
        store::WithAtMost(std::max<std::size_t>(hours_left, 2), state.lost_hours);
    hours_left -= std::min(hours_left, hours.size());
  }
  return report;
}

}  // namespace inferometer::hub
