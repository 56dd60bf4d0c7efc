// Damage of every kind that a file can have: it costs what stands in its block, and nothing wrong is ever read.
#include "store/segment_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/checksum.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

const SegmentPlace kPlace{.stream = 0x1122334455667788, .segment = 3};
const std::filesystem::path kPath = "/segment";

class SegmentReaderTest : public testing::Test {
 protected:
  void Put(const std::string& bytes) {
    size_ = bytes.size();
    ASSERT_TRUE(disk_.Put(kPath, bytes).ok());
  }
  SegmentReader MustOpen() {
    auto reader = SegmentReader::Open(disk_, kPath);
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    return std::move(reader).value();
  }
  // Whether the entry is one that was written there, with all its bytes.
  static bool IsGenuine(const SegmentForTests& segment, const Entry& entry) {
    const auto& all = segment.entries();
    const auto at = std::lower_bound(all.begin(), all.end(), entry.offset,
                                     [](const auto& one, std::uint64_t offset) { return one.entry.offset < offset; });
    return at != all.end() && at->entry.offset == entry.offset && at->entry.type == entry.type &&
           at->entry.sequence == entry.sequence && at->entry.payload == entry.payload;
  }
  // Offsets of the entries that are read, all of them genuine and in their order.
  std::vector<std::uint64_t> ReadAll(const SegmentForTests& segment) {
    SegmentReader reader = MustOpen();
    std::vector<std::uint64_t> offsets;
    Entry entry;
    for (;;) {
      const auto more = reader.Next(size_, entry);
      EXPECT_TRUE(more.ok()) << more.status().message();
      if (!more.ok() || !*more) break;
      EXPECT_TRUE(IsGenuine(segment, entry)) << "at " << entry.offset;
      EXPECT_TRUE(offsets.empty() || offsets.back() < entry.offset);
      offsets.push_back(entry.offset);
    }
    damage_ = reader.damage();
    return offsets;
  }
  static std::vector<std::uint64_t> Offsets(const SegmentForTests& segment, std::size_t count) {
    std::vector<std::uint64_t> offsets;
    for (std::size_t i = 0; i < count; ++i) offsets.push_back(segment.entries()[i].entry.offset);
    return offsets;
  }
  static std::vector<std::uint64_t> Offsets(const SegmentForTests& segment) {
    return Offsets(segment, segment.entries().size());
  }

  os::SimulatedDisk disk_;
  std::uint64_t size_ = 0;
  SegmentDamage damage_;
};

SegmentForTests TwoBlocks() {
  SegmentForTests segment(kPlace);
  segment.FillTo(2 * kBlockBytes);
  return segment;
}

TEST_F(SegmentReaderTest, EntriesAreReadAsTheyWereWritten) {
  const SegmentForTests segment = TwoBlocks();
  Put(segment.bytes());
  EXPECT_EQ(ReadAll(segment), Offsets(segment));
  EXPECT_EQ(damage_.places, 0U);
  EXPECT_FALSE(damage_.ends_badly);
}

TEST_F(SegmentReaderTest, EveryTruncationKeepsTheWholeEntriesBeforeIt) {
  const SegmentForTests segment = TwoBlocks();
  Put(segment.bytes());
  const std::size_t step = WantsFullTests() ? 1 : 31;
  const auto all = Offsets(segment);
  for (std::size_t size = segment.bytes().size(); size >= kHeaderBytes; --size) {
    const std::size_t whole = segment.WholeIn(size);
    const bool is_at_a_border = segment.WholeIn(size + 1) != whole || segment.WholeIn(size - 1) != whole;
    if (size % step != 0 && !is_at_a_border) continue;
    ASSERT_TRUE(disk_.TruncateTo(kPath, size).ok());
    size_ = size;
    const auto read = ReadAll(segment);
    ASSERT_TRUE(read.size() == whole && std::equal(read.begin(), read.end(), all.begin())) << size << " bytes";
    ASSERT_EQ(damage_.places, 0U) << "a torn tail is no damage; " << size << " bytes";
  }
}

// What may be lost when a byte of this block is bad.
bool StandsIn(const SegmentForTests::Placed& one, std::uint64_t block) {
  return one.entry.offset / kBlockBytes <= block && (one.end - 1) / kBlockBytes >= block;
}

