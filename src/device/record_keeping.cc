#include "device/record_keeping.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "device/newest_record_time.h"
#include "store/journal_reader.h"
#include "store/unsaved_entries.h"

namespace inferometer::device {
namespace {

using store::EntryType;
using store::Position;
using store::SegmentInfo;
using store::StreamId;

constexpr std::size_t kMostRecordsAFile = 10'000;
// The ledger is written so often at most: losing what is newer costs only sending it again.
constexpr std::chrono::seconds kLedgerEvery{1};

}  // namespace

RecordKeeping::RecordKeeping(KeepingOptions options, os::FileCalls& calls, const base::Clock& clock)
    : options_([&] {
        options.journal.folder = options.folder / "journal";
        options.journal.owner = options.device_id;
        return std::move(options);
      }()),
      calls_(calls),
      clock_(clock),
      metrics_(options_.folder, options_.device_id, options_.portable_names, calls, clock) {}

Result<std::unique_ptr<RecordKeeping>> RecordKeeping::Open(KeepingOptions options, os::FileCalls& calls,
                                                           const base::Clock& clock) {
  std::unique_ptr<RecordKeeping> keeping(new RecordKeeping(std::move(options), calls, clock));
  RETURN_IF_ERROR(keeping->Prepare());
  return keeping;
}

Status RecordKeeping::Prepare() {
  RETURN_IF_ERROR(metrics_.Prepare());
  ASSIGN_OR_RETURN(journal_, store::Journal::Open(options_.journal, calls_, clock_, *this));
  journal_->SetAside().IgnoreBecause("it is passed over where it stands, too");
  ledger_.emplace(store::Ledger::Open(calls_, options_.journal.folder / "ledger"));
  files_ = std::make_unique<store::RecordFiles>(
      calls_, options_.journal.folder,
      store::RecordFiles::Sources{
          .folder = [this](const std::string&) -> Result<store::MetricsFolder*> { return &metrics_; },
          .context = [this](const std::string&, StreamId stream) { return ContextOf(stream); },
          .line = [](const store::Entry& entry) -> Result<std::string> { return entry.payload; }},
      kMostRecordsAFile);
  Replay();
  FindAcknowledged();
  ForgetGoneStreams();
  // One that is gone went with segments, as far as anybody knows: what is missing is reported.
  const bool is_past_known = (ledger_->is_read() || ledger_->was_missing()) && !ledger_->was_damaged();
  if (!is_past_known && journal_->survey().set_aside.empty()) AcknowledgeWhatIsGone();
  lost_before_ = lost_records();
  recovered_.unsaved = files_->unsaved();
  recovered_.newest_record = NewestRecordTime(calls_, options_.journal.folder, journal_->segments());
  for (const std::string& one : journal_->survey().set_aside) recovered_.notes.push_back("set aside: " + one);
  if (ledger_->was_damaged()) {
    recovered_.notes.push_back(
        "the journal's ledger was damaged; what the hub has is sent again and counts once there");
  }
  if (journal_->survey().damaged_places > 0) {
    recovered_.notes.push_back(
        fmt::format("{} damaged places in the journal were passed over", journal_->survey().damaged_places));
  }
  return Ok();
}

// The newest segment's checkpoint knows from which segment on there were records without a file.
std::uint64_t RecordKeeping::ReplayFrom() const {
  const auto& segments = journal_->segments();
  for (auto at = segments.rbegin(); at != segments.rend(); ++at) {
    const auto checkpoint = store::ReadDeviceCheckpoint(calls_, journal_->folder(), *at);
    if (!checkpoint) continue;
    return checkpoint->first_unsaved_segment == 0 ? at->segment : checkpoint->first_unsaved_segment;
  }
  return 1;
}

void RecordKeeping::Replay() {
  store::JournalReader reader(calls_, journal_->folder());
  reader.Seek({ReplayFrom(), store::kHeaderBytes});
  std::map<StreamId, std::uint64_t> newest;  // what stands twice after a failed write counts once
  reader.ReadAll(journal_->segments(), [&](const store::JournalReader::Found& found) {
    switch (found.entry.type) {
      case EntryType::kRecord:
        if (found.entry.sequence <= newest[found.stream]) break;
        newest[found.stream] = found.entry.sequence;
        files_->NoteRecord(options_.device_id, found.stream, found.entry.sequence, found.position);
        break;
      case EntryType::kSaving: files_->NoteSaving(found.entry.payload); break;
      case EntryType::kSaved: files_->NoteSaved(found.entry.payload); break;
      default: break;
    }
  });
  files_->Replayed();
  is_replay_whole_ = reader.unreadable() == 0;
  if (!is_replay_whole_) {
    recovered_.notes.push_back("a part of the journal could not be read: records of it that are in no file get none");
  }
}

std::string RecordKeeping::ContextOf(StreamId stream) {
  if (stream == journal_->stream()) return context_;
  for (const SegmentInfo& segment : journal_->segments()) {
    if (segment.stream != stream) continue;
    if (const auto checkpoint = store::ReadDeviceCheckpoint(calls_, journal_->folder(), segment))
      return checkpoint->context;
  }
  return "{}";
}

// A stream that is no longer held, or whose segment is damaged, tells nothing: what was before it may be sent again.
// One that cannot be read now is there at a later start.
void RecordKeeping::FindAcknowledged() {
  const auto& segments = journal_->segments();
  const auto first = std::find_if(segments.begin(), segments.end(), [&](const SegmentInfo& segment) {
    return segment.stream == ledger().acknowledged_before;
  });
  if (first == segments.end() && journal_->survey().is_whole) ledger_->state().acknowledged_before = 0;
  if (first != segments.end() && first != segments.begin()) acknowledged_segment_ = std::prev(first)->segment;
}

// Stream by stream in the journal's order; the last one with records keeps its mark, since it may get more. What cannot
// be read in this run may be read, and sent, in a later one: nothing is said of what is before. Nor while the ledger's
// file may know more.
void RecordKeeping::PassAcknowledged() {
  if (!journal_->survey().is_whole || !ledger_->is_read()) return;
  const auto& segments = journal_->segments();
  auto first = std::partition_point(segments.begin(), segments.end(), [&](const SegmentInfo& segment) {
    return segment.segment <= acknowledged_segment_;
  });
  for (auto at = first; at != segments.end(); ++at) {
    if (!at->has_records()) continue;  // its file may yet go
    if (at->stream != first->stream) {
      acknowledged_segment_ = std::prev(at)->segment;
      ledger_->state().acknowledged_before = at->stream;
      ledger_->state().ForgetStream(first->stream);
      first = at;
    }
    if (at->last_sequence > ledger().AcknowledgedUpTo(at->stream)) return;
  }
}

std::uint64_t RecordKeeping::AcknowledgedUpTo(const SegmentInfo& segment) const {
  return segment.segment <= acknowledged_segment_ ? segment.last_sequence : ledger().AcknowledgedUpTo(segment.stream);
}

// Streams that the journal holds no more need no mark of how far they are acknowledged.
void RecordKeeping::ForgetGoneStreams() {
  if (!journal_->survey().is_whole) return;
  const auto& segments = journal_->segments();
  std::vector<StreamId> gone;
  for (const store::Acknowledged& one : ledger().acknowledged()) {
    const bool is_held = std::any_of(segments.begin(), segments.end(),
                                     [&](const SegmentInfo& segment) { return segment.stream == one.stream; });
    if (!is_held) gone.push_back(one.stream);
  }
  for (const StreamId stream : gone) ledger_->state().ForgetStream(stream);
}

void RecordKeeping::Append(std::uint64_t sequence, std::string line) {
  journal_->Append(EntryType::kRecord, sequence, std::move(line));
}

Status RecordKeeping::Sync() {
  const Status synced = journal_->Sync();
  if (!ledger_changed_) return synced;
  const Status written = WriteLedger();
  return synced.ok() ? written : synced;
}

// It may be read only now.
Status RecordKeeping::PrepareLedger() {
  const bool was_read = ledger_->is_read();
  const std::uint64_t before = lost_records();
  const Status prepared = ledger_->Prepare();
  if (!was_read && ledger_->is_read()) {
    lost_before_ += lost_records() - before;
    FindAcknowledged();
  }
  return prepared;
}

Status RecordKeeping::WriteLedger() {
  ledger_tried_ = clock_.Steady();
  const Status prepared = PrepareLedger();
  const Status written = prepared.ok() ? ledger_->Write() : prepared;
  ledger_changed_ = !written.ok();
  return written;
}

bool RecordKeeping::IsSyncDue() const {
  const auto now = clock_.Steady();
  if (journal_->retry_at() && now >= *journal_->retry_at()) return true;
  return ledger_changed_ && now - ledger_tried_ >= kLedgerEvery;
}

Result<store::SaveOutcome> RecordKeeping::Save() {
  const Status synced = Sync();
  store::SaveOutcome all;
  while (files_->unsaved() > 0) {
    ASSIGN_OR_RETURN(auto outcome, files_->Save({options_.device_id}, *journal_));
    for (const store::RecordName& one : outcome.damaged_records) {
      NoteLost(one.first, one.second, one.second, store::LossReason::kDamaged);
    }
    for (auto& one : outcome.saved) all.saved.push_back(std::move(one));
    for (const auto& one : outcome.damaged_records) all.damaged_records.push_back(one);
    for (auto& one : outcome.failures) all.failures.push_back(std::move(one));
    if (!all.failures.empty()) break;
  }
  if (!synced.ok() && journal_->pending() > 0) {
    all.failures.push_back({options_.device_id, {synced.code(), "could not save: " + synced.message()}});
  }
  return all;
}

Status RecordKeeping::Close() {
  const Status synced = Sync();
  const Status closed = journal_->Close();
  return synced.ok() ? closed : synced;
}

void RecordKeeping::NoteLost(StreamId stream, std::uint64_t from, std::uint64_t to, store::LossReason reason) {
  const std::uint64_t before = lost_records();
  ledger_->state().AddLoss(stream, from, to, reason);
  if (lost_records() == before) return;  // reported before
  if (options_.is_shipping) new_losses_.push_back({stream, from, to});
  ledger_changed_ = true;
  ++loss_changes_;
}

void RecordKeeping::NoteAcknowledged(StreamId stream, std::uint64_t upto) {
  ledger_->state().Acknowledge(stream, upto);
  PassAcknowledged();
  ledger_changed_ = true;
}

void RecordKeeping::StartOver(std::uint64_t store_id) {
  ledger_->state().ForgetAcknowledgements();
  ledger_->state().store_id = store_id;
  acknowledged_segment_ = 0;
  ledger_changed_ = true;
  AcknowledgeWhatIsGone();
}

// Where no mark says how far the oldest stream is acknowledged: segments go from the journal's front, once they are
// acknowledged or reported lost, so that what is missing there counts as such. A front that went otherwise is not
// noticed then; to call all that ever went lost would be wrong far more often.
void RecordKeeping::AcknowledgeWhatIsGone() {
  if (!journal_->survey().is_whole) return;  // it may be there, and not readable now
  const auto& segments = journal_->segments();
  const auto first = std::find_if(segments.begin(), segments.end(), [](const auto& one) { return one.has_records(); });
  if (first == segments.end() || first->first_sequence == 1) return;
  ledger_->state().Acknowledge(first->stream, first->first_sequence - 1);
  ledger_changed_ = true;
}

void RecordKeeping::LossesAreKnown(std::uint64_t upto_number) {
  if (!ledger_->state().LossesAreKnown(upto_number)) return;
  ledger_changed_ = true;
  ++loss_changes_;
}

std::uint64_t RecordKeeping::lag() const {
  std::uint64_t lag = journal_->pending();
  for (const SegmentInfo& segment : journal_->segments()) {
    if (!segment.has_records()) continue;
    const std::uint64_t done = std::max(segment.first_sequence - 1, AcknowledgedUpTo(segment));
    lag += segment.last_sequence - std::min(segment.last_sequence, done);
  }
  return lag;
}

std::string RecordKeeping::Checkpoint() {
  const auto unsaved = files_->first_unsaved();
  return store::Encode(store::DeviceCheckpoint{unsaved ? unsaved->segment : 0, context_});
}

void RecordKeeping::OnDurable(EntryType type, std::uint64_t sequence, Position position, std::string /*payload*/) {
  if (type != EntryType::kRecord) return;
  files_->NoteRecord(options_.device_id, journal_->stream(), sequence, position);
  durable_upto_ = sequence;
}

void RecordKeeping::OnDropped(std::uint64_t sequence, std::string_view payload) {
  NoteLost(journal_->stream(), sequence, sequence, store::LossReason::kNoRoom);
  NoteLostHours(store::LostHours::Of(payload));
}

}  // namespace inferometer::device
