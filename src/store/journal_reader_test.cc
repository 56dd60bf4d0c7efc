#include "store/journal_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"

namespace inferometer::store {
namespace {

const std::filesystem::path kFolder = "/data/journal";

class JournalReaderTest : public testing::Test {
 protected:
  JournalReaderTest() : reader_(disk_, kFolder) {
    EXPECT_TRUE(disk_.PutFolder("/data").ok());
    auto journal = Journal::Open({.folder = kFolder,
                                  .owner = "pi-07",
                                  .stream = 1,
                                  .segment_bytes = 64 << 10U,
                                  .most_bytes = 16 << 20U,
                                  .keep_free_bytes = 0,
                                  .ballast_bytes = 0},
                                 disk_, clock_, owner_);
    EXPECT_TRUE(journal.ok());
    journal_ = std::move(*journal);
  }
  void MustAppend(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      journal_->Append(EntryType::kRecord, sequence_, PayloadOf(1, sequence_));
    }
    ASSERT_TRUE(journal_->Sync().ok());
  }
  // Small ones, of which every block holds many.
  void MustAppendSmall(int count) {
    for (int i = 0; i < count; ++i) journal_->Append(EntryType::kRecord, ++sequence_, std::string(1000, 'x'));
    ASSERT_TRUE(journal_->Sync().ok());
  }
  // The sequences that Next gives until it gives none.
  std::vector<std::uint64_t> ReadOn() {
    std::vector<std::uint64_t> sequences;
    for (JournalReader::Found found; reader_.Next(journal_->segments(), found);) {
      EXPECT_EQ(found.entry.payload, PayloadOf(1, found.entry.sequence));
      EXPECT_EQ(found.position, owner_.durable[found.entry.sequence]);
      EXPECT_EQ(found.stream, 1U);
      sequences.push_back(found.entry.sequence);
    }
    return sequences;
  }
  // As somebody does who asks again after it gave none.
  std::vector<std::uint64_t> ReadInRounds(int rounds) {
    std::vector<std::uint64_t> sequences;
    for (int i = 0; i < rounds; ++i) {
      const auto more = ReadOn();
      sequences.insert(sequences.end(), more.begin(), more.end());
    }
    return sequences;
  }
  std::vector<std::uint64_t> ReadEverything() {
    std::vector<std::uint64_t> sequences;
    reader_.ReadAll(journal_->segments(),
                    [&](const JournalReader::Found& found) { sequences.push_back(found.entry.sequence); });
    return sequences;
  }
  static std::vector<std::uint64_t> Range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = first; i <= last; ++i) all.push_back(i);
    return all;
  }
  // Of `count` records, those that the segment holds.
  static std::vector<std::uint64_t> Without(const SegmentInfo& segment, std::uint64_t count) {
    auto all = Range(1, segment.first_sequence - 1);
    const auto rest = Range(segment.last_sequence + 1, count);
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
  }
  void MakeReadsFail(std::uint64_t segment, int error) {
    disk_.SetFault([=](os::CallKind kind, const std::filesystem::path& path) {
      return kind == os::CallKind::kReadAt && path.filename() == SegmentName(segment) ? error : 0;
    });
  }
  // The header is read, then so many reads fail.
  void MakeReadsInsideFail(std::uint64_t segment, int count, int error) {
    disk_.SetFault([=, reads = 0](os::CallKind kind, const std::filesystem::path& path) mutable {
      const bool is_there = kind == os::CallKind::kReadAt && path.filename() == SegmentName(segment);
      return is_there && ++reads > 1 && reads <= 1 + count ? error : 0;
    });
  }
  // Of any segment, so many times.
  void MakeOpensFail(int error, int count = INT_MAX) {
    disk_.SetFault([=, opens = 0](os::CallKind kind, const std::filesystem::path&) mutable {
      return kind == os::CallKind::kOpen && opens++ < count ? error : 0;
    });
  }

  os::SimulatedDisk disk_;
  HandClock clock_;
  OwnerForTests owner_;
  std::unique_ptr<Journal> journal_;
  JournalReader reader_;
  std::uint64_t sequence_ = 0;
};

TEST_F(JournalReaderTest, ReadingFollowsTheWriterAcrossSegments) {
  for (std::uint64_t round = 0; round < 50; ++round) {
    MustAppend(10);
    EXPECT_EQ(ReadOn(), Range(round * 10 + 1, round * 10 + 10));
    EXPECT_TRUE(reader_.trouble().ok());
  }
  EXPECT_GT(journal_->segments().size(), 3U);
  EXPECT_EQ(reader_.unreadable(), 0U);
}

TEST_F(JournalReaderTest, WhatIsNotDurableIsNotRead) {
  MustAppend(3);
  journal_->Append(EntryType::kRecord, 4, PayloadOf(1, 4));
  ASSERT_TRUE(journal_->Write().ok());
  EXPECT_EQ(ReadOn(), Range(1, 3));
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(ReadOn(), Range(4, 4));
}

