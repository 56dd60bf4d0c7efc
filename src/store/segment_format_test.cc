// The golden bytes were made from docs/journal-format.md by another program, with another CRC-32.
#include "store/segment_format.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/little_endian.h"
#include "store/checksum.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

constexpr SegmentPlace kPlace{.stream = 0x0123456789abcdef, .segment = 7};

std::string Zeros(std::size_t count) { return std::string(count, '\0'); }

SegmentHeader HeaderOfAll() {
  SegmentHeader header{.segment = kPlace.segment,
                       .stream = kPlace.stream,
                       .next_sequence = 42,
                       .previous_stream = 0xfedcba9876543210,
                       .previous_last_sequence = 99,
                       .begun = WallTime(std::chrono::microseconds(1759833015123456)),
                       .owner = "pi-07",
                       .continued_segment = 6,
                       .continued_bytes = 65536};
  for (std::size_t i = 0; i < header.boot_id.size(); ++i) header.boot_id[i] = static_cast<unsigned char>(i);
  return header;
}

std::string GoldenHeader() {
  const std::string copy = Hex("494e464a524e4c0a 01000000 00010000 0700000000000000 efcdab8967452301") +
                           Hex("2a00000000000000 1032547698badcfe 6300000000000000 00feba0d8f400600") +
                           Hex("000102030405060708090a0b0c0d0e0f 05000000 70692d3037") + Zeros(59) +
                           Hex("0600000000000000 0000010000000000") + Zeros(88) + Hex("11ff9adf");
  return copy + copy;
}

const std::string kGoldenCheckpoint = Hex("28de3d6b 0500 05 00 2900000000000000 7374617465");
const std::string kGoldenRecord = Hex("b1f579e3 0700 01 00 2a00000000000000 7b2261223a317d");
const std::string kGoldenSeal =
    Hex("6168f7c6 1800 06 00 2a00000000000000 0200000000000000 2a00000000000000 2a00000000000000");

TEST(SegmentFormat, GoldenHeader) {
  EXPECT_EQ(EncodeHeader(HeaderOfAll()), GoldenHeader());
  const auto decoded = DecodeHeader(GoldenHeader());
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(*decoded, HeaderOfAll());
}

TEST(SegmentFormat, GoldenEntries) {
  std::string bytes = EncodeHeader(HeaderOfAll());
  EXPECT_EQ(AppendEntry(kPlace, bytes.size(), EntryType::kCheckpoint, 41, "state", bytes), 512U);
  EXPECT_EQ(AppendEntry(kPlace, bytes.size(), EntryType::kRecord, 42, "{\"a\":1}", bytes), 533U);
  EXPECT_EQ(AppendEntry(kPlace, bytes.size(), EntryType::kSeal, 42, EncodeSeal({2, 42, 42}), bytes), 556U);
  EXPECT_EQ(bytes, GoldenHeader() + kGoldenCheckpoint + kGoldenRecord + kGoldenSeal);
}

TEST(SegmentFormat, GoldenChunksAreUnderstood) {
  const std::string bytes = kGoldenRecord + "what follows";  // the payload is a view into it
  const auto record = ParseChunk(kPlace, bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->type, EntryType::kRecord);
  EXPECT_EQ(record->part, Part::kWhole);
  EXPECT_EQ(record->sequence, 42U);
  EXPECT_EQ(record->payload, "{\"a\":1}");
  const auto seal = ParseSeal(kPlace, kGoldenSeal);
  ASSERT_TRUE(seal.has_value());
  EXPECT_EQ(seal->entries, 2U);
  EXPECT_EQ(seal->first_sequence, 42U);
  EXPECT_EQ(seal->last_sequence, 42U);
}

TEST(SegmentFormat, ChunkOfAnotherStreamOrSegmentIsNoChunk) {
  EXPECT_FALSE(ParseChunk({kPlace.stream + 1, kPlace.segment}, kGoldenRecord));
  EXPECT_FALSE(ParseChunk({kPlace.stream, kPlace.segment + 1}, kGoldenRecord));
}

