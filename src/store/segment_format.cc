#include "store/segment_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "base/little_endian.h"
#include "store/checksum.h"

namespace inferometer::store {
namespace {

using base::AppendLittleEndian;
using base::ReadLittleEndian;

constexpr std::string_view kMagic = "INFJRNL\n";
constexpr std::size_t kContinuedAt = 148;
constexpr std::size_t kChecksumAt = kHeaderCopyBytes - 4;
constexpr std::size_t kNameDigits = 10;
constexpr std::string_view kNameEnd = ".journal";

std::uint32_t ChunkChecksum(const SegmentPlace& place, std::string_view checked) {
  char names[16];
  base::PutLittleEndian(names, place.stream);
  base::PutLittleEndian(names + 8, place.segment);
  return Checksum(checked, Checksum({names, sizeof names}));
}

void AppendChunk(const SegmentPlace& place, const Chunk& chunk, std::string& out) {
  const std::size_t begin = out.size();
  AppendLittleEndian(out, std::uint32_t{0});
  AppendLittleEndian(out, static_cast<std::uint16_t>(chunk.payload.size()));
  AppendLittleEndian(out, static_cast<std::uint8_t>(chunk.type));
  AppendLittleEndian(out, static_cast<std::uint8_t>(chunk.part));
  AppendLittleEndian(out, chunk.sequence);
  out += chunk.payload;
  base::PutLittleEndian(&out[begin], ChunkChecksum(place, std::string_view(out).substr(begin + 4)));
}

Part PartOf(bool is_first, bool is_last) {
  if (is_first) return is_last ? Part::kWhole : Part::kFirst;
  return is_last ? Part::kLast : Part::kMiddle;
}

Result<SegmentHeader> DecodeCopy(std::string_view bytes) {
  if (bytes.size() < kHeaderCopyBytes || !bytes.starts_with(kMagic)) {
    return Status(Code::kDataLoss, "not a journal segment").At(0);
  }
  if (ReadLittleEndian<std::uint32_t>(bytes, kChecksumAt) != Checksum(bytes.substr(0, kChecksumAt))) {
    return Status(Code::kDataLoss, "the header's checksum is wrong").At(kChecksumAt);
  }
  const auto version = ReadLittleEndian<std::uint32_t>(bytes, 8);
  if (version != kJournalVersion) {
    return Status(Code::kFailedPrecondition, fmt::format("journal version {}; this program knows 1", version)).At(8);
  }
  SegmentHeader header;
  header.segment = ReadLittleEndian<std::uint64_t>(bytes, 16);
  header.stream = ReadLittleEndian<std::uint64_t>(bytes, 24);
  header.next_sequence = ReadLittleEndian<std::uint64_t>(bytes, 32);
  header.previous_stream = ReadLittleEndian<std::uint64_t>(bytes, 40);
  header.previous_last_sequence = ReadLittleEndian<std::uint64_t>(bytes, 48);
  header.begun = WallTime(std::chrono::microseconds(ReadLittleEndian<std::int64_t>(bytes, 56)));
  std::memcpy(header.boot_id.data(), bytes.data() + 64, header.boot_id.size());
  const auto owner_bytes = ReadLittleEndian<std::uint32_t>(bytes, 80);
  if (owner_bytes > kLongestOwner) return Status(Code::kDataLoss, "the owner's name is too long").At(80);
  if (header.next_sequence == 0) return Status(Code::kDataLoss, "no sequence is 0").At(32);
  header.owner = bytes.substr(84, owner_bytes);
  header.continued_segment = ReadLittleEndian<std::uint64_t>(bytes, kContinuedAt);
  header.continued_bytes = ReadLittleEndian<std::uint64_t>(bytes, kContinuedAt + 8);
  return header;
}

}  // namespace

std::string EncodeHeader(const SegmentHeader& header) {
  assert(header.owner.size() <= kLongestOwner);
  std::string out(kMagic);
  AppendLittleEndian(out, kJournalVersion);
  AppendLittleEndian(out, static_cast<std::uint32_t>(kHeaderCopyBytes));
  AppendLittleEndian(out, header.segment);
  AppendLittleEndian(out, header.stream);
  AppendLittleEndian(out, header.next_sequence);
  AppendLittleEndian(out, header.previous_stream);
  AppendLittleEndian(out, header.previous_last_sequence);
  AppendLittleEndian(out, static_cast<std::int64_t>(header.begun.time_since_epoch().count()));
  out.append(reinterpret_cast<const char*>(header.boot_id.data()), header.boot_id.size());
  AppendLittleEndian(out, static_cast<std::uint32_t>(header.owner.size()));
  out += header.owner;
  out.resize(kContinuedAt, '\0');
  AppendLittleEndian(out, header.continued_segment);
  AppendLittleEndian(out, header.continued_bytes);
  out.resize(kChecksumAt, '\0');
  AppendLittleEndian(out, Checksum(out));
  return out + out;
}

Result<SegmentHeader> DecodeHeader(std::string_view bytes) {
  auto first = DecodeCopy(bytes);
  if (first.ok() || first.status().code() == Code::kFailedPrecondition || bytes.size() < kHeaderBytes) return first;
  auto second = DecodeCopy(bytes.substr(kHeaderCopyBytes));
  return second.ok() || second.status().code() == Code::kFailedPrecondition ? second : first;
}

std::string EncodeSeal(const Seal& seal) {
  std::string out;
  AppendLittleEndian(out, seal.entries);
  AppendLittleEndian(out, seal.first_sequence);
  AppendLittleEndian(out, seal.last_sequence);
  return out;
}

std::uint64_t AppendEntry(const SegmentPlace& place, std::uint64_t offset, EntryType type, std::uint64_t sequence,
                          std::string_view payload, std::string& out) {
  assert(payload.size() <= LargestPayload(type));
  // A seal is never parted, so that it can be read from the end of the file.
  const std::size_t least = kChunkHeaderBytes + (type == EntryType::kSeal ? payload.size() : 1);
  std::uint64_t begin = offset;
  bool is_first = true;
  do {
    std::size_t left = kBlockBytes - offset % kBlockBytes;
    if (left < least) {
      out.append(left, '\0');
      offset += left;
      left = kBlockBytes;
    }
    if (is_first) begin = offset;
    const std::string_view here = payload.substr(0, left - kChunkHeaderBytes);
    payload.remove_prefix(here.size());
    AppendChunk(place, {type, PartOf(is_first, payload.empty()), sequence, here}, out);
    offset += kChunkHeaderBytes + here.size();
    is_first = false;
  } while (!payload.empty());
  return begin;
}

std::optional<Chunk> ParseChunk(const SegmentPlace& place, std::string_view bytes) {
  if (bytes.size() < kChunkHeaderBytes) return std::nullopt;
  const std::size_t length = ReadLittleEndian<std::uint16_t>(bytes, 4);
  if (bytes.size() < kChunkHeaderBytes + length) return std::nullopt;
  const std::string_view checked = bytes.substr(4, kChunkHeaderBytes - 4 + length);
  if (ReadLittleEndian<std::uint32_t>(bytes) != ChunkChecksum(place, checked)) return std::nullopt;
  const auto type = ReadLittleEndian<std::uint8_t>(bytes, 6);
  const auto part = ReadLittleEndian<std::uint8_t>(bytes, 7);
  // No type is 0, so that zeros are no chunk even where their checksum happens to be 0, too.
  if (type == 0 || part > static_cast<std::uint8_t>(Part::kLast)) return std::nullopt;
  return Chunk{static_cast<EntryType>(type), static_cast<Part>(part), ReadLittleEndian<std::uint64_t>(bytes, 8),
               bytes.substr(kChunkHeaderBytes, length)};
}

std::optional<Seal> ParseSeal(const SegmentPlace& place, std::string_view bytes) {
  const auto chunk = ParseChunk(place, bytes);
  if (!chunk || chunk->type != EntryType::kSeal || chunk->payload.size() + kChunkHeaderBytes != kSealBytes) {
    return std::nullopt;
  }
  const Seal seal{ReadLittleEndian<std::uint64_t>(chunk->payload, 0),
                  ReadLittleEndian<std::uint64_t>(chunk->payload, 8),
                  ReadLittleEndian<std::uint64_t>(chunk->payload, 16)};
  const bool is_possible =
      seal.first_sequence <= seal.last_sequence && (seal.first_sequence != 0 || seal.last_sequence == 0);
  return is_possible ? std::optional(seal) : std::nullopt;
}

std::string SegmentName(std::uint64_t segment) { return fmt::format("{:010}{}", segment, kNameEnd); }

std::optional<std::uint64_t> ParseSegmentName(std::string_view name) {
  if (!name.ends_with(kNameEnd)) return std::nullopt;
  name.remove_suffix(kNameEnd.size());
  if (name.size() < kNameDigits) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  if (number == 0 || number > kHighestSegment) return std::nullopt;
  if (SegmentName(number).size() != name.size() + kNameEnd.size()) return std::nullopt;
  return number;
}

}  // namespace inferometer::store