TEST_F(JournalReaderTest, SeekingGoesToAnEntryAndBehindTheEndOfASegment) {
  MustAppend(300);
  reader_.Seek(owner_.durable[137]);
  EXPECT_EQ(ReadOn(), Range(137, 300));
  reader_.Seek(owner_.durable[2]);
  EXPECT_EQ(ReadOn(), Range(2, 300));
  reader_.Seek({journal_->segments()[1].segment, UINT64_MAX});
  EXPECT_EQ(ReadOn(), Range(journal_->segments()[2].first_sequence, 300));
}

TEST_F(JournalReaderTest, SegmentThatIsGoneIsPassedOverAndCountedOnce) {
  MustAppend(300);
  const SegmentInfo gone = journal_->segments()[1];
  ASSERT_TRUE(disk_.Unlink(kFolder / SegmentName(gone.segment)).ok());
  EXPECT_EQ(ReadOn(), Without(gone, 300));
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, LastSegmentThatIsGoneIsCountedOnceHoweverOftenIsAsked) {
  MustAppend(3);
  ASSERT_TRUE(disk_.Unlink(kFolder / SegmentName(1)).ok());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ReadOn().empty());
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, DamageCostsItsBlockAndIsCounted) {
  MustAppend(300);
  const SegmentInfo& second = journal_->segments()[1];
  ASSERT_TRUE(disk_.FlipBit(kFolder / SegmentName(second.segment), 40'000 * 8).ok());
  const auto read = ReadOn();
  EXPECT_LT(read.size(), 300U);
  EXPECT_GT(read.size(), 300U - (second.last_sequence - second.first_sequence));
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, PassingFailureIsToldAndLosesNothing) {
  MustAppend(300);
  MakeReadsFail(journal_->segments()[1].segment, EIO);
  const auto before = ReadOn();
  EXPECT_EQ(before.back(), journal_->segments()[0].last_sequence);
  EXPECT_FALSE(reader_.trouble().ok());
  EXPECT_TRUE(ReadOn().empty());
  EXPECT_FALSE(reader_.trouble().ok());
  disk_.ClearFaults();
  EXPECT_EQ(ReadOn(), Range(before.back() + 1, 300));
  EXPECT_TRUE(reader_.trouble().ok());
  EXPECT_EQ(reader_.unreadable(), 0U);
}

TEST_F(JournalReaderTest, LastingFailureIsPassedOver) {
  MustAppend(300);
  const SegmentInfo second = journal_->segments()[1];
  MakeReadsFail(second.segment, EIO);
  EXPECT_EQ(ReadInRounds(20), Without(second, 300));
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, EachSegmentHasItsOwnPatience) {
  MustAppend(300);
  const SegmentInfo first = journal_->segments()[0];
  MakeOpensFail(EIO);
  EXPECT_TRUE(ReadInRounds(8).empty()) << "with the fifth the first was given up; the second failed four times";
  EXPECT_FALSE(reader_.trouble().ok());
  disk_.ClearFaults();
  EXPECT_EQ(ReadOn(), Without(first, 300));
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, EachBlockHasItsOwnPatience) {
  MustAppendSmall(300);
  const SegmentInfo second = journal_->segments()[1];
  MakeReadsInsideFail(second.segment, 6, EIO);  // five for its first block, and one for the next
  std::vector<std::uint64_t> expected;
  for (const auto& [sequence, position] : owner_.durable) {
    if (position.segment != second.segment || position.offset >= kBlockBytes) expected.push_back(sequence);
  }
  ASSERT_GT(expected.size(), Without(second, 300).size()) << "the second block holds some";
  EXPECT_EQ(ReadEverything(), expected);
  EXPECT_EQ(reader_.unreadable(), 1U);
}

TEST_F(JournalReaderTest, PlaceThatIsSoughtHasItsOwnPatience) {
  MustAppend(300);
  MakeOpensFail(EIO, 5);
  EXPECT_TRUE(ReadInRounds(4).empty());
  const SegmentInfo& second = journal_->segments()[1];
  reader_.Seek({second.segment, kHeaderBytes});
  EXPECT_TRUE(ReadOn().empty());
  EXPECT_EQ(ReadOn(), Range(second.first_sequence, 300));
  EXPECT_EQ(reader_.unreadable(), 0U);
}

TEST_F(JournalReaderTest, WantOfDescriptorsIsNeverFinal) {
  MustAppend(300);
  for (const int error : {EMFILE, ENFILE, ENOMEM, EACCES, EAGAIN}) {
    reader_.Seek({1, kHeaderBytes});
    MakeOpensFail(error);
    EXPECT_TRUE(ReadInRounds(20).empty()) << error;
    EXPECT_FALSE(reader_.trouble().ok()) << error;
    MakeOpensFail(EIO);
    EXPECT_TRUE(ReadOn().empty()) << "what was wanting before makes one failure no final one: " << error;
    disk_.ClearFaults();
    EXPECT_EQ(ReadOn(), Range(1, 300)) << error;
  }
  EXPECT_EQ(reader_.unreadable(), 0U);
}

TEST_F(JournalReaderTest, WantOfMemoryInsideASegmentIsNeverFinal) {
  MustAppend(300);
  MakeReadsInsideFail(journal_->segments()[1].segment, 20, ENOMEM);
  EXPECT_EQ(ReadInRounds(20), Range(1, journal_->segments()[0].last_sequence));
  EXPECT_FALSE(reader_.trouble().ok());
  EXPECT_EQ(ReadOn(), Range(journal_->segments()[1].first_sequence, 300));
  EXPECT_EQ(reader_.unreadable(), 0U);
}

TEST_F(JournalReaderTest, BlockOnABadSectorCostsTheBlockAndNotTheSegment) {
  MustAppend(300);
  const SegmentInfo second = journal_->segments()[1];
  int reads = 0;
  disk_.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
    const bool is_there = kind == os::CallKind::kReadAt && path.filename() == SegmentName(second.segment);
    // The header and the first block are good; the second is tried some times.
    return is_there && ++reads > 2 && reads <= 7 ? EIO : 0;
  });
  const auto read = ReadEverything();
  EXPECT_LT(read.size(), 300U);
  EXPECT_TRUE(std::count_if(read.begin(), read.end(), [&](std::uint64_t one) {
                return one >= second.first_sequence && one <= second.last_sequence;
              }) > 0);
}