class FlippedBitTest : public SegmentReaderTest, public testing::WithParamInterface<unsigned> {
 protected:
  // Whether every entry is read that the bad byte may not cost, and none that holds it.
  static testing::AssertionResult CostsItsBlockAtMost(const SegmentForTests& segment, std::uint64_t byte,
                                                      const std::vector<std::uint64_t>& read) {
    std::size_t next = 0;
    for (const auto& one : segment.entries()) {
      const bool is_read = next < read.size() && read[next] == one.entry.offset;
      next += is_read ? 1 : 0;
      const bool is_hit = one.entry.offset <= byte && byte < one.end;
      const bool may_be_lost = byte >= kHeaderBytes && StandsIn(one, byte / kBlockBytes) && byte < one.end;
      if (!is_read && !may_be_lost) return testing::AssertionFailure() << "lost: the entry at " << one.entry.offset;
      if (is_read && is_hit) return testing::AssertionFailure() << "believed: the entry at " << one.entry.offset;
    }
    return testing::AssertionSuccess();
  }
};

TEST_P(FlippedBitTest, CostsWhatStandsInItsBlockAndNothingWrongIsRead) {
  const SegmentForTests segment = TwoBlocks();
  Put(segment.bytes());
  const std::size_t step = WantsFullTests() ? 1 : 211;
  for (std::size_t byte = GetParam(); byte < segment.bytes().size(); byte += step) {
    ASSERT_TRUE(disk_.FlipBit(kPath, byte * 8 + GetParam()).ok());
    const auto read = ReadAll(segment);
    ASSERT_TRUE(disk_.FlipBit(kPath, byte * 8 + GetParam()).ok());
    ASSERT_TRUE(CostsItsBlockAtMost(segment, byte, read)) << "byte " << byte;
    const bool loses = read.size() < segment.entries().size();
    ASSERT_EQ(loses, damage_.places > 0 || damage_.ends_badly) << "byte " << byte;
  }
}
INSTANTIATE_TEST_SUITE_P(EachBit, FlippedBitTest, testing::Range(0U, 8U));

TEST_F(SegmentReaderTest, FilledTailIsATornTail) {
  const SegmentForTests segment = TwoBlocks();
  for (const char fill : {'\0', '\xff'}) {
    for (std::size_t count = 1; count <= 4096; count += WantsFullTests() ? 1U : 61U) {
      std::string bytes = segment.bytes();
      const std::size_t kept = bytes.size() - count;
      bytes.replace(kept, count, count, fill);
      Put(bytes);
      EXPECT_EQ(ReadAll(segment), Offsets(segment, segment.WholeIn(kept))) << count << " bytes";
      EXPECT_EQ(damage_.places, 0U);
      EXPECT_TRUE(damage_.ends_badly);
    }
  }
}