TEST(SegmentFormat, AnyFlippedBitOrMissingByteMakesAChunkBad) {
  for (std::size_t bit = 0; bit < kGoldenRecord.size() * 8; ++bit) {
    std::string flipped = kGoldenRecord;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(ParseChunk(kPlace, flipped)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < kGoldenRecord.size(); ++size) {
    EXPECT_FALSE(ParseChunk(kPlace, std::string_view(kGoldenRecord).substr(0, size))) << size << " bytes";
  }
}

// One segment of 2^32 has a place whose checksum over a chunk of zeros is 0, too; here it is looked for backwards.
TEST(SegmentFormat, ZerosAreNoChunkWhateverTheirChecksum) {
  std::string zeros = Zeros(kChunkHeaderBytes);
  std::string names = Zeros(16);
  base::PutLittleEndian(names.data(), kPlace.stream);
  base::PutLittleEndian(names.data() + 8, kPlace.segment);
  base::PutLittleEndian(zeros.data(), Checksum(std::string_view(zeros).substr(4), Checksum(names)));
  EXPECT_FALSE(ParseChunk(kPlace, zeros));
}

TEST(SegmentFormat, OneGoodCopyOfTheHeaderIsEnough) {
  std::string bytes = GoldenHeader();
  bytes[20] = 'x';
  EXPECT_EQ(*DecodeHeader(bytes), HeaderOfAll());
  bytes = GoldenHeader();
  bytes[kHeaderCopyBytes + 20] = 'x';
  EXPECT_EQ(*DecodeHeader(bytes), HeaderOfAll());
  bytes[20] = 'x';
  EXPECT_EQ(DecodeHeader(bytes).status().code(), Code::kDataLoss);
}

TEST(SegmentFormat, TruncatedHeaderIsGoodFromItsFirstCopyOn) {
  for (std::size_t size = 0; size <= kHeaderBytes; ++size) {
    const auto header = DecodeHeader(std::string_view(GoldenHeader()).substr(0, size));
    EXPECT_EQ(header.ok(), size >= kHeaderCopyBytes) << size << " bytes";
  }
}

TEST(SegmentFormat, HeaderOfALaterVersionIsNamedAndNotUnderstood) {
  std::string copy = GoldenHeader().substr(0, kHeaderCopyBytes);
  copy[8] = 2;
  base::PutLittleEndian(&copy[kHeaderCopyBytes - 4], Checksum(std::string_view(copy).substr(0, kHeaderCopyBytes - 4)));
  const auto header = DecodeHeader(copy + copy);
  EXPECT_EQ(header.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(header.status().message().find("version 2"), std::string::npos);
}

TEST(SegmentFormat, OwnerThatIsTooLongIsRefused) {
  std::string copy = GoldenHeader().substr(0, kHeaderCopyBytes);
  base::PutLittleEndian(&copy[80], std::uint32_t{65});
  base::PutLittleEndian(&copy[kHeaderCopyBytes - 4], Checksum(std::string_view(copy).substr(0, kHeaderCopyBytes - 4)));
  EXPECT_EQ(DecodeHeader(copy + copy).status().code(), Code::kDataLoss);
}

// Offsets and sizes around the borders of blocks, where all rules of the format meet.
TEST(SegmentFormat, NoChunkCrossesABlocksBorderAndAllPartsMakeTheEntry) {
  for (std::size_t left = 0; left <= 60; ++left) {
    for (const std::size_t size : {0U, 1U, 16U, 17U, 43U, 32752U, 32753U, 65536U}) {
      const std::uint64_t offset = 3 * kBlockBytes - left;
      const std::string payload(size, 'p');
      std::string out;
      const std::uint64_t begin = AppendEntry(kPlace, offset, EntryType::kRecord, 1, payload, out);
      EXPECT_EQ(begin, left < 17 ? 3 * kBlockBytes : offset);
      std::string together;
      for (std::size_t at = begin - offset; at < out.size();) {
        const std::size_t in_block = (offset + at) % kBlockBytes;
        if (kBlockBytes - in_block < 17) at += kBlockBytes - in_block;
        const std::size_t to_border = kBlockBytes - (offset + at) % kBlockBytes;
        const auto chunk = ParseChunk(kPlace, std::string_view(out).substr(at, to_border));
        ASSERT_TRUE(chunk.has_value()) << left << " left, " << size << " bytes, at " << at;
        together += chunk->payload;
        at += kChunkHeaderBytes + chunk->payload.size();
      }
      EXPECT_EQ(together, payload);
    }
  }
}

TEST(SegmentFormat, SealIsNeverPartedAndEndsTheFile) {
  for (std::size_t left = 0; left <= 60; ++left) {
    std::string out;
    AppendEntry(kPlace, 2 * kBlockBytes - left, EntryType::kSeal, 5, EncodeSeal({9, 1, 5}), out);
    EXPECT_EQ(out.size(), kSealBytes + (left < kSealBytes ? left : 0));
    const auto seal = ParseSeal(kPlace, std::string_view(out).substr(out.size() - kSealBytes));
    ASSERT_TRUE(seal.has_value()) << left << " left";
    EXPECT_EQ(seal->entries, 9U);
    EXPECT_EQ(std::count(out.begin(), out.end() - kSealBytes, '\0'), left < kSealBytes ? left : 0);
  }
}

TEST(SegmentFormat, SealWithImpossibleSequencesIsNone) {
  const auto is_seal = [](std::uint64_t first, std::uint64_t last) {
    std::string out;
    AppendEntry(kPlace, kHeaderBytes, EntryType::kSeal, last, EncodeSeal({2, first, last}), out);
    return ParseSeal(kPlace, out).has_value();
  };
  EXPECT_TRUE(is_seal(0, 0));
  EXPECT_TRUE(is_seal(3, 3));
  EXPECT_FALSE(is_seal(4, 3));
  EXPECT_FALSE(is_seal(0, 3));
  EXPECT_FALSE(is_seal(UINT64_MAX, 1));
}

TEST(SegmentFormat, NamesOfSegments) {
  EXPECT_EQ(SegmentName(1), "0000000001.journal");
  EXPECT_EQ(SegmentName(12'345'678'901), "12345678901.journal");
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{9'999'999'999}, kHighestSegment}) {
    EXPECT_EQ(ParseSegmentName(SegmentName(number)), number);
  }
  for (const char* const name :
       {"", ".journal", "1.journal", "0000000000.journal", "0000000001.journa", "0000000001.journal~",
        "00000000001.journal", "+000000001.journal", "-000000001.journal", " 000000001.journal", "000000000a.journal",
        "0x00000001.journal", "1000000000000001.journal", "18446744073709551615.journal",
        "18446744073709551617.journal"}) {
    EXPECT_FALSE(ParseSegmentName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace inferometer::store
