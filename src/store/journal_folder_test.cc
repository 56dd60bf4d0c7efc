// What a start makes of a folder, whatever it finds there.
#include "store/journal_folder.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

const std::filesystem::path kFolder = "/data/journal";

class JournalFolderTest : public testing::Test {
 protected:
  JournalFolderTest() { EXPECT_TRUE(disk_.PutFolder("/data").ok()); }
  Result<std::unique_ptr<Journal>> Open() {
    return Journal::Open({.folder = kFolder,
                          .owner = "pi-07",
                          .stream = ++stream_,
                          .may_begin_anew = may_begin_anew_,
                          .segment_bytes = 64 << 10U,
                          .most_bytes = 16 << 20U,
                          .keep_free_bytes = 0,
                          .ballast_bytes = 0},
                         disk_, clock_, owner_);
  }
  void MustOpen() {
    auto journal = Open();
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    journal_ = std::move(*journal);
    EXPECT_TRUE(journal_->SetAside().ok());
  }
  void MustAppend(std::uint64_t upto) {
    for (std::uint64_t i = 1; i <= upto; ++i) journal_->Append(EntryType::kRecord, i, PayloadOf(stream_, i));
    const Status synced = journal_->Sync();
    ASSERT_TRUE(synced.ok()) << synced.message();
  }
  FolderSurvey MustSurvey() {
    auto survey = SurveyJournal(disk_, kFolder, "pi-07");
    EXPECT_TRUE(survey.ok()) << survey.status().message();
    return std::move(survey).value();
  }
  static std::filesystem::path Segment(std::uint64_t number) { return kFolder / SegmentName(number); }
  void FlipByte(std::uint64_t segment, std::uint64_t byte) {
    ASSERT_TRUE(disk_.FlipBit(Segment(segment), byte * 8).ok());
  }
  // Fails every look at what is read from there.
  void MakeUnreadable(std::uint64_t segment, os::CallKind kind, int error) {
    disk_.SetFault([=](os::CallKind called, const std::filesystem::path& path) {
      return called == kind && path == Segment(segment) ? error : 0;
    });
  }

  os::SimulatedDisk disk_;
  HandClock clock_;
  OwnerForTests owner_;
  std::unique_ptr<Journal> journal_;
  StreamId stream_ = 0;
  bool may_begin_anew_ = true;
};

TEST_F(JournalFolderTest, PassingLackOfDescriptorsIsAnErrorAndTouchesNothing) {
  MustOpen();
  MustAppend(3);
  disk_.SetFault(
      [](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kList ? EMFILE : 0; });
  EXPECT_EQ(Open().status().code(), Code::kResourceExhausted);
  disk_.ClearFaults();
  MustOpen();
  EXPECT_EQ(journal_->segments().size(), 1U);
  EXPECT_EQ(disk_.Names("/data"), std::vector<std::string>{"journal"});
}

TEST_F(JournalFolderTest, FolderThatCannotBeListedForGoodIsRenamed) {
  MustOpen();
  MustAppend(3);
  int lists = 0;
  disk_.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kList && path == kFolder && ++lists <= 3 ? EIO : 0;
  });
  MustOpen();
  EXPECT_TRUE(journal_->segments().empty());
  EXPECT_EQ(disk_.Names("/data"), (std::vector<std::string>{"journal", "quarantine-1"}));
  EXPECT_EQ(journal_->survey().set_aside.size(), 1U);
}

TEST_F(JournalFolderTest, FolderThatCannotBeListedStaysWhereNoOtherMayTakeItsPlace) {
  MustOpen();
  MustAppend(3);
  may_begin_anew_ = false;
  disk_.SetFault([](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kList ? EIO : 0; });
  EXPECT_FALSE(Open().ok());
  disk_.ClearFaults();
  MustOpen();
  EXPECT_EQ(journal_->segments().size(), 1U);
}

TEST_F(JournalFolderTest, FailedLookAtAFileIsRepeated) {
  MustOpen();
  MustAppend(300);
  journal_.reset();
  const std::size_t segments = MustSurvey().segments.size();
  ASSERT_GT(segments, 3U);
  const int before = disk_.calls();
  MustSurvey();
  const int calls = disk_.calls() - before;
  for (int failing = 1; failing <= calls; ++failing) {
    disk_.FailCall(failing, EIO);
    const FolderSurvey survey = MustSurvey();
    EXPECT_EQ(survey.segments.size(), segments) << "call " << failing;
    EXPECT_EQ(survey.segments.back().last_sequence, 300U) << "call " << failing;
    EXPECT_TRUE(survey.set_aside.empty()) << survey.set_aside[0];
  }
}