TEST_F(SegmentReaderTest, ZerosBehindTheEndCostNothing) {
  SegmentForTests segment(kPlace);
  segment.FillTo(40'000);
  for (const std::size_t more : {1U, 16U, 17U, 39U, 40U, 4096U, 100'000U}) {
    Put(segment.bytes() + std::string(more, '\0'));
    EXPECT_EQ(ReadAll(segment), Offsets(segment)) << more << " zeros";
    EXPECT_EQ(damage_.places, 0U);
  }
}

TEST_F(SegmentReaderTest, OneHeaderCopyIsEnoughAndNoneIsDamage) {
  const SegmentForTests segment = TwoBlocks();
  std::string bytes = segment.bytes();
  bytes[30] = static_cast<char>(bytes[30] ^ 1);
  Put(bytes);
  EXPECT_EQ(ReadAll(segment), Offsets(segment));
  bytes[kHeaderCopyBytes + 100] = static_cast<char>(bytes[kHeaderCopyBytes + 100] ^ 1);
  Put(bytes);
  const auto reader = SegmentReader::Open(disk_, kPath);
  EXPECT_EQ(reader.status().code(), Code::kDataLoss);
  EXPECT_NE(reader.status().message().find("/segment"), std::string::npos);
}

TEST_F(SegmentReaderTest, SealThatNeedsPaddingIsReadAndThePaddingIsNoDamage) {
  for (std::size_t left = 0; left <= 60; ++left) {
    SegmentForTests segment(kPlace, std::string(kBlockBytes - kHeaderBytes - kChunkHeaderBytes - left, 'c'));
    segment.Seal();
    Put(segment.bytes());
    EXPECT_EQ(ReadAll(segment), Offsets(segment)) << left << " left";
    EXPECT_EQ(damage_.places, 0U);
    EXPECT_FALSE(damage_.ends_badly);
  }
}

TEST_F(SegmentReaderTest, CheckpointOfSeveralMebibytesAndLargestEntries) {
  SegmentForTests segment(kPlace, std::string(5 << 20U, 'c'));
  segment.Add(EntryType::kRecord, 1, std::string(kLargestEntryBytes, 'r'));
  segment.Add(EntryType::kRecord, 2, std::string(kLargestEntryBytes - 1, 's'));
  segment.Add(EntryType::kSaved, 2, "");
  Put(segment.bytes());
  EXPECT_EQ(ReadAll(segment), Offsets(segment));
}

// A worn card may return an old block in the place of a new one.
TEST_F(SegmentReaderTest, StaleBlocksOfOtherSegmentsAreNotBelieved) {
  SegmentForTests segment(kPlace);
  segment.FillTo(4 * kBlockBytes);
  SegmentForTests of_other_stream({.stream = 99, .segment = kPlace.segment});
  of_other_stream.FillTo(4 * kBlockBytes);
  SegmentForTests of_other_segment({.stream = kPlace.stream, .segment = kPlace.segment - 1});
  of_other_segment.FillTo(4 * kBlockBytes);
  for (const SegmentForTests* const stale : {&of_other_stream, &of_other_segment}) {
    for (const std::size_t size : {std::size_t{512}, std::size_t{4096}, kBlockBytes}) {
      for (std::size_t at = size; at + size <= segment.bytes().size(); at += size) {
        std::string bytes = segment.bytes();
        bytes.replace(at, size, stale->bytes(), at, size);
        if (bytes == segment.bytes()) continue;  // within a long entry, of the same letters
        Put(bytes);
        const auto read = ReadAll(segment);
        const auto lost = std::count_if(segment.entries().begin(), segment.entries().end(),
                                        [&](const auto& one) { return StandsIn(one, at / kBlockBytes); });
        EXPECT_GE(read.size() + static_cast<std::size_t>(lost), segment.entries().size());
        EXPECT_LT(read.size(), segment.entries().size());
      }
    }
  }
}

TEST_F(SegmentReaderTest, WhatLiesBehindTheEndOfACallIsNotLookedAt) {
  const SegmentForTests segment = TwoBlocks();
  Put(segment.bytes());
  SegmentReader reader = MustOpen();
  Entry entry;
  ASSERT_TRUE(*reader.Next(size_, entry));  // the whole block is in memory now
  for (std::size_t i = 1; i < 5; ++i) {
    const auto& one = segment.entries()[i];
    EXPECT_FALSE(*reader.Next(one.end - 1, entry));
    EXPECT_TRUE(*reader.Next(one.end, entry));
    EXPECT_EQ(entry.offset, one.entry.offset);
  }
}

TEST_F(SegmentReaderTest, ReadingFollowsAFileThatGrows) {
  const SegmentForTests segment = TwoBlocks();
  SegmentReader* reader = nullptr;
  std::optional<SegmentReader> opened;
  std::size_t read = 0;
  ASSERT_TRUE(disk_.Put(kPath, segment.bytes().substr(0, kHeaderBytes)).ok());
  opened = MustOpen();
  reader = &*opened;
  auto file = os::OpenFile::Open(disk_, kPath, os::Access::kReadWrite);
  ASSERT_TRUE(file.ok());
  for (std::size_t at = kHeaderBytes; at < segment.bytes().size(); at += 100) {
    const std::size_t end = std::min(at + 100, segment.bytes().size());
    ASSERT_TRUE(file->WriteAllAt(std::string_view(segment.bytes()).substr(at, end - at), at).ok());
    Entry entry;
    while (*reader->Next(end, entry)) {
      EXPECT_TRUE(IsGenuine(segment, entry));
      ++read;
    }
    EXPECT_EQ(read, segment.WholeIn(end)) << end;
  }
  EXPECT_EQ(reader->damage().places, 0U);
}

TEST_F(SegmentReaderTest, FailedReadMayBeRepeatedAndLosesNothing) {
  const SegmentForTests segment = TwoBlocks();
  Put(segment.bytes());
  for (int failing = 1; failing < 10; ++failing) {
    SegmentReader reader = MustOpen();
    disk_.FailCall(failing, EIO);
    std::vector<std::uint64_t> read;
    Entry entry;
    int failures = 0;
    for (;;) {
      const auto more = reader.Next(size_, entry);
      if (!more.ok() && ++failures < 5) continue;
      if (!more.ok() || !*more) break;
      read.push_back(entry.offset);
    }
    disk_.ClearFaults();
    EXPECT_EQ(read, Offsets(segment)) << "call " << failing;
    EXPECT_EQ(reader.damage().places, 0U) << "call " << failing;
  }
}

TEST_F(SegmentReaderTest, BlockThatCannotBeReadIsPassedOverAndCounted) {
  SegmentForTests segment(kPlace);
  segment.FillTo(3 * kBlockBytes);
  Put(segment.bytes());
  SegmentReader reader = MustOpen();
  std::size_t read = 0;
  Entry entry;
  bool is_bad = true;
  for (;;) {
    // The second block is on a bad sector.
    disk_.SetFault([&](os::CallKind kind, const std::filesystem::path&) {
      return kind == os::CallKind::kReadAt && is_bad && read > 0 && reader.offset() / kBlockBytes == 1 ? EIO : 0;
    });
    const auto more = reader.Next(size_, entry);
    if (!more.ok()) {
      reader.SkipBlock();
      is_bad = false;
      continue;
    }
    if (!*more) break;
    EXPECT_TRUE(IsGenuine(segment, entry));
    ++read;
  }
  const auto lost = std::count_if(segment.entries().begin(), segment.entries().end(),
                                  [&](const auto& one) { return StandsIn(one, 1); });
  EXPECT_GE(read + static_cast<std::size_t>(lost), segment.entries().size());
  EXPECT_LT(read, segment.entries().size());
  EXPECT_EQ(reader.damage().places, 1U);
}

// Chunks with good checksums that no writer of ours makes.
class HostileSegmentTest : public SegmentReaderTest {
 protected:
  // `parts` parts of the largest size, of one entry.
  static std::string EndlessEntry(EntryType type, std::size_t parts) {
    std::string bytes = EncodeHeader({.segment = kPlace.segment, .stream = kPlace.stream, .begun = {}, .owner = "x"});
    bytes.resize(kBlockBytes, 'x');
    // An entry with one byte more than fits into `parts` blocks; its last part is left out.
    AppendEntry(kPlace, bytes.size(), EntryType::kCheckpoint, 1,
                std::string(parts * (kBlockBytes - kChunkHeaderBytes) + 1, 'p'), bytes);
    bytes.resize((parts + 1) * kBlockBytes);
    for (std::size_t block = kBlockBytes; block < bytes.size(); block += kBlockBytes) {
      std::string names(16, '\0');
      base::PutLittleEndian(names.data(), kPlace.stream);
      base::PutLittleEndian(names.data() + 8, kPlace.segment);
      bytes[block + 6] = static_cast<char>(type);
      base::PutLittleEndian(&bytes[block],
                            Checksum(std::string_view(bytes).substr(block + 4, kBlockBytes - 4), Checksum(names)));
    }
    return bytes;
  }
};

TEST_F(HostileSegmentTest, EntryThatNeverEndsTakesNoMoreMemoryThanTheLargest) {
  for (const EntryType type : {EntryType::kRecord, static_cast<EntryType>(200)}) {
    Put(EndlessEntry(type, 50));
    SegmentReader reader = MustOpen();
    Entry entry;
    EXPECT_FALSE(*reader.Next(size_, entry));
    EXPECT_LE(entry.payload.capacity(), 2 * kLargestEntryBytes);
    EXPECT_TRUE(reader.damage().ends_badly || reader.damage().places > 0);
  }
}

TEST_F(HostileSegmentTest, UnfinishedEntryIsNoEntry) {
  Put(EndlessEntry(EntryType::kCheckpoint, 50));
  SegmentReader reader = MustOpen();
  Entry entry;
  EXPECT_FALSE(*reader.Next(size_, entry));
  EXPECT_EQ(reader.offset(), kBlockBytes) << "it may be finished by and by";
}

TEST_F(HostileSegmentTest, EndOfAnEntryWhoseBeginningIsMissingIsDamage) {
  std::string bytes = EndlessEntry(EntryType::kRecord, 2);
  bytes.replace(kBlockBytes, kBlockBytes, bytes, 2 * kBlockBytes, kBlockBytes);  // middle parts only
  bytes.replace(kHeaderBytes, 100, 100, '\0');
  Put(bytes);
  SegmentReader reader = MustOpen();
  reader.Seek(kBlockBytes);
  Entry entry;
  EXPECT_FALSE(*reader.Next(size_, entry));
  EXPECT_TRUE(reader.damage().ends_badly);
}

TEST_F(HostileSegmentTest, MissingFileIsNotFoundAndEmptyOneDamage) {
  EXPECT_EQ(SegmentReader::Open(disk_, kPath).status().code(), Code::kNotFound);
  Put("");
  EXPECT_EQ(SegmentReader::Open(disk_, kPath).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace inferometer::store
