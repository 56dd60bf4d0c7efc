#include "store/journal_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"

namespace inferometer::store {
namespace {

using Kind = JournalFault::Kind;

const std::filesystem::path kFolder = "/data/journal";

class JournalCheckTest : public testing::Test {
 protected:
  JournalCheckTest() {
    EXPECT_TRUE(disk_.PutFolder("/data").ok());
    Run();
  }
  // A new run of the program, with a stream of its own.
  void Run() {
    journal_.reset();
    sequence_ = 0;
    auto journal = Journal::Open({.folder = kFolder,
                                  .owner = "pi-07",
                                  .stream = ++stream_,
                                  .segment_bytes = 64 << 10U,
                                  .most_bytes = 16 << 20U,
                                  .keep_free_bytes = 0,
                                  .ballast_bytes = 0},
                                 disk_, clock_, owner_);
    ASSERT_TRUE(journal.ok());
    journal_ = std::move(*journal);
  }
  void MustAppend(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      journal_->Append(EntryType::kRecord, sequence_, PayloadOf(stream_, sequence_));
    }
    ASSERT_TRUE(journal_->Sync().ok());
  }
  JournalCheck MustCheck(bool is_in_use = false) {
    records_.clear();
    auto check = CheckJournal(disk_, kFolder, "pi-07", is_in_use, [&](const JournalReader::Found& found) {
      if (IsNumbered(found.entry.type)) records_.emplace_back(found.stream, found.entry.sequence);
    });
    EXPECT_TRUE(check.ok());
    return check.ok() ? std::move(*check) : JournalCheck();
  }
  static std::filesystem::path PathOf(std::uint64_t segment) { return kFolder / SegmentName(segment); }
  void Flip(std::uint64_t segment, std::uint64_t byte) { ASSERT_TRUE(disk_.FlipBit(PathOf(segment), byte * 8).ok()); }
  std::uint64_t SizeOf(std::uint64_t segment) { return disk_.Bytes(PathOf(segment)).value_or("").size(); }

  os::SimulatedDisk disk_;
  HandClock clock_;
  OwnerForTests owner_;
  std::unique_ptr<Journal> journal_;
  StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<std::pair<StreamId, std::uint64_t>> records_;
};

TEST_F(JournalCheckTest, WhatACrashLeftOfASegmentsCreationIsANote) {
  MustAppend(3);
  journal_.reset();
  ASSERT_TRUE(disk_.Put(PathOf(9), "INFJR").ok());
  const JournalCheck check = MustCheck();
  EXPECT_TRUE(check.faults.empty());
  ASSERT_EQ(check.notes.size(), 1U);
  EXPECT_EQ(check.notes[0], PathOf(9).string() + ": a segment without a header, as a crash left it; it holds nothing");
  EXPECT_TRUE(MustCheck(/*is_in_use=*/true).notes.empty()) << "it may just be made";
}

TEST_F(JournalCheckTest, WholeJournalHasNoFaultAndGivesEveryRecordOnceAndChangesNothing) {
  MustAppend(300);
  ASSERT_TRUE(journal_->Close().ok());
  Run();
  MustAppend(20);
  const auto names = disk_.Names(kFolder);
  const JournalCheck check = MustCheck();
  EXPECT_TRUE(check.faults.empty()) << check.faults[0].text;
  EXPECT_TRUE(check.notes.empty()) << check.notes[0];
  EXPECT_EQ(check.segments, names.size());
  ASSERT_EQ(records_.size(), 320U);
  EXPECT_EQ(records_[299], (std::pair<StreamId, std::uint64_t>{1, 300}));
  EXPECT_EQ(records_[300], (std::pair<StreamId, std::uint64_t>{2, 1}));
  EXPECT_EQ(disk_.Names(kFolder), names);
}

TEST_F(JournalCheckTest, FlippedByteInASealedSegmentIsNamedWithItsChunk) {
  MustAppend(300);
  ASSERT_TRUE(journal_->Close().ok());
  const Position place = owner_.durable[20];
  ASSERT_EQ(place.segment, 1U);
  Flip(1, place.offset + 30);
  const JournalCheck check = MustCheck();
  ASSERT_EQ(check.faults.size(), 1U);
  EXPECT_EQ(check.faults[0].kind, Kind::kDamaged);
  EXPECT_EQ(check.faults[0].file, PathOf(1));
  EXPECT_EQ(check.faults[0].offset, place.offset);
}

TEST_F(JournalCheckTest, EachDamagedPlaceIsNamed) {
  MustAppend(300);
  ASSERT_TRUE(journal_->Close().ok());
  const std::uint64_t last = MustCheck().segments;
  for (std::uint64_t segment = 1; segment <= last; ++segment) Flip(segment, kHeaderBytes + 2);
  EXPECT_EQ(MustCheck().faults.size(), last);
}

TEST_F(JournalCheckTest, DamagedEndOfASealedSegmentIsDamageAndOfACrashedOneANote) {
  MustAppend(3);
  Run();  // as after a crash
  MustAppend(3);
  ASSERT_TRUE(journal_->Close().ok());
  const std::string torn = disk_.Bytes(PathOf(1)).value_or("");
  ASSERT_TRUE(disk_.Put(PathOf(1), torn + "half of an ent").ok());
  const JournalCheck crashed = MustCheck();
  EXPECT_TRUE(crashed.faults.empty()) << crashed.faults[0].text;
  ASSERT_EQ(crashed.notes.size(), 1U);
  EXPECT_NE(crashed.notes[0].find(PathOf(1).string()), std::string::npos);

  Flip(2, owner_.durable[3].offset + 20);
  const JournalCheck damaged = MustCheck();
  ASSERT_EQ(damaged.faults.size(), 1U);
  EXPECT_EQ(damaged.faults[0].file, PathOf(2));
  EXPECT_EQ(damaged.faults[0].offset, owner_.durable[3].offset);
}

// Its last entry is no record: no sequence is missing.
TEST_F(JournalCheckTest, DamagedNoteAtTheEndOfASealedOrAContinuedSegmentIsDamage) {
  MustAppend(3);
  journal_->Append(EntryType::kSaved, 0, "a note");
  ASSERT_TRUE(journal_->Sync().ok());
  const std::uint64_t note_end = SizeOf(1);
  disk_.SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kSyncData && path == PathOf(1) ? EIO : 0;
  });
  MustAppend(1);  // in the second segment: the first failed
  disk_.ClearFaults();
  EXPECT_TRUE(MustCheck().faults.empty());
  Flip(1, note_end - 2);
  const JournalCheck continued = MustCheck();
  ASSERT_EQ(continued.faults.size(), 1U);
  EXPECT_EQ(continued.faults[0].file, PathOf(1));
  Flip(1, note_end - 2);

  journal_->Append(EntryType::kSaved, 0, "a note");
  ASSERT_TRUE(journal_->Close().ok());
  EXPECT_TRUE(MustCheck().faults.empty());
  Flip(2, SizeOf(2) - kSealBytes - 2);
  const JournalCheck sealed = MustCheck();
  ASSERT_EQ(sealed.faults.size(), 1U);
  EXPECT_EQ(sealed.faults[0].file, PathOf(2));
  EXPECT_TRUE(sealed.notes.empty());
}

