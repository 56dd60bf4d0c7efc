#include "store/segment_reader.h"

#include <algorithm>
#include <span>

namespace inferometer::store {
namespace {

// What stands between the last entry of a block and the seal that had no room there.
bool IsPadding(std::string_view rest) {
  return rest.size() < kSealBytes && rest.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

Result<SegmentReader> SegmentReader::Open(os::FileCalls& calls, const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(os::OpenFile file, os::OpenFile::Open(calls, path, os::Access::kRead));
  std::string bytes(kHeaderBytes, '\0');
  ASSIGN_OR_RETURN(const std::size_t have, file.ReadUpTo(bytes, 0));
  bytes.resize(have);
  auto header = DecodeHeader(bytes);
  if (!header.ok()) return {header.status().code(), path.string() + ": " + header.status().message()};
  return SegmentReader(std::move(file), std::move(*header));
}

std::optional<Seal> SegmentReader::ReadSeal(std::uint64_t size) const {
  if (size < kHeaderBytes + kSealBytes) return std::nullopt;
  std::string bytes(kSealBytes, '\0');
  if (!file_.ReadExactlyAt(bytes, size - kSealBytes).ok()) return std::nullopt;
  return ParseSeal(place_, bytes);
}

void SegmentReader::Seek(std::uint64_t offset) {
  offset_ = std::max<std::uint64_t>(offset, kHeaderBytes);
  is_inside_ = false;
  damage_ = {};
}

// Fills the block as far as the file and `end` go; asks the file only for what is not there yet.
Status SegmentReader::Load(std::uint64_t block, std::uint64_t end) {
  if (block_begin_ != block) block_.clear();
  block_begin_ = block;
  const std::size_t wanted = std::min<std::uint64_t>(kBlockBytes, end - block);
  const std::size_t have = block_.size();
  if (have >= wanted) return Ok();
  block_.resize(wanted);
  const auto got = file_.ReadUpTo(std::span(block_).subspan(have), block + have);
  block_.resize(have + (got.ok() ? *got : 0));
  return got.status();
}

void SegmentReader::NoteBadChunk() {
  if (!damage_.ends_badly) damage_.tail_offset = offset_;
  damage_.ends_badly = true;
  is_inside_ = false;
}

void SegmentReader::NoteGood() {
  if (!damage_.ends_badly) return;
  ++damage_.places;
  if (damage_.offsets.size() < kMostDamageOffsets) damage_.offsets.push_back(damage_.tail_offset);
  damage_.ends_badly = false;
}

// Whether the entry is whole with this chunk.
bool SegmentReader::TakeChunk(const Chunk& chunk, Entry& entry) {
  const bool begins = chunk.part == Part::kWhole || chunk.part == Part::kFirst;
  if (begins) {
    if (is_inside_) NoteBadChunk();  // the rest of the entry before never came
    entry.type = chunk.type;
    entry.sequence = chunk.sequence;
    entry.offset = offset_;
    entry.payload.clear();
  } else if (!is_inside_ || chunk.type != entry.type || chunk.sequence != entry.sequence) {
    NoteBadChunk();
    return false;  // the end of an entry whose beginning is lost
  }
  NoteGood();
  is_inside_ = chunk.part == Part::kFirst || chunk.part == Part::kMiddle;
  if (entry.payload.size() + chunk.payload.size() > LargestPayload(entry.type)) {
    NoteBadChunk();
    return false;
  }
  entry.payload += chunk.payload;
  return !is_inside_;
}

// So that the next call begins with it again.
void SegmentReader::RewindTo(const Entry& unfinished) {
  if (is_inside_) offset_ = unfinished.offset;
  is_inside_ = false;
}

void SegmentReader::SkipBlock() {
  NoteBadChunk();
  offset_ += kBlockBytes - offset_ % kBlockBytes;
  block_begin_ = UINT64_MAX;
}

Result<bool> SegmentReader::Next(std::uint64_t end, Entry& entry) {
  if (damage_.tail_offset == offset_) damage_.ends_badly = false;  // it may have grown since
  while (offset_ < end) {
    const std::uint64_t block = offset_ - offset_ % kBlockBytes;
    const std::uint64_t block_end = block + kBlockBytes;
    if (block_end - offset_ <= kChunkHeaderBytes) {
      offset_ = block_end;
      continue;
    }
    if (Status loaded = Load(block, end); !loaded.ok()) {
      RewindTo(entry);
      return loaded;
    }
    // More may be in memory than this call may look at.
    const std::string_view in_block = std::string_view(block_).substr(0, end - block);
    if (in_block.size() <= offset_ - block) break;
    const std::string_view rest = in_block.substr(offset_ - block);
    const auto chunk = ParseChunk(place_, rest);
    if (!chunk) {
      const bool is_last = in_block.size() < kBlockBytes;
      if (is_last && is_inside_) break;
      if (!IsPadding(rest)) NoteBadChunk();
      if (is_last) break;
      offset_ = block_end;
      continue;
    }
    const bool is_whole = TakeChunk(*chunk, entry);
    offset_ += kChunkHeaderBytes + chunk->payload.size();
    if (is_whole) return true;
  }
  const bool is_unfinished = is_inside_;
  RewindTo(entry);
  if (is_unfinished) NoteBadChunk();
  return false;
}

}  // namespace inferometer::store
