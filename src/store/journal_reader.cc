#include "store/journal_reader.h"

#include <algorithm>

namespace inferometer::store {
namespace {

// From the begin of any entry to its end, with what its parts and the blocks' borders add.
constexpr std::uint64_t kFarthestEnd = kLargestEntryBytes + 4 * kBlockBytes;

// Of what the machine lacks or denies, and not of the place that was to be read.
bool IsOfTheMachine(Code code) {
  return code == Code::kResourceExhausted || code == Code::kUnavailable || code == Code::kPermissionDenied;
}

}  // namespace

void JournalReader::Seek(Position position) {
  if (reader_ && reader_->header().segment == position.segment) {
    reader_->Seek(position.offset);
  } else {
    reader_.reset();
  }
  if (position != position_) failures_ = 0;
  position_ = position;
}

Status JournalReader::Open(const SegmentInfo& segment) {
  ASSIGN_OR_RETURN(auto reader, SegmentReader::Open(calls_, folder_ / SegmentName(segment.segment)));
  reader_ = std::move(reader);
  reader_->Seek(position_.offset);
  return Ok();
}

void JournalReader::GoTo(const SegmentInfo& segment) {
  unreadable_ += UnreadableHere();
  reader_.reset();
  failures_ = 0;
  position_ = {segment.segment, kHeaderBytes};
}

std::uint64_t JournalReader::UnreadableHere() const {
  return reader_ ? reader_->damage().places + (reader_->damage().ends_badly ? 1 : 0) : 0;
}

// A passing failure (no descriptor, no memory) must not make records lost that are there. What is given up hands no
// failure on: or one that lasts some calls would give up all that follows at once.
bool JournalReader::IsPatientWith(const Status& status) {
  constexpr int kPatience = 5;
  const bool is_final = status.code() == Code::kNotFound || status.code() == Code::kDataLoss;
  const bool may_last = comes_back_ && IsOfTheMachine(status.code());
  if (is_final || (!may_last && ++failures_ >= kPatience)) {
    failures_ = 0;
    return false;
  }
  trouble_ = status;
  return true;
}

JournalReader::Step JournalReader::CouldNotOpen(const SegmentInfo& segment, const Status& status) {
  if (IsPatientWith(status)) return Step::kTryLater;
  ++unreadable_;
  position_ = {segment.segment + 1, kHeaderBytes};
  return Step::kAtEnd;
}

JournalReader::Step JournalReader::ReadOne(const SegmentInfo& segment, Found& found) {
  if (!reader_) {
    if (const Status opened = Open(segment); !opened.ok()) return CouldNotOpen(segment, opened);
  }
  for (;;) {
    const auto more = reader_->Next(segment.bytes, found.entry);
    position_.offset = reader_->offset();
    if (!more.ok()) {
      if (IsPatientWith(more.status())) return Step::kTryLater;
      reader_->SkipBlock();
      continue;
    }
    if (!*more) return Step::kAtEnd;
    failures_ = 0;
    if (found.entry.type == EntryType::kCheckpoint || found.entry.type == EntryType::kSeal) continue;
    found.stream = segment.stream;
    found.position = {segment.segment, found.entry.offset};
    return Step::kFound;
  }
}

bool JournalReader::Next(const std::deque<SegmentInfo>& segments, Found& found) {
  trouble_ = Ok();
  auto at = std::lower_bound(segments.begin(), segments.end(), position_.segment,
                             [](const SegmentInfo& one, std::uint64_t number) { return one.segment < number; });
  for (; at != segments.end(); ++at) {
    if (position_.segment != at->segment) GoTo(*at);
    const Step step = ReadOne(*at, found);
    if (step != Step::kAtEnd) return step == Step::kFound;
  }
  return false;
}

void JournalReader::ReadAll(const std::deque<SegmentInfo>& segments,
                            const std::function<void(const Found& found)>& take) {
  comes_back_ = false;
  Found found;
  do {
    while (Next(segments, found)) take(found);
  } while (!trouble_.ok());
  comes_back_ = true;
}

Result<std::string> ReadCheckpoint(os::FileCalls& calls, const std::filesystem::path& folder,
                                   const SegmentInfo& segment) {
  ASSIGN_OR_RETURN(auto reader, SegmentReader::Open(calls, folder / SegmentName(segment.segment)));
  Entry entry;
  ASSIGN_OR_RETURN(const bool found, reader.Next(segment.bytes, entry));
  if (found && entry.type == EntryType::kCheckpoint) return std::move(entry.payload);
  return {Code::kNotFound, SegmentName(segment.segment) + " has no readable checkpoint"};
}

Result<Entry> EntryFetcher::Fetch(Position position) {
  if (!reader_ || reader_->header().segment != position.segment) {
    reader_.reset();
    ASSIGN_OR_RETURN(reader_, SegmentReader::Open(calls_, folder_ / SegmentName(position.segment)));
    size_ = 0;
  }
  if (reader_->offset() != position.offset) reader_->Seek(position.offset);
  // It may have grown since it was asked for; what is wanted ends before it far from there.
  if (size_ < position.offset + kFarthestEnd) {
    ASSIGN_OR_RETURN(size_, reader_->Size());
  }
  Entry entry;
  ASSIGN_OR_RETURN(const bool found, reader_->Next(size_, entry));
  if (found && entry.offset == position.offset) return entry;
  return {Code::kDataLoss,
          SegmentName(position.segment) + ": no good entry at byte " + std::to_string(position.offset)};
}

}  // namespace inferometer::store