TEST_F(JournalCheckTest, RecordThatTheNextSegmentSawAndIsCutOffIsMissed) {
  MustAppend(10);
  Run();
  MustAppend(1);
  owner_.durable.clear();
  const std::uint64_t half = SizeOf(1) / 2;
  ASSERT_TRUE(disk_.TruncateTo(PathOf(1), half).ok());
  const JournalCheck check = MustCheck();
  ASSERT_EQ(check.faults.size(), 1U);
  EXPECT_EQ(check.faults[0].file, PathOf(1));
  EXPECT_LT(records_.size(), 11U);
}

TEST_F(JournalCheckTest, SegmentThatIsGoneBetweenOthersIsMissed) {
  MustAppend(300);
  ASSERT_TRUE(journal_->Close().ok());
  ASSERT_TRUE(disk_.Unlink(PathOf(2)).ok());
  const JournalCheck check = MustCheck();
  ASSERT_EQ(check.faults.size(), 1U);
  EXPECT_EQ(check.faults[0].kind, Kind::kMissing);
  EXPECT_EQ(check.faults[0].file, PathOf(2));
  ASSERT_TRUE(disk_.Unlink(PathOf(1)).ok());
  EXPECT_TRUE(MustCheck().faults.empty()) << "segments go from the front";
}

TEST_F(JournalCheckTest, ForeignAndUnreadableSegmentsAreNamedAndStay) {
  MustAppend(3);
  ASSERT_TRUE(journal_->Close().ok());
  SegmentHeader header{.segment = 7, .stream = 9, .begun = {}, .owner = "another"};
  ASSERT_TRUE(disk_.Put(PathOf(7), EncodeHeader(header)).ok());
  disk_.SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kOpen && path == PathOf(1) ? EACCES : 0;
  });
  const JournalCheck check = MustCheck();
  disk_.ClearFaults();
  ASSERT_EQ(check.faults.size(), 2U);
  EXPECT_EQ(check.faults[0].file, PathOf(1));
  EXPECT_EQ(check.faults[1].file, PathOf(7));
  EXPECT_EQ(check.faults[1].text, "the segment cannot be used: is the journal of another, not of pi-07");
  EXPECT_TRUE(disk_.Bytes(PathOf(7)).has_value());
}

TEST_F(JournalCheckTest, OpenEndOfALiveWriterIsNotJudged) {
  MustAppend(10);
  const std::string whole = disk_.Bytes(PathOf(1)).value_or("");
  ASSERT_TRUE(disk_.Put(PathOf(1), whole + std::string(100, 'x')).ok());
  const JournalCheck check = MustCheck(/*is_in_use=*/true);
  EXPECT_TRUE(check.faults.empty());
  EXPECT_TRUE(check.notes.empty());
  EXPECT_EQ(records_.size(), 10U);
}

TEST_F(JournalCheckTest, QuarantineIsMentioned) {
  MustAppend(1);
  ASSERT_TRUE(disk_.Put(kFolder / "quarantine" / SegmentName(1), "x").ok());
  const JournalCheck check = MustCheck();
  EXPECT_TRUE(check.faults.empty());
  ASSERT_EQ(check.notes.size(), 1U);
  EXPECT_NE(check.notes[0].find("quarantine: 1 segments"), std::string::npos) << check.notes[0];
}

TEST_F(JournalCheckTest, OwnerIsThatOfTheNewestReadableSegment) {
  EXPECT_EQ(OwnerOfJournal(disk_, "/nowhere"), "");
  MustAppend(1);
  EXPECT_EQ(OwnerOfJournal(disk_, kFolder), "pi-07");
  ASSERT_TRUE(disk_.Put(PathOf(5), "garbage").ok());
  EXPECT_EQ(OwnerOfJournal(disk_, kFolder), "pi-07");
  ASSERT_TRUE(disk_.Put(PathOf(4), EncodeHeader({.segment = 4, .stream = 1, .begun = {}, .owner = "hub"})).ok());
  EXPECT_EQ(OwnerOfJournal(disk_, kFolder), "hub");
}

}  // namespace
}  // namespace inferometer::store
