// The part of Journal that begins segments, and makes room for them.
#include <fmt/format.h>

#include <algorithm>

#include "store/journal.h"

namespace inferometer::store {
namespace {

constexpr std::uint64_t kMostKeptFree = std::uint64_t{4} << 30U;
// Others' room is not worth the last of our own.
constexpr std::size_t kLeastSegments = 4;
// A file system with less, beside what is to be written, is full.
constexpr std::uint64_t kFullBelowBytes = std::uint64_t{256} << 10U;
constexpr std::uint64_t kFullBelowInodes = 4;
// A quota of the user's is in no figure of the file system.
constexpr int kRoundsUntilFull = 3;
constexpr int kMostNamesTaken = 100;

std::uint64_t KeptFree(const JournalOptions& options, const os::Room& room) {
  if (options.keep_free_bytes) return *options.keep_free_bytes;
  return std::min(room.total_bytes * 15 / 100, kMostKeptFree);
}

// Out of inodes with blocks free is full, too.
bool IsShortOfInodes(const os::Room& room, std::uint64_t wanted) {
  return room.total_inodes > 0 && room.free_inodes < std::min(wanted, room.total_inodes / 20);
}

}  // namespace

Status Journal::BeginSegment() {
  for (Want want = WantsRoom(); want != Want::kNothing && FreeOne(want); want = WantsRoom()) continue;
  if (lacks_room_ && IsFull()) (void)FreeOne(Want::kFull);
  for (;;) {
    const Status status = CreateNext();
    if (status.code() != Code::kResourceExhausted || !IsFull() || !FreeOne(Want::kFull)) return status;
  }
}

// Under the next number whose name is free.
Status Journal::CreateNext() {
  Status status;
  for (int taken = 0; taken < kMostNamesTaken; ++taken) {
    status = CreateSegment(next_segment_++);
    if (status.code() == Code::kNotFound && calls_.CreateFolder(options_.folder).ok()) {
      is_folder_durable_ = false;
      status = CreateSegment(next_segment_++);
    }
    if (status.code() != Code::kFailedPrecondition) break;
  }
  return status;
}

std::string Journal::FirstBytes(std::uint64_t number) {
  SegmentHeader header{.segment = number,
                       .stream = options_.stream,
                       .next_sequence = last_durable_sequence_ + 1,
                       .previous_stream = previous_stream_,
                       .previous_last_sequence = previous_last_sequence_,
                       .begun = clock_.Wall(),
                       .boot_id = options_.boot_id,
                       .owner = options_.owner};
  if (!segments_.empty() && segments_.back().stream == options_.stream) {
    header.continued_segment = segments_.back().segment;
    header.continued_bytes = segments_.back().bytes;
  }
  std::string bytes = EncodeHeader(header);
  const std::string state = owner_.Checkpoint();
  // Without a checkpoint the older segments must be read.
  if (state.size() > kLargestCheckpointBytes) return bytes;
  AppendEntry({options_.stream, number}, bytes.size(), EntryType::kCheckpoint, last_durable_sequence_, state, bytes);
  return bytes;
}

Status Journal::CreateSegment(std::uint64_t number) {
  if (number > kHighestSegment) return {Code::kInternal, "no number is left for a segment"};
  const auto path = options_.folder / SegmentName(number);
  ASSIGN_OR_RETURN(auto file, os::OpenFile::Open(calls_, path, os::Access::kCreateNew));
  const std::string bytes = FirstBytes(number);
  if (const Status status = WriteFirst(file, bytes); !status.ok()) {
    calls_.Unlink(path).IgnoreBecause("the first error is the one to report; the next start removes it");
    return status;
  }
  file_ = std::move(file);
  first_end_ = written_end_ = bytes.size();
  entries_ = 1;
  bytes_ += bytes.size();
  segments_.push_back({.segment = number, .stream = options_.stream, .bytes = bytes.size(), .begun = clock_.Wall()});
  return Ok();
}

Status Journal::WriteFirst(os::OpenFile& file, const std::string& bytes) {
  Status status = file.WriteAllAt(bytes, 0);
  if (status.ok()) status = file.SyncData();
  if (status.ok()) status = SyncNames();
  lacks_room_ |= status.code() == Code::kResourceExhausted;
  return status;
}

Status Journal::SyncNames() {
  RETURN_IF_ERROR(calls_.SyncFolder(options_.folder));
  are_names_synced_ = true;
  if (is_folder_durable_) return Ok();
  const auto above = options_.folder.parent_path();
  RETURN_IF_ERROR(calls_.SyncFolder(above.empty() ? "." : above));
  is_folder_durable_ = true;
  return Ok();
}

Journal::Want Journal::WantsRoom() {
  if (segments_.empty()) return Want::kNothing;
  if (bytes_ + options_.segment_bytes > options_.most_bytes) return Want::kQuota;
  const auto room = calls_.RoomOf(options_.folder);
  if (!room.ok()) return Want::kNothing;
  KeepBallast(*room);
  if (segments_.size() <= kLeastSegments) return Want::kNothing;
  if (room->free_bytes < KeptFree(options_, *room)) return Want::kOthersRoom;
  if (IsShortOfInodes(*room, options_.keep_free_inodes)) return Want::kOthersInodes;
  return segments_.size() > options_.most_done_segments ? Want::kFewerFiles : Want::kNothing;
}

// Whether nothing can be written because there is no room, and not for another reason with the same error.
bool Journal::IsFull() {
  if (rounds_without_room_ >= kRoundsUntilFull) return true;
  const auto room = calls_.RoomOf(options_.folder);
  if (!room.ok()) return false;
  const std::uint64_t wanted = std::min<std::uint64_t>(pending_bytes_, options_.segment_bytes);
  return room->free_bytes < kFullBelowBytes + wanted ||
         (room->total_inodes > 0 && room->free_inodes < kFullBelowInodes);
}

// Removes what is least needed; everything but the last step costs no record. Segments go in their order only: a later
// one says what became of an earlier one's records.
bool Journal::FreeOne(Want want) {
  const bool has_closed = segments_.size() > (file_ ? 1U : 0U);
  if (has_closed && owner_.IsDone(segments_.front()) && RemoveFirst()) return true;
  if (want == Want::kFewerFiles) return false;
  if (want != Want::kQuota && RemoveBallast()) return true;
  // A segment is one inode: nothing to others, and much to us.
  if (!has_closed || want == Want::kOthersInodes) return false;
  if (given_up_ != segments_.front().segment) {
    if (!owner_.GiveUp(segments_.front()).ok()) return false;
    given_up_ = segments_.front().segment;
    ++health_.given_up;
  }
  return RemoveFirst();
}

bool Journal::RemoveFirst() {
  // The one before must not come back when this one is gone: what became of its records may stand here.
  if (!are_names_synced_ && !SyncNames().ok()) return false;
  const SegmentInfo& segment = segments_.front();
  const auto path = options_.folder / SegmentName(segment.segment);
  // A reader that has it open would keep its room occupied.
  auto file = os::OpenFile::Open(calls_, path, os::Access::kReadWrite);
  if (file.ok()) file->Truncate(0).IgnoreBecause("then the room is free when the reader is through");
  const Status removed = calls_.Unlink(path);
  if (!removed.ok() && removed.code() != Code::kNotFound) return false;
  are_names_synced_ = false;
  bytes_ -= segment.bytes;
  segments_.pop_front();
  return true;
}

bool Journal::RemoveBallast() {
  if (!health_.has_ballast) return false;
  health_.has_ballast = false;
  return calls_.Unlink(options_.folder / "ballast").ok();
}

void Journal::KeepBallast(const os::Room& room) {
  // Where inodes are short it would only be made to be removed, again and again.
  const bool is_roomy = !IsShortOfInodes(room, options_.keep_free_inodes) &&
                        room.free_bytes > KeptFree(options_, room) + 8 * options_.ballast_bytes &&
                        options_.most_bytes > 16 * options_.ballast_bytes;
  if (health_.has_ballast || options_.ballast_bytes == 0 || !is_roomy) return;
  auto file = os::OpenFile::Open(calls_, options_.folder / "ballast", os::Access::kCreateNew);
  health_.has_ballast = file.ok() ? file->Allocate(options_.ballast_bytes).ok()
                                  : file.status().code() == Code::kFailedPrecondition;  // it is there
  if (file.ok() && !health_.has_ballast) {
    calls_.Unlink(options_.folder / "ballast").IgnoreBecause("it is only a comfort");
  }
}

}  // namespace inferometer::store
