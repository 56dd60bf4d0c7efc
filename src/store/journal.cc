#include "store/journal.h"

#include <fmt/format.h>

#include <algorithm>

namespace inferometer::store {
namespace {

// What one write takes at most, so that a long backlog in memory costs no second copy of itself.
constexpr std::size_t kBatchBytes = std::size_t{1} << 20U;
// Of its memory, what is kept for the next one.
constexpr std::size_t kBatchKept = std::size_t{64} << 10U;
// Of the structures that hold a pending entry.
constexpr std::size_t kOverhead = 96;
constexpr int kMostFoldersSetAside = 10;
constexpr std::uint64_t kLeastSegmentBytes = 2 * kBlockBytes;
constexpr std::uint64_t kSegmentsWanted = 8;
constexpr std::uint64_t kMostBytesByDefault = std::uint64_t{4} << 30U;

}  // namespace

Result<std::unique_ptr<Journal>> Journal::Open(JournalOptions options, os::FileCalls& calls, const base::Clock& clock,
                                               JournalOwner& owner) {
  std::unique_ptr<Journal> journal(new Journal(std::move(options), calls, clock, owner));
  RETURN_IF_ERROR(journal->Prepare());
  return journal;
}

Journal::~Journal() = default;

Status Journal::Prepare() {
  if (options_.owner.size() > kLongestOwner) {
    return {Code::kInvalidArgument, "a journal's owner has at most 64 bytes: " + options_.owner};
  }
  const Status made = calls_.CreateFolder(options_.folder);
  auto survey = SurveyJournal(calls_, options_.folder, options_.owner);
  if (!survey.ok()) {
    const Code code = survey.status().code();
    const bool may_pass = code == Code::kResourceExhausted || code == Code::kUnavailable;
    if (may_pass || !options_.may_begin_anew) return made.ok() ? survey.status() : made;
    SetAsideFolder();
    RETURN_IF_ERROR(calls_.CreateFolder(options_.folder));
    survey = SurveyJournal(calls_, options_.folder, options_.owner);
    RETURN_IF_ERROR(survey.status());
    survey->set_aside.push_back(options_.folder.string() + " could not be listed and was renamed");
  }
  survey_ = std::move(*survey);
  segments_.assign(survey_.segments.begin(), survey_.segments.end());
  next_segment_ = survey_.highest_segment + 1;
  for (const SegmentInfo& segment : segments_) {
    bytes_ += segment.bytes;
    if (segment.stream != previous_stream_) previous_last_sequence_ = 0;
    previous_stream_ = segment.stream;
    if (segment.has_records()) previous_last_sequence_ = segment.last_sequence;
  }
  SetBounds();
  const auto ballast = calls_.Open(options_.folder / "ballast", os::Access::kRead);
  health_.has_ballast = ballast.ok() && calls_.Close(*ballast).ok();
  return Ok();
}

void Journal::SetBounds() {
  const auto room = calls_.RoomOf(options_.folder);
  if (options_.most_bytes == 0) {
    // Where nobody can tell, the most: a journal that thinks itself too large gives up what is needed.
    options_.most_bytes = room.ok() ? std::min(room->total_bytes / 10, kMostBytesByDefault) : kMostBytesByDefault;
  }
  options_.most_bytes = std::max(options_.most_bytes, 4 * kLeastSegmentBytes);
  options_.segment_bytes = std::clamp(options_.most_bytes / kSegmentsWanted, kLeastSegmentBytes,
                                      std::max(options_.segment_bytes, kLeastSegmentBytes));
}

void Journal::SetAsideFolder() {
  for (int n = 1; n <= kMostFoldersSetAside; ++n) {
    const auto place = options_.folder.parent_path() / fmt::format("quarantine-{}", n);
    if (calls_.List(place).status().code() != Code::kNotFound) continue;
    calls_.Rename(options_.folder, place).IgnoreBecause("making the folder anew says so");
    return;
  }
}

void Journal::Append(EntryType type, std::uint64_t sequence, std::string payload) {
  if (IsNumbered(type)) last_sequence_ = sequence;
  if (payload.size() > LargestPayload(type)) {
    if (IsNumbered(type)) owner_.OnDropped(sequence, payload);
    return;
  }
  pending_bytes_ += payload.size() + kOverhead;
  pending_.push_back({type, last_sequence_, std::move(payload)});
  while (pending_bytes_ > options_.most_pending_bytes && DropOldestPending()) continue;
}

bool Journal::DropOldestPending() {
  const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(written_);
  const auto found = std::find_if(begin, pending_.end(), [](const Pending& one) { return IsNumbered(one.type); });
  if (found == pending_.end() || !health_.is_failing) return false;
  owner_.OnDropped(found->sequence, found->payload);
  pending_bytes_ -= found->payload.size() + kOverhead;
  pending_.erase(found);
  return true;
}

void Journal::DiscardPending() {
  Abandon();
  std::erase_if(pending_, [](const Pending& one) { return one.type != EntryType::kSaved; });
  pending_bytes_ = 0;
  for (const Pending& one : pending_) pending_bytes_ += one.payload.size() + kOverhead;
}

Status Journal::Write() {
  if (written_ == pending_.size()) return Ok();
  return TryTwice(&Journal::WritePending);
}

Status Journal::Sync() {
  if (pending_.empty() && !health_.is_failing) return Ok();
  return TryTwice(&Journal::SyncPending);
}

// The second attempt goes into a new segment, for which room is made; what failed is never written to again.
Status Journal::TryTwice(Status (Journal::*attempt)()) {
  if (retry_at_ && clock_.Steady() < *retry_at_) return {Code::kUnavailable, health_.last_error};
  lacks_room_ = false;
  Status status = (this->*attempt)();
  if (!status.ok()) {
    ++health_.failures;
    health_.last_error = status.message();
    Abandon();
    status = (this->*attempt)();
  }
  if (!status.ok()) {
    Abandon();
    NoteFailure(status);
    return status;
  }
  retry_at_.reset();
  retry_after_ = {};
  rounds_without_room_ = 0;
  health_.is_failing = false;
  return status;
}

void Journal::NoteFailure(const Status& status) {
  ++health_.failures;
  health_.is_failing = true;
  health_.last_error = status.message();
  rounds_without_room_ = lacks_room_ ? rounds_without_room_ + 1 : 0;
  retry_after_ = std::clamp(2 * retry_after_, options_.retry_first, options_.retry_most);
  retry_at_ = clock_.Steady() + retry_after_;
}

Status Journal::WritePending() {
  while (written_ < pending_.size()) RETURN_IF_ERROR(WriteBatch());
  return Ok();
}

Status Journal::WriteBatch() {
  if (file_ && written_end_ >= options_.segment_bytes) RETURN_IF_ERROR(Seal());
  if (!file_) RETURN_IF_ERROR(BeginSegment());
  const SegmentPlace place{segments_.back().stream, segments_.back().segment};
  batch_.clear();
  std::size_t next = written_;
  for (; next < pending_.size() && batch_.size() < kBatchBytes; ++next) {
    const std::uint64_t offset = written_end_ + batch_.size();
    if (offset >= options_.segment_bytes && next > written_) break;
    Pending& one = pending_[next];
    one.position = {place.segment, AppendEntry(place, offset, one.type, one.sequence, one.payload, batch_)};
  }
  if (Status written = file_->WriteAllAt(batch_, written_end_); !written.ok()) {
    // What was written before need not be written again, unless it cannot be synced either.
    if (written_ > 0 && SyncFile().ok()) NoteDurable();
    lacks_room_ |= written.code() == Code::kResourceExhausted;
    return written;
  }
  written_end_ += batch_.size();
  entries_ += next - written_;
  written_ = next;
  if (batch_.capacity() > kBatchKept) batch_ = {};
  return Ok();
}

Status Journal::SyncPending() {
  RETURN_IF_ERROR(WritePending());
  if (!file_) RETURN_IF_ERROR(BeginSegment());  // nothing is pending, and the last attempt failed
  if (written_ == 0) return Ok();
  RETURN_IF_ERROR(SyncFile());
  NoteDurable();
  return Ok();
}

Status Journal::SyncFile() {
  const Status synced = file_->SyncData();
  lacks_room_ |= synced.code() == Code::kResourceExhausted;
  return synced;
}

void Journal::NoteDurable() {
  SegmentInfo& segment = segments_.back();
  bytes_ += written_end_ - segment.bytes;
  segment.bytes = written_end_;
  for (; written_ > 0; --written_) {
    Pending& one = pending_.front();
    if (IsNumbered(one.type)) segment.Note(last_durable_sequence_ = one.sequence);
    pending_bytes_ -= one.payload.size() + kOverhead;
    owner_.OnDurable(one.type, one.sequence, one.position, std::move(one.payload));
    pending_.pop_front();
  }
}

// The segment takes nothing more. What was not durable in it is pending again.
void Journal::Abandon() {
  written_ = 0;
  if (!file_) return;
  const SegmentInfo& segment = segments_.back();
  file_->Truncate(segment.bytes).IgnoreBecause("the next segment's header says where this one ends");
  file_->Close().IgnoreBecause("what was not synced is kept in memory");
  file_.reset();
  // One that never held a durable entry would be litter, one for each attempt.
  if (segment.bytes != first_end_ || !calls_.Unlink(options_.folder / SegmentName(segment.segment)).ok()) return;
  bytes_ -= segment.bytes;
  segments_.pop_back();
}

Status Journal::Seal() {
  if (written_ > 0) {
    RETURN_IF_ERROR(SyncFile());
    NoteDurable();
  }
  SegmentInfo& segment = segments_.back();
  std::string bytes;
  AppendEntry({segment.stream, segment.segment}, written_end_, EntryType::kSeal, last_sequence_,
              EncodeSeal({entries_, segment.first_sequence, segment.last_sequence}), bytes);
  Status status = file_->WriteAllAt(bytes, written_end_);
  if (status.ok()) status = file_->SyncData();
  // Without its seal a segment is as good, only slower to open.
  segment.is_sealed = status.ok();
  if (status.ok()) {
    segment.bytes += bytes.size();
    bytes_ += bytes.size();
  }
  file_->Close().IgnoreBecause("everything in it is synced");
  file_.reset();
  return Ok();
}

Status Journal::Close() {
  retry_at_.reset();
  Status status = pending_.empty() ? Ok() : Sync();
  if (status.ok() && file_) status = Seal();
  file_.reset();
  return status;
}

Position Journal::durable_end() const {
  if (segments_.empty()) return {};
  return {segments_.back().segment, segments_.back().bytes};
}

}  // namespace inferometer::store
