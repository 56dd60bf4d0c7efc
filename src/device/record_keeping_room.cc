// The part of RecordKeeping that lets segments go, and names what is lost with them.
#include <algorithm>

#include "device/record_keeping.h"
#include "store/journal_reader.h"

namespace inferometer::device {

using store::EntryType;
using store::SegmentInfo;

bool RecordKeeping::IsInFiles(const SegmentInfo& segment) const {
  if (!segment.is_all_read && !is_replay_whole_) return false;
  const auto unsaved = files_->first_unsaved();
  return !unsaved || unsaved->segment > segment.segment;
}

bool RecordKeeping::IsDone(const SegmentInfo& segment) {
  if (!segment.is_all_read || !IsInFiles(segment)) return false;
  if (!segment.has_records()) return true;
  if (AcknowledgedUpTo(segment) < segment.last_sequence) {
    if (IsOwedToAHub()) return false;
    // It goes now, and stands in files: a later run that ships shall not take it for lost.
    NoteAcknowledged(segment.stream, segment.last_sequence);
  }
  // Before the segment goes: or a crash would leave it neither held nor acknowledged.
  return !ledger_changed_ || WriteLedger().ok();
}

// What is not acknowledged: nobody sends it in a run that does not ship, but a hub of earlier runs may wait for it.
bool RecordKeeping::IsOwedToAHub() { return options_.is_shipping || !PrepareLedger().ok() || ledger().store_id != 0; }

Status RecordKeeping::GiveUp(const SegmentInfo& segment) {
  // What the file names already, of an earlier run that did not live to remove the segment, must not count again.
  RETURN_IF_ERROR(PrepareLedger());
  const SegmentInfo now = segment.is_all_read ? segment : ReadNow(segment);
  if (now.has_records() && now.last_sequence > AcknowledgedUpTo(now)) {
    if (IsOwedToAHub() || !IsInFiles(now)) LoseRest(now);
    // A second attempt, after the ledger could not be written, finds nothing more to count.
    NoteAcknowledged(now.stream, now.last_sequence);
  }
  RETURN_IF_ERROR(WriteLedger());
  for (const std::uint64_t sequence : files_->Forget(segment.segment)) {
    if (!ledger().IsReportedLost(segment.stream, sequence)) ++only_at_hub_;
  }
  return Ok();
}

// What the survey saw in part, with what can be read of it now.
SegmentInfo RecordKeeping::ReadNow(const SegmentInfo& segment) {
  SegmentInfo now = segment;
  now.first_sequence = now.last_sequence = 0;
  store::JournalReader reader(calls_, journal_->folder());
  reader.Seek({segment.segment, store::kHeaderBytes});
  reader.ReadAll({segment}, [&](const store::JournalReader::Found& found) {
    if (found.entry.type == EntryType::kRecord) now.Note(found.entry.sequence);
  });
  if (reader.unreadable() == 0 || !segment.has_records()) return now;
  now.Note(segment.first_sequence);
  now.Note(segment.last_sequence);
  return now;
}

// Of the segment, and what is missing between it and what is acknowledged of its stream: a segment that cannot be read
// now would count as acknowledged when it can be again.
void RecordKeeping::LoseRest(const SegmentInfo& segment) {
  const std::uint64_t handled = AcknowledgedUpTo(segment);
  const bool knows_what_is_missing = handled > 0 || !journal_->survey().is_whole;
  const std::uint64_t read = LoseFrom(knows_what_is_missing ? handled + 1 : segment.first_sequence, segment);
  if (!options_.is_shipping && IsInFiles(segment)) only_in_files_ += read;
}

// Returns how many of them could be read; the others are of an unknown hour.
std::uint64_t RecordKeeping::LoseFrom(std::uint64_t from, const SegmentInfo& segment) {
  const std::uint64_t before = lost_records();
  const std::uint64_t read = RollUp(from, segment);
  NoteLost(segment.stream, from, segment.last_sequence, store::LossReason::kEvicted);
  const std::uint64_t unread = lost_records() - before - read;
  if (unread > 0) NoteLostHours(store::LostHours::Unknown(unread));
  return read;
}

// Of the segment's records from `from` on that no report names yet; how many there were.
std::uint64_t RecordKeeping::RollUp(std::uint64_t from, const SegmentInfo& segment) {
  store::JournalReader reader(calls_, journal_->folder());
  reader.Seek({segment.segment, store::kHeaderBytes});
  std::uint64_t read = 0;
  reader.ReadAll({segment}, [&](const store::JournalReader::Found& found) {
    const std::uint64_t sequence = found.entry.sequence;
    if (found.entry.type != EntryType::kRecord || sequence < from || sequence > segment.last_sequence) return;
    from = sequence + 1;
    if (ledger().IsReportedLost(segment.stream, sequence)) return;
    NoteLostHours(store::LostHours::Of(found.entry.payload));
    ++read;
  });
  return read;
}

}  // namespace inferometer::device