TEST_F(JournalFolderTest, FileThatCannotBeReadNowIsNamedAndStaysAndItsNumberIsNotUsed) {
  MustOpen();
  MustAppend(3);
  MakeUnreadable(1, os::CallKind::kOpen, EACCES);
  MustOpen();
  EXPECT_TRUE(journal_->segments().empty());
  ASSERT_EQ(journal_->survey().set_aside.size(), 1U);
  MustAppend(1);
  EXPECT_EQ(journal_->segments().back().segment, 2U);
  disk_.ClearFaults();
  EXPECT_EQ(MustSurvey().segments.size(), 2U);
}

TEST_F(JournalFolderTest, ForeignFileIsFoundAgainWhileAnotherCannotBeRead) {
  MustOpen();
  MustAppend(3);
  journal_.reset();
  ASSERT_TRUE(disk_.Put(Segment(3), std::string(5000, 'x')).ok());
  MakeUnreadable(1, os::CallKind::kOpen, EACCES);
  for (int start = 0; start < 2; ++start) {
    const FolderSurvey survey = MustSurvey();
    EXPECT_EQ(survey.set_aside.size(), 2U);
    EXPECT_EQ(survey.unread.size(), 1U);
    EXPECT_TRUE(SetAside(disk_, kFolder, survey).ok());
  }
  disk_.ClearFaults();
  const FolderSurvey survey = MustSurvey();
  EXPECT_EQ(survey.set_aside.size(), 1U);
  EXPECT_EQ(survey.foreign, std::vector<std::string>{SegmentName(3)});
  EXPECT_TRUE(SetAside(disk_, kFolder, survey).ok());
  EXPECT_TRUE(MustSurvey().set_aside.empty()) << "it is in quarantine";
}

TEST_F(JournalFolderTest, UnreadableBlockCostsItsBlockAndTheSegmentIsNotTakenForDone) {
  MustOpen();
  MustAppend(60);
  journal_.reset();
  const std::uint64_t last = MustSurvey().segments.back().segment;
  MakeUnreadable(last, os::CallKind::kReadAt, 0);
  int reads = 0;
  disk_.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
    // The header is read twice and the seal looked for once; then every block fails.
    return kind == os::CallKind::kReadAt && path == Segment(last) && ++reads > 3 ? EIO : 0;
  });
  const FolderSurvey survey = MustSurvey();
  EXPECT_EQ(survey.segments.back().segment, last);
  EXPECT_TRUE(survey.segments.back().has_records());
  EXPECT_FALSE(survey.segments.back().is_all_read);
  EXPECT_EQ(survey.segments.back().bytes, disk_.Bytes(Segment(last))->size());
}

TEST_F(JournalFolderTest, WhatIsMissingAtTheEndOfAStreamShows) {
  MustOpen();
  MustAppend(30);
  MustOpen();
  MustAppend(1);
  journal_.reset();
  ASSERT_TRUE(disk_.TruncateTo(Segment(1), disk_.Bytes(Segment(1))->size() - 10).ok());
  const FolderSurvey survey = MustSurvey();
  ASSERT_EQ(survey.segments.size(), 2U);
  EXPECT_EQ(survey.segments[0].last_sequence, 30U) << "the next run's header knows of it";
}

TEST_F(JournalFolderTest, MissingSegmentInTheMiddleShows) {
  MustOpen();
  MustAppend(300);
  journal_.reset();
  const FolderSurvey before = MustSurvey();
  ASSERT_GT(before.segments.size(), 3U);
  ASSERT_TRUE(disk_.Unlink(Segment(before.segments[1].segment)).ok());
  const FolderSurvey survey = MustSurvey();
  EXPECT_EQ(survey.segments.size(), before.segments.size() - 1);
  EXPECT_EQ(survey.segments[0].last_sequence, before.segments[1].last_sequence);
  EXPECT_EQ(survey.segments[1].first_sequence, before.segments[2].first_sequence);
}

