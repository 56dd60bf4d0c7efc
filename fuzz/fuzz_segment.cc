// A journal's segments: whatever the bytes, an answer, and no entry whose checksum is wrong.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/checksum.h"
#include "store/journal_check.h"
#include "store/journal_folder.h"
#include "store/journal_reader.h"

namespace {

using namespace inferometer;
using namespace inferometer::store;
using base::ReadLittleEndian;

const std::filesystem::path kFolder = "/journal";

std::uint32_t ChunkChecksum(std::uint64_t stream, std::uint64_t segment, std::string_view checked) {
  std::string names(16, '\0');
  base::PutLittleEndian(names.data(), stream);
  base::PutLittleEndian(names.data() + 8, segment);
  return Checksum(checked, Checksum(names));
}

// Makes the header and every chunk that can be one good, which no fuzzer would find.
void RepairChecksums(std::string& bytes, std::uint64_t segment) {
  if (bytes.size() < kHeaderBytes) return;
  const std::string start = EncodeHeader({.segment = segment, .stream = 1, .begun = {}, .owner = {}});
  bytes.replace(0, 24, start, 0, 24);
  base::PutLittleEndian(&bytes[252], Checksum(std::string_view(bytes).substr(0, 252)));
  const auto stream = ReadLittleEndian<std::uint64_t>(bytes, 24);
  for (std::size_t at = kHeaderBytes; at + kChunkHeaderBytes <= bytes.size();) {
    const std::size_t left = std::min(kBlockBytes - at % kBlockBytes, bytes.size() - at);
    const std::size_t size =
        left < kChunkHeaderBytes ? left : kChunkHeaderBytes + ReadLittleEndian<std::uint16_t>(bytes, at + 4);
    if (size > left || left < kChunkHeaderBytes) {
      at += left;
      continue;
    }
    const std::uint32_t checksum = ChunkChecksum(stream, segment, std::string_view(bytes).substr(at + 4, size - 4));
    base::PutLittleEndian(&bytes[at], checksum);
    at += size;
  }
}

// Whether the file's chunks say so, by their checksums alone.
bool IsBacked(std::string_view bytes, std::uint64_t stream, std::uint64_t segment, const Entry& entry) {
  std::string payload;
  for (std::size_t at = entry.offset; at + kChunkHeaderBytes <= bytes.size();) {
    const std::size_t length = ReadLittleEndian<std::uint16_t>(bytes, at + 4);
    const auto part = ReadLittleEndian<std::uint8_t>(bytes, at + 7);
    if (at + kChunkHeaderBytes + length > bytes.size()) return false;
    const std::string_view checked = bytes.substr(at + 4, kChunkHeaderBytes - 4 + length);
    if (ReadLittleEndian<std::uint32_t>(bytes, at) != ChunkChecksum(stream, segment, checked)) return false;
    if (ReadLittleEndian<std::uint64_t>(bytes, at + 8) != entry.sequence) return false;
    payload += bytes.substr(at + kChunkHeaderBytes, length);
    if (part == 0 || part == 3) return payload == entry.payload;
    at += kChunkHeaderBytes + length;
    const std::size_t left = kBlockBytes - at % kBlockBytes;
    if (left <= kChunkHeaderBytes) at += left;
  }
  return false;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadEverything(os::SimulatedDisk& disk, const FolderSurvey& survey) {
  const std::deque<SegmentInfo> segments(survey.segments.begin(), survey.segments.end());
  JournalReader reader(disk, kFolder);
  EntryFetcher fetcher(disk, kFolder);
  Position last;
  reader.ReadAll(segments, [&](const JournalReader::Found& found) {
    const std::string bytes = disk.Bytes(kFolder / SegmentName(found.position.segment)).value_or("");
    Require(last < found.position);
    last = found.position;
    Require(found.entry.payload.size() <= LargestPayload(found.entry.type));
    Require(IsBacked(bytes, found.stream, found.position.segment, found.entry));
    const auto fetched = fetcher.Fetch(found.position);
    Require(fetched.ok() && fetched->payload == found.entry.payload);
  });
  for (const SegmentInfo& one : segments) {
    Require(one.first_sequence <= one.last_sequence);
    const auto checkpoint = ReadCheckpoint(disk, kFolder, one);
    Require(!checkpoint.ok() || checkpoint->size() <= kLargestCheckpointBytes);
  }
}

}  // namespace

// The first byte says: 1, the checksums are repaired; 2, the rest are two segments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t first = (data[0] & 2U) != 0 ? rest.size() / 2 : rest.size();
  os::SimulatedDisk disk;
  for (std::uint64_t segment = 1; segment <= (first < rest.size() ? 2U : 1U); ++segment) {
    std::string bytes(segment == 1 ? rest.substr(0, first) : rest.substr(first));
    if ((data[0] & 1U) != 0) RepairChecksums(bytes, segment);
    Require(disk.Put(kFolder / SegmentName(segment), std::move(bytes)).ok());
  }
  const auto inspected = InspectJournal(disk, kFolder, "");
  Require(inspected.ok());
  ReadEverything(disk, *inspected);
  for (const bool is_in_use : {false, true}) {
    Position last;
    const auto check = CheckJournal(disk, kFolder, "", is_in_use, [&](const JournalReader::Found& found) {
      Require(last < found.position);
      last = found.position;
    });
    Require(check.ok() && check->segments <= inspected->segments.size());
  }
  const auto surveyed = SurveyJournal(disk, kFolder, "");
  Require(surveyed.ok() && surveyed->segments.size() == inspected->segments.size());
  return 0;
}