TEST_F(JournalReaderTest, ReplayDoesNotEndAtAPassingFailure) {
  MustAppend(300);
  const int before = disk_.calls();
  EXPECT_EQ(ReadEverything(), Range(1, 300));
  const int calls = disk_.calls() - before;
  for (int failing = 1; failing < calls; ++failing) {
    reader_.Seek({1, kHeaderBytes});
    disk_.FailCall(failing, EIO);
    ASSERT_EQ(ReadEverything(), Range(1, 300)) << "call " << failing;
    disk_.ClearFaults();
  }
}

TEST_F(JournalReaderTest, ReplayTriesEachSegmentAnew) {
  MustAppend(300);
  for (const int error : {EIO, EMFILE}) {
    reader_.Seek({1, kHeaderBytes});
    MakeOpensFail(error, 9);  // five times the first segment, four times the second
    EXPECT_EQ(ReadEverything(), Without(journal_->segments()[0], 300)) << error;
  }
  EXPECT_EQ(reader_.unreadable(), 2U);
}

TEST_F(JournalReaderTest, ReplayEndsWhateverIsWanting) {
  MustAppend(300);
  MakeOpensFail(EMFILE);
  EXPECT_TRUE(ReadEverything().empty());
  EXPECT_EQ(reader_.unreadable(), journal_->segments().size());
  reader_.Seek({1, kHeaderBytes});
  EXPECT_TRUE(ReadInRounds(20).empty());
  disk_.ClearFaults();
  EXPECT_EQ(ReadOn(), Range(1, 300)) << "who comes back is waited for again";
}

TEST_F(JournalReaderTest, RemovedSegmentsAreLeftBehindWhileReading) {
  MustAppend(300);
  JournalReader::Found found;
  ASSERT_TRUE(reader_.Next(journal_->segments(), found));
  std::deque<SegmentInfo> rest = journal_->segments();
  rest.pop_front();
  ASSERT_TRUE(reader_.Next(rest, found));
  EXPECT_EQ(found.entry.sequence, rest.front().first_sequence);
  EXPECT_FALSE(JournalReader(disk_, kFolder).Next({}, found));
}

TEST_F(JournalReaderTest, FetchGivesTheEntryThatStandsThere) {
  MustAppend(300);
  EntryFetcher fetcher(disk_, kFolder);
  for (const std::uint64_t sequence : {1U, 2U, 300U, 37U, 38U, 150U}) {
    const auto entry = fetcher.Fetch(owner_.durable[sequence]);
    ASSERT_TRUE(entry.ok()) << entry.status().message();
    EXPECT_EQ(entry->sequence, sequence);
    EXPECT_EQ(entry->payload, PayloadOf(1, sequence));
  }
  Position beside = owner_.durable[5];
  ++beside.offset;
  EXPECT_EQ(fetcher.Fetch(beside).status().code(), Code::kDataLoss);
  EXPECT_EQ(fetcher.Fetch({1, UINT64_MAX}).status().code(), Code::kDataLoss);
  EXPECT_EQ(fetcher.Fetch({99, kHeaderBytes}).status().code(), Code::kNotFound);
}

TEST_F(JournalReaderTest, FetchOfADamagedEntryIsDataLossAndTheNextOneWorks) {
  MustAppend(300);
  const Position damaged = owner_.durable[5];
  ASSERT_TRUE(disk_.FlipBit(kFolder / SegmentName(damaged.segment), (damaged.offset + 20) * 8).ok());
  EntryFetcher fetcher(disk_, kFolder);
  EXPECT_EQ(fetcher.Fetch(damaged).status().code(), Code::kDataLoss);
  EXPECT_TRUE(fetcher.Fetch(owner_.durable[6]).ok()) << "its place is known";
  disk_.FailCall(1, EIO);
  EXPECT_EQ(EntryFetcher(disk_, kFolder).Fetch(owner_.durable[6]).status().code(), Code::kInternal);
}

}  // namespace
}  // namespace inferometer::store