TEST_F(JournalFolderTest, SegmentWithoutRecordsHasNoneThoughItsStreamHad) {
  MustOpen();
  MustAppend(3);
  disk_.FailCall(2, EIO);  // the sync; the record goes on in another segment
  journal_->Append(EntryType::kRecord, 4, "x");
  ASSERT_TRUE(journal_->Sync().ok());
  MustOpen();
  MustAppend(0);
  ASSERT_TRUE(journal_->Close().ok());
  const FolderSurvey survey = MustSurvey();
  ASSERT_EQ(survey.segments.size(), 2U);
  EXPECT_EQ(survey.segments[0].last_sequence, 3U);
  EXPECT_EQ(survey.segments[1].first_sequence, 4U);
}

// A write may fail when much of it is on the disk, and cutting the file may not survive: the rest is in the next
// segment.
TEST_F(JournalFolderTest, WhatWasWrittenAgainCountsInTheLaterSegmentOnly) {
  MustOpen();
  MustAppend(3);
  const std::string durable = *disk_.Bytes(Segment(1));
  journal_->Append(EntryType::kRecord, 4, "four");
  journal_->Append(EntryType::kRecord, 5, "five");
  ASSERT_TRUE(journal_->Write().ok());
  const std::string with_rest = *disk_.Bytes(Segment(1));
  disk_.FailCall(1, EIO);
  ASSERT_TRUE(journal_->Sync().ok());
  journal_.reset();
  ASSERT_GT(with_rest.size(), durable.size());
  ASSERT_TRUE(disk_.Put(Segment(1), with_rest).ok());
  const FolderSurvey survey = MustSurvey();
  ASSERT_EQ(survey.segments.size(), 2U);
  EXPECT_EQ(survey.segments[0].bytes, durable.size());
  EXPECT_EQ(survey.segments[0].last_sequence, 3U);
  EXPECT_EQ(survey.segments[1].first_sequence, 4U);
  EXPECT_EQ(survey.damaged_places, 0U);
}

