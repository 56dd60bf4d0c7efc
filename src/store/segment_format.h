#pragma once
// The bytes of a journal's segment, as docs/journal-format.md has them. Pure functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::store {

inline constexpr std::size_t kBlockBytes = 32768;
inline constexpr std::size_t kHeaderCopyBytes = 256;
inline constexpr std::size_t kHeaderBytes = 2 * kHeaderCopyBytes;
inline constexpr std::size_t kChunkHeaderBytes = 16;
inline constexpr std::size_t kLargestEntryBytes = 65536;
inline constexpr std::size_t kLargestCheckpointBytes = std::size_t{64} << 20U;
inline constexpr std::size_t kSealBytes = kChunkHeaderBytes + 24;
inline constexpr std::uint32_t kJournalVersion = 1;

inline constexpr std::size_t kLongestOwner = 64;
// No journal comes near it; a name beyond is not a segment's.
inline constexpr std::uint64_t kHighestSegment = 1'000'000'000'000'000;

// 64 random bits that name one run of one program.
using StreamId = std::uint64_t;

// Written to disk: do not change the values.
enum class EntryType : std::uint8_t {
  kRecord = 1,
  kReceived = 2,
  kSaving = 3,
  kSaved = 4,
  kCheckpoint = 5,
  kSeal = 6,
  kLoss = 7,
};

// Whether entries of this type have a sequence of their own.
[[nodiscard]] constexpr bool IsNumbered(EntryType type) {
  return type == EntryType::kRecord || type == EntryType::kReceived;
}
[[nodiscard]] constexpr std::size_t LargestPayload(EntryType type) {
  return type == EntryType::kCheckpoint ? kLargestCheckpointBytes : kLargestEntryBytes;
}

struct SegmentHeader {
  std::uint64_t segment = 0;
  StreamId stream = 0;
  std::uint64_t next_sequence = 1;  // the stream's durable records end before it
  StreamId previous_stream = 0;
  std::uint64_t previous_last_sequence = 0;
  WallTime begun;
  std::array<unsigned char, 16> boot_id{};
  std::string owner;  // at most kLongestOwner bytes
  // The segment before it in its stream and where that one ends; 0: it is the first. What stands behind was never
  // durable there and is written again here.
  std::uint64_t continued_segment = 0;
  std::uint64_t continued_bytes = 0;

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

// Both copies. REQUIRES: the owner fits.
[[nodiscard]] std::string EncodeHeader(const SegmentHeader& header);
// From the first copy that is good. kDataLoss when neither is; kFailedPrecondition for a version that is not ours.
[[nodiscard]] Result<SegmentHeader> DecodeHeader(std::string_view bytes);

// What seals a segment.
struct Seal {
  std::uint64_t entries = 0;
  std::uint64_t first_sequence = 0;  // of numbered entries; 0 and 0: none
  std::uint64_t last_sequence = 0;
};
[[nodiscard]] std::string EncodeSeal(const Seal& seal);

// The names of a segment's place, which its chunks' checksums cover.
struct SegmentPlace {
  StreamId stream = 0;
  std::uint64_t segment = 0;
};

// Appends the chunks of one entry that begins at `offset` of the file, with the zeros before them where the block has
// no room. Returns the offset of the first chunk. REQUIRES: the payload is not larger than its type allows.
std::uint64_t AppendEntry(const SegmentPlace& place, std::uint64_t offset, EntryType type, std::uint64_t sequence,
                          std::string_view payload, std::string& out);

enum class Part : std::uint8_t { kWhole = 0, kFirst = 1, kMiddle = 2, kLast = 3 };

struct Chunk {
  EntryType type = EntryType::kRecord;
  Part part = Part::kWhole;
  std::uint64_t sequence = 0;
  std::string_view payload;  // into the bytes that were parsed
};
// The chunk at the front of `bytes`, the rest of its block; nothing when it is not good. What stands in it is not
// believed before its checksum is right.
[[nodiscard]] std::optional<Chunk> ParseChunk(const SegmentPlace& place, std::string_view bytes);

// The seal at the end of a file, given its last kSealBytes.
[[nodiscard]] std::optional<Seal> ParseSeal(const SegmentPlace& place, std::string_view bytes);

// "0000000001.journal" and back.
[[nodiscard]] std::string SegmentName(std::uint64_t segment);
[[nodiscard]] std::optional<std::uint64_t> ParseSegmentName(std::string_view name);

}  // namespace inferometer::store
