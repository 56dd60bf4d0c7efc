// The part of Collector that keeps the journal, and makes files of it.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "analyze/each_record.h"
#include "base/little_endian.h"
#include "base/record_key.h"
#include "hub/collector.h"
#include "hub/stamp.h"
#include "store/journal_reader.h"

namespace inferometer::hub {
namespace {

using store::EntryType;
using store::Position;
using store::SegmentInfo;

constexpr std::chrono::seconds kLookForDueEvery{1};
// Between two looks at the time, whichever comes first. Together they share the journal's two syncs.
constexpr std::size_t kDevicesASave = 16;
constexpr std::size_t kRecordsASave = 1000;
// Of CollectorOptions::most_unsaved: what is beyond is saved whatever it delays, or memory had no bound.
constexpr std::size_t kMostTimesUnsaved = 5;
constexpr std::chrono::seconds kRetryFileEvery{10};
// As many as a round takes under load, of records as they are usual.
constexpr std::size_t kMostSpare = 2048;
constexpr std::size_t kLargestSpareBytes = 2048;

// Without a part of the journal its records would get no file, or be sent again and get two.
Status CannotStart(const Status& why) {
  const bool may_pass = why.code() == Code::kResourceExhausted || why.code() == Code::kUnavailable;
  return {Code::kUnavailable, why.message() + "; without this part of the journal nothing is taken: start again" +
                                  (may_pass ? "" : ", or move the journal's folder away")};
}

}  // namespace

Status Collector::Prepare() {
  RETURN_IF_ERROR(os::CreateFolders(options_.folder));
  for (const std::string& note : table_.Load()) notes_.push_back(note);
  quarantine_.Load();
  auto journal = store::Journal::Open(options_.journal, calls_, clock_, *this);
  if (!journal.ok()) return CannotStart(journal.status());
  journal_ = std::move(*journal);
  if (const auto& unread = journal_->survey().unread; !unread.empty()) return CannotStart({Code::kInternal, unread[0]});
  files_ = std::make_unique<store::RecordFiles>(
      calls_, options_.journal.folder,
      store::RecordFiles::Sources{.folder = [this](const std::string& device) { return FolderOf(device); },
                                  .context = [this](const std::string& device,
                                                    store::StreamId) { return devices_.find(device)->second.context; },
                                  .line = [this](const store::Entry& entry) { return LineOf(entry); }},
      options_.records_a_file);
  Replay();
  for (const std::string& one : journal_->survey().set_aside) notes_.push_back("set aside: " + one);
  if (journal_->survey().damaged_places > 0) {
    notes_.push_back(
        fmt::format("{} damaged places in the journal were passed over", journal_->survey().damaged_places));
  }
  return Ok();
}

std::string Collector::Checkpoint() {
  const auto unsaved = files_->first_unsaved();
  std::string out;
  base::AppendLittleEndian(out, store_id_);
  base::AppendLittleEndian(out, next_number_);
  base::AppendLittleEndian(out, unsaved ? unsaved->segment : std::uint64_t{0});
  streams_.AppendCheckpoint(out);
  return out;
}

// Returns the segment whose checkpoint it was; 0: none was good.
std::uint64_t Collector::RestoreCheckpoint() {
  const auto& segments = journal_->segments();
  for (auto at = segments.rbegin(); at != segments.rend(); ++at) {
    const auto payload = store::ReadCheckpoint(calls_, journal_->folder(), *at);
    if (!payload.ok() || payload->size() < kCheckpointFixedBytes) continue;
    if (!streams_.RestoreCheckpoint(std::string_view(*payload).substr(kCheckpointFixedBytes)).ok()) continue;
    store_id_ = base::ReadLittleEndian<std::uint64_t>(*payload);
    next_number_ = base::ReadLittleEndian<std::uint64_t>(*payload, 8);
    first_unsaved_segment_ = base::ReadLittleEndian<std::uint64_t>(*payload, 16);
    return at->segment;
  }
  return 0;
}

// Without the journal's state the files know what is stored: devices will send again what they hold, and it must not
// stand twice. What a damaged file holds cannot be told.
void Collector::RememberFiles() {
  std::size_t records = 0;
  const auto remember = [&](const analyze::RecordOrigin&, const InferenceRecord& record) {
    const auto key = record.record_id ? base::ParseRecordId(*record.record_id)
                                      : Result<base::RecordKey>(Code::kNotFound, "a plain publisher's");
    if (!key.ok() || streams_.Judge(key->device_id, key->stream, key->sequence, 0) != Verdict::kNew) return Ok();
    streams_.Accept(key->device_id, key->stream, key->sequence, std::nullopt);
    ++records;
    return Ok();
  };
  const auto read = analyze::ForEachRecord(options_.folder, remember, nullptr, analyze::Repeats::kEachTime);
  if (!read.ok() || (records == 0 && read->damaged.empty())) return;
  notes_.push_back(fmt::format(
      "the journal does not know all that is stored: {} records were found in {} files, {} files are damaged", records,
      read->files_read, read->damaged.size()));
}

void Collector::Replay() {
  const std::uint64_t restored = RestoreCheckpoint();
  if (restored == 0) {
    store_id_ = options_.new_store_id;
    RememberFiles();
  }
  const auto& segments = journal_->segments();
  const auto since = std::find_if(segments.begin(), segments.end(),
                                  [restored](const store::SegmentInfo& one) { return one.segment >= restored; });
  std::map<store::StreamId, std::uint64_t> newest;  // what stands twice after a failed write counts once
  const auto read = [&](const std::deque<store::SegmentInfo>& some, bool is_in_checkpoint) {
    store::JournalReader reader(calls_, journal_->folder());
    reader.ReadAll(some, [&](const store::JournalReader::Found& found) {
      if (store::IsNumbered(found.entry.type)) {
        if (found.entry.sequence <= newest[found.stream]) return;
        newest[found.stream] = found.entry.sequence;
        next_number_ = std::max(next_number_, found.entry.sequence + 1);
      }
      ReplayEntry(found, is_in_checkpoint);
    });
    return reader.unreadable();
  };
  const auto unsaved = first_unsaved_segment_ == 0
                           ? since
                           : std::find_if(segments.begin(), since, [this](const store::SegmentInfo& one) {
                               return one.segment >= first_unsaved_segment_;
                             });
  if (read({unsaved, since}, true) > 0) {
    notes_.push_back(
        "a part of the journal that is in no file yet could not be read: inferometer verify names what is missing");
  }
  const std::uint64_t unreadable = read({since, segments.end()}, false);
  files_->Replayed();
  const bool lacks_some = unreadable > 0 || !journal_->survey().foreign.empty();
  for (auto& [device, state] : devices_) {
    if (files_->unsaved(device) > 0) state.unsaved_since = clock_.Steady();
  }
  if (restored != 0 && lacks_some) return BecomeAnotherHub();
  SetAsideEvidence();  // a new hub's id is another one anyway, until a checkpoint holds it
}

// Some of what was acknowledged since the checkpoint may be missing: devices send again what they hold, and what is
// there counts once.
void Collector::BecomeAnotherHub() {
  store_id_ = options_.new_store_id;
  notes_.push_back("a part of the journal could not be read: devices are asked for all that they still hold");
  RememberFiles();
  // Begins a segment, in whose checkpoint the new id stands. Until then the next start must find what tells of the
  // damage.
  journal_->Append(EntryType::kSaved, 0, store::EncodePlans({}));
  needs_evidence_ = true;
  Commit().IgnoreBecause("it is tried again, and nobody is answered before");
}

void Collector::SetAsideEvidence() {
  needs_evidence_ = !journal_->SetAside().ok();
  next_set_aside_ = clock_.Steady() + kRetryFileEvery;
}

void Collector::ReplayEntry(const store::JournalReader::Found& found, bool is_in_checkpoint) {
  const std::string& payload = found.entry.payload;
  if (found.entry.type == EntryType::kSaving) files_->NoteSaving(payload);
  if (found.entry.type == EntryType::kSaved) files_->NoteSaved(payload);
  if (found.entry.type == EntryType::kReceived) {
    const auto entry = DecodeReceived(payload);
    if (!entry.ok()) return;
    const std::string device(entry->device);
    if (StateOf(device) == nullptr) return;
    if (entry->has_key() && !is_in_checkpoint) {
      // Too scattered it may have become since it was taken and acknowledged.
      const Verdict verdict = streams_.Judge(device, entry->stream, entry->sequence, entry->checksum);
      if (verdict != Verdict::kNew && verdict != Verdict::kTooScattered) return;
      streams_.Accept(device, entry->stream, entry->sequence, entry->checksum);
    }
    files_->NoteRecord(device, found.stream, found.entry.sequence, found.position);
  }
  if (found.entry.type == EntryType::kLoss && !is_in_checkpoint) {
    const auto loss = DecodeLoss(payload);
    if (loss.ok() && loss->to >= loss->from) (void)streams_.NoteLost(loss->device, loss->stream, loss->from, loss->to);
  }
}

void Collector::OnDurable(EntryType type, std::uint64_t number, Position position, std::string payload) {
  if (type != EntryType::kReceived) return;
  const bool is_worth_keeping = spare_payloads_.size() < kMostSpare && payload.capacity() <= kLargestSpareBytes;
  if (is_worth_keeping) spare_payloads_.push_back(std::move(payload));
  while (!pending_.empty() && pending_.front().number < number) pending_.pop_front();
  if (pending_.empty() || pending_.front().number != number) return;
  const PendingRecord record = pending_.front();
  pending_.pop_front();
  DeviceState& state = *record.state;
  const std::string& device = state.report.device;
  if (record.position.sequence != 0) {
    streams_.Accept(device, record.position.stream, record.position.sequence, record.checksum);
  }
  if (pending_.empty()) {
    pending_keys_.clear();
    ++round_;
  }
  files_->NoteRecord(device, journal_->stream(), number, position);
  if (!state.unsaved_since) state.unsaved_since = clock_.Steady();
}

// Cannot happen while what is taken between two commits stays below the journal's bound; if it does, it must be seen.
void Collector::OnDropped(std::uint64_t, std::string_view) { ++totals_.dropped; }

bool Collector::IsDone(const SegmentInfo& segment) {
  const auto unsaved = files_->first_unsaved();
  return !unsaved || unsaved->segment > segment.segment;
}

// A hub that has no room acknowledges nothing; what it has acknowledged it keeps. But files can be made before they are
// due, so that the segment is done when room is wanted the next time.
Status Collector::GiveUp(const SegmentInfo& segment) {
  wanted_segment_ = segment.segment;
  return {Code::kResourceExhausted, "the hub's records are in no file yet"};
}

// Those whose files cannot be made must not fill the memory, and leave the others room. A plain publisher would not
// send again: his records are taken as long as there is memory.
bool Collector::HasTooManyUnsaved(const std::string& device, bool is_plain) const {
  if (failing_.empty() || !failing_.contains(device)) return false;
  return files_->unsaved() >= (is_plain ? kMostTimesUnsaved * options_.most_unsaved : options_.most_unsaved / 2);
}

bool Collector::MayTry(const std::string& device) const {
  const auto failing = failing_.find(device);
  return failing == failing_.end() || clock_.Steady() >= failing->second.retry_at;
}

bool Collector::IsDue(const std::string& device, const DeviceState& state) const {
  if (!state.unsaved_since || !MayTry(device)) return false;
  if (failing_.contains(device)) return true;
  const auto first = files_->first_unsaved(device);
  return files_->unsaved(device) >= options_.records_a_file || (first && first->segment <= wanted_segment_) ||
         clock_.Steady() - *state.unsaved_since >= options_.save_after;
}

std::vector<std::string> Collector::DevicesDue() const {
  std::vector<std::string> due;
  for (const auto& [device, state] : devices_) {
    if (IsDue(device, state)) due.push_back(device);
  }
  return due;
}

std::vector<std::string> Collector::FullestDevices() const {
  std::vector<std::pair<std::size_t, std::string>> devices;
  for (std::string& device : files_->devices()) {
    if (MayTry(device)) devices.emplace_back(files_->unsaved(device), std::move(device));
  }
  std::sort(devices.rbegin(), devices.rend());
  std::vector<std::string> names;
  names.reserve(devices.size());
  for (auto& [unsaved, device] : devices) names.push_back(std::move(device));
  return names;
}

std::vector<std::string> Collector::DevicesToSave() {
  if (files_->unsaved() >= options_.most_unsaved) return FullestDevices();
  const auto now = clock_.Steady();
  if (now < next_look_) return {};
  next_look_ = now + kLookForDueEvery;
  return DevicesDue();
}

// Of those found by a look, somebody still needs a file: the fullest need one only while there are too many records.
bool Collector::HasDevicesToSave() const {
  if (to_save_.empty()) return false;
  return files_->unsaved() >= options_.most_unsaved || IsDue(to_save_.front(), devices_.find(to_save_.front())->second);
}

// Who is due is looked up when all who were have their file: else those that send most would be due again first.
void Collector::LookForDevicesToSave() {
  if (HasDevicesToSave()) return;
  to_save_.clear();
  const std::vector<std::string> found = DevicesToSave();
  if (found.empty()) return;
  const Status registered = table_.RegisterAll(found);
  table_problem_ = registered.message();
  if (registered.ok()) to_save_.assign(found.begin(), found.end());
}

std::vector<std::string> Collector::NextDevicesToSave() {
  std::vector<std::string> some;
  for (std::size_t records = 0; !to_save_.empty() && some.size() < kDevicesASave && records < kRecordsASave;) {
    records += std::min(files_->unsaved(to_save_.front()), options_.records_a_file);
    some.push_back(std::move(to_save_.front()));
    to_save_.pop_front();
  }
  return some;
}

bool Collector::SaveDue(std::chrono::milliseconds at_most) {
  const auto end = clock_.Steady() + at_most;
  LookForDevicesToSave();
  while (!to_save_.empty()) {
    if (!SaveFiles(NextDevicesToSave()).ok()) {
      to_save_.clear();  // it is the journal's failure, which the next commit tells; the next look tries again
      return false;
    }
    const bool may_wait = files_->unsaved() < kMostTimesUnsaved * options_.most_unsaved;
    if (may_wait && clock_.Steady() >= end) break;
  }
  return !to_save_.empty();
}

Status Collector::SaveFiles(const std::vector<std::string>& devices) {
  RETURN_IF_ERROR(table_.RegisterAll(devices));
  ASSIGN_OR_RETURN(const auto outcome, files_->Save(devices, *journal_));
  totals_.files += outcome.saved.size();
  totals_.damaged += outcome.damaged_records.size();
  for (const std::string& device : devices) failing_.erase(device);
  for (const auto& failed : outcome.failures) NoteFailed(failed.device, failed.why);
  for (const std::string& device : devices) {
    if (failing_.contains(device)) continue;
    auto& since = devices_.find(device)->second.unsaved_since;
    since = files_->unsaved(device) > 0 ? std::optional(clock_.Steady()) : std::nullopt;
  }
  return Ok();
}

void Collector::NoteFailed(const std::string& device, const Status& why) {
  failing_[device] = {why.message(), clock_.Steady() + kRetryFileEvery};
  // Whoever removed or replaced it: it is prepared anew, as at the start.
  devices_.find(device)->second.folder.reset();
}

std::string Collector::save_problem() const {
  if (!table_problem_.empty()) return "devices get no folder: " + table_problem_;
  if (failing_.empty()) return "";
  const auto& [device, failing] = *failing_.begin();
  return fmt::format(
      "no files can be made for {} devices, which are tried again every {} s; their records are kept in "
      "the journal. Of {}: {}",
      failing_.size(), kRetryFileEvery.count(), device, failing.why);
}

Status Collector::SaveAll() {
  Status first_failure;
  std::vector<std::string> devices = files_->devices();
  while (!devices.empty()) {
    RETURN_IF_ERROR(SaveFiles(devices));
    if (first_failure.ok() && !failing_.empty()) first_failure = {Code::kInternal, save_problem()};
    std::erase_if(devices, [this](const std::string& device) {
      return failing_.contains(device) || files_->unsaved(device) == 0;
    });
  }
  return first_failure;
}

Status Collector::Close() {
  const Status saved = SaveAll();
  const Status closed = journal_->Close();
  return saved.ok() ? closed : saved;
}

Result<store::MetricsFolder*> Collector::FolderOf(const std::string& device) {
  DeviceState& state = devices_.find(device)->second;
  if (!state.folder) {
    // The name a status proposed meanwhile counts until the first file.
    ASSIGN_OR_RETURN(state.folder_name, table_.Register(device));
    state.report.folder = state.folder_name;
    auto folder = std::make_unique<store::MetricsFolder>(options_.folder / state.folder_name, device,
                                                         options_.portable_names, calls_, clock_);
    RETURN_IF_ERROR(folder->Prepare());
    state.folder = std::move(folder);
  }
  return state.folder.get();
}

Result<std::string> Collector::LineOf(const store::Entry& entry) const {
  ASSIGN_OR_RETURN(const ReceivedEntry received, DecodeReceived(entry.payload));
  ASSIGN_OR_RETURN(const Stamp stamp, ReadStamp(received.line));
  const auto repair = RepairTimestamp(stamp.timestamp, stamp.clock, anchors_.Find(received.device, stamp.clock.boot),
                                      received.received);
  std::string line;
  RETURN_IF_ERROR(AppendAnnotated(received.line, received.received, repair, line));
  return line;
}

}  // namespace inferometer::hub