TEST_F(JournalFolderTest, WhatACrashLeavesOfACreationIsRemovedQuietly) {
  MustOpen();
  MustAppend(3);
  journal_.reset();
  for (const std::size_t size : {0U, 1U, 511U, 512U, 700U, 100'000U}) {
    ASSERT_TRUE(disk_.Put(Segment(2), std::string(size, '\0')).ok());
    EXPECT_TRUE(MustSurvey().set_aside.empty()) << size << " bytes";
    EXPECT_FALSE(disk_.Bytes(Segment(2)).has_value()) << size << " bytes";
  }
}

TEST_F(JournalFolderTest, InspectingChangesNothing) {
  MustOpen();
  MustAppend(3);
  journal_.reset();
  ASSERT_TRUE(disk_.Put(Segment(2), "").ok());
  ASSERT_TRUE(disk_.Put(Segment(3), std::string(5000, 'x')).ok());
  const auto survey = InspectJournal(disk_, kFolder, "");
  ASSERT_TRUE(survey.ok());
  EXPECT_EQ(survey->segments.size(), 1U);
  EXPECT_EQ(survey->set_aside.size(), 1U);
  EXPECT_EQ(disk_.Names(kFolder), (std::vector<std::string>{SegmentName(1), SegmentName(2), SegmentName(3)}));
}

TEST_F(JournalFolderTest, QuarantineKeepsSoManyAndNoMore) {
  MustOpen();
  for (std::uint64_t i = 1; i <= kMostQuarantined + 5; ++i) {
    ASSERT_TRUE(disk_.Put(Segment(i), std::string(5000, 'x')).ok());
  }
  const FolderSurvey survey = MustSurvey();
  EXPECT_EQ(survey.set_aside.size(), kMostQuarantined + 5);
  EXPECT_TRUE(SetAside(disk_, kFolder, survey).ok());
  EXPECT_EQ(disk_.Names(kFolder / "quarantine").size(), kMostQuarantined);
  EXPECT_TRUE(MustSurvey().set_aside.empty());
}

TEST_F(JournalFolderTest, ForeignFileThatCannotGoIntoQuarantineIsAnErrorAndStays) {
  MustOpen();
  ASSERT_TRUE(disk_.Put(Segment(1), std::string(5000, 'x')).ok());
  ASSERT_TRUE(disk_.Put(kFolder / "quarantine", "a file").ok());
  EXPECT_FALSE(SetAside(disk_, kFolder, MustSurvey()).ok());
  ASSERT_TRUE(disk_.Unlink(kFolder / "quarantine").ok());
  for (const auto failing : {os::CallKind::kCreateFolder, os::CallKind::kRename}) {
    disk_.SetFault([failing](os::CallKind kind, const std::filesystem::path&) { return kind == failing ? EROFS : 0; });
    EXPECT_FALSE(SetAside(disk_, kFolder, MustSurvey()).ok());
    EXPECT_EQ(MustSurvey().set_aside.size(), 1U);
  }
}

TEST_F(JournalFolderTest, StrayNamesAreLeftAlone) {
  ASSERT_TRUE(disk_.Put(kFolder / "18446744073709551615.journal", "x").ok());
  ASSERT_TRUE(disk_.Put(kFolder / "notes.txt", "x").ok());
  ASSERT_TRUE(disk_.PutFolder(Segment(7)).ok());
  MustOpen();
  MustAppend(1);
  EXPECT_EQ(journal_->segments().back().segment, 8U);
  MustOpen();
  EXPECT_EQ(journal_->segments().size(), 1U);
}

TEST_F(JournalFolderTest, NumberThatWouldBeTheLastIsAnErrorThatShowsAndHealsItself) {
  MustOpen();
  ASSERT_TRUE(disk_.Put(Segment(kHighestSegment), std::string(5000, 'x')).ok());
  MustOpen();
  journal_->Append(EntryType::kRecord, 1, "x");
  EXPECT_FALSE(journal_->Sync().ok());
  EXPECT_TRUE(journal_->health().is_failing);
  MustOpen();
  MustAppend(1);
  EXPECT_EQ(journal_->segments().back().segment, 1U);
}

TEST_F(JournalFolderTest, NamesThatAreAllTakenAreAnErrorAndNoEndlessLoop) {
  MustOpen();
  disk_.SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kOpen && path.extension() == ".journal" ? EEXIST : 0;
  });
  journal_->Append(EntryType::kRecord, 1, "x");
  EXPECT_FALSE(journal_->Sync().ok());
  disk_.ClearFaults();
  clock_.Pass(std::chrono::minutes(2));
  EXPECT_TRUE(journal_->Sync().ok());
}

TEST_F(JournalFolderTest, FoldersOwnNameIsDurableBeforeARecordIs) {
  for (int failing = 0; failing < 3; ++failing) {
    os::SimulatedDisk disk;
    ASSERT_TRUE(disk.PutFolder("/data").ok());
    int syncs = 0;
    disk.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
      return kind == os::CallKind::kSyncFolder && path == "/data" && syncs++ < failing ? EIO : 0;
    });
    auto journal = Journal::Open({.folder = kFolder, .owner = "pi-07", .stream = 1}, disk, clock_, owner_);
    ASSERT_TRUE(journal.ok());
    (*journal)->Append(EntryType::kRecord, 1, "x");
    clock_.Pass(std::chrono::minutes(2));
    if (!(*journal)->Sync().ok()) {
      clock_.Pass(std::chrono::minutes(2));
      ASSERT_TRUE((*journal)->Sync().ok());
    }
    disk.Crash(1, os::CrashMode::kDropUnsynced);
    disk.Restart();
    EXPECT_FALSE(disk.Names(kFolder).empty()) << failing << " failures";
  }
}

TEST_F(JournalFolderTest, OwnerThatDoesNotFitIsRefused) {
  const auto journal =
      Journal::Open({.folder = kFolder, .owner = std::string(65, 'o'), .stream = 1}, disk_, clock_, owner_);
  EXPECT_EQ(journal.status().code(), Code::kInvalidArgument);
}

TEST_F(JournalFolderTest, CheckpointThatIsTooLargeIsLeftOut) {
  owner_.checkpoint = std::string(kLargestCheckpointBytes + 1, 'c');
  MustOpen();
  MustAppend(1);
  EXPECT_EQ(ReadCheckpoint(disk_, kFolder, journal_->segments()[0]).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::store
