// On real files, with calls that fail; power cuts stand in journal_crash_test.cc.
#include "store/journal.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::store {
namespace {

class JournalTest : public testing::Test {
 protected:
  // As a new run of the program.
  void Start(StreamId stream = 0) {
    journal_.reset();
    stream_ = stream != 0 ? stream : stream_ + 1;
    options_.stream = stream_;
    options_.folder = temporary_.path() / "journal";
    auto journal = Journal::Open(options_, *calls_, clock_, owner_);
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    journal_ = std::move(*journal);
    sequence_ = 0;
  }
  void MakeFail(std::function<int(int)> fault) {
    faulty_.emplace(std::move(fault));
    calls_ = &*faulty_;
  }
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      journal_->Append(EntryType::kRecord, sequence_, PayloadOf(stream_, sequence_));
    }
  }
  void AppendDurably(int count) {
    Append(count);
    const Status synced = journal_->Sync();
    ASSERT_TRUE(synced.ok()) << synced.message();
  }
  // The sequences of each stream, in the journal's order; payloads are checked.
  std::map<StreamId, std::vector<std::uint64_t>> ReadBack() {
    auto survey = SurveyJournal(os::SystemFileCalls(), options_.folder, options_.owner);
    EXPECT_TRUE(survey.ok());
    const std::deque<SegmentInfo> segments(survey->segments.begin(), survey->segments.end());
    JournalReader reader(os::SystemFileCalls(), options_.folder);
    std::map<StreamId, std::vector<std::uint64_t>> found;
    for (JournalReader::Found one; reader.Next(segments, one);) {
      if (one.entry.type != EntryType::kRecord) continue;
      EXPECT_EQ(one.entry.payload, PayloadOf(one.stream, one.entry.sequence));
      found[one.stream].push_back(one.entry.sequence);
    }
    return found;
  }
  static std::vector<std::uint64_t> UpTo(std::uint64_t last) {
    std::vector<std::uint64_t> all(last);
    for (std::uint64_t i = 0; i < last; ++i) all[i] = i + 1;
    return all;
  }
  std::vector<std::string> Names() { return *os::SystemFileCalls().List(options_.folder); }

  os::TemporaryFolder temporary_;
  HandClock clock_;
  OwnerForTests owner_;
  JournalOptions options_{.owner = "pi-07", .segment_bytes = 64 << 10U, .most_bytes = 64 << 20U, .keep_free_bytes = 0};
  os::FileCalls* calls_ = &os::SystemFileCalls();
  bool broken_ = false;  // outlives the journal's last close
  std::optional<os::FaultyFileCalls> faulty_;
  std::unique_ptr<Journal> journal_;
  StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(JournalTest, WhatWasSyncedIsReadBackAcrossSegmentsAndBlocks) {
  Start();
  AppendDurably(500);
  EXPECT_EQ(owner_.durable.size(), 500U);
  EXPECT_GT(journal_->segments().size(), 3U);
  EXPECT_EQ(ReadBack()[stream_], UpTo(500));
  EntryFetcher fetcher(*calls_, options_.folder);
  for (const std::uint64_t sequence : {1U, 37U, 250U, 500U, 74U}) {
    const auto entry = fetcher.Fetch(owner_.durable[sequence]);
    ASSERT_TRUE(entry.ok()) << entry.status().message();
    EXPECT_EQ(entry->payload, PayloadOf(stream_, sequence));
  }
}

TEST_F(JournalTest, WhatIsDurableIsGivenBackToItsOwner) {
  Start();
  for (const int count : {1, 40, 9}) {
    AppendDurably(count);
    EXPECT_EQ(owner_.last_durable_payload, PayloadOf(stream_, sequence_));
  }
}

TEST_F(JournalTest, EachStartBeginsASegmentAndNamesTheStreamBefore) {
  Start();
  AppendDurably(3);
  Start();
  AppendDurably(2);
  EXPECT_EQ(ReadBack(), (std::map<StreamId, std::vector<std::uint64_t>>{{1, UpTo(3)}, {2, UpTo(2)}}));
  const auto reader = SegmentReader::Open(*calls_, options_.folder / SegmentName(2));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->header().previous_stream, 1U);
  EXPECT_EQ(reader->header().previous_last_sequence, 3U);
  EXPECT_EQ(reader->header().owner, "pi-07");
}

TEST_F(JournalTest, ClosedSegmentIsSealedAndNotReadThroughAgain) {
  Start();
  AppendDurably(3);
  ASSERT_TRUE(journal_->Close().ok());
  Start();
  ASSERT_EQ(journal_->segments().size(), 1U);
  EXPECT_TRUE(journal_->segments()[0].is_sealed);
  EXPECT_EQ(journal_->segments()[0].first_sequence, 1U);
  EXPECT_EQ(journal_->segments()[0].last_sequence, 3U);
}

TEST_F(JournalTest, CheckpointOfTheOwnerBeginsEverySegment) {
  Start();
  owner_.checkpoint = std::string(100'000, 'c');
  AppendDurably(1);
  EXPECT_EQ(*ReadCheckpoint(*calls_, options_.folder, journal_->segments().back()), owner_.checkpoint);
  EXPECT_EQ(ReadBack()[stream_], UpTo(1));
}

TEST_F(JournalTest, EveryCallMayFailOnceAndNothingIsLostOrOutOfOrder) {
  const auto fail_at = [this](int failing, bool tear) {
    journal_.reset();
    MakeFail([=](int nth) { return nth == failing ? EIO : 0; });
    faulty_->tear_writes = tear;
    owner_ = {};
    std::filesystem::remove_all(temporary_.path() / "journal");
    Start(7);
    for (int i = 0; i < 4; ++i) {
      Append(25);
      (void)journal_->Sync();
      clock_.Pass(std::chrono::minutes(2));
    }
    EXPECT_TRUE(journal_->Close().ok()) << "call " << failing;
    EXPECT_TRUE(owner_.dropped.empty() && owner_.given_up.empty());
    EXPECT_EQ(owner_.durable.size(), 100U);
    std::vector<std::uint64_t> once;
    const auto all = ReadBack();
    for (const std::uint64_t one : all.at(7)) {
      if (once.empty() || one > once.back()) once.push_back(one);
    }
    EXPECT_EQ(once, UpTo(100)) << "call " << failing;
    return faulty_->calls() >= failing;
  };
  int failing = 1;
  while (fail_at(failing, failing % 2 == 0)) ++failing;
  EXPECT_GT(failing, 30);
}

TEST_F(JournalTest, FailedSyncIsNeverRepeatedOnTheSameFile) {
  MakeFail([this](int) { return std::exchange(broken_, false) ? EIO : 0; });
  Start();
  AppendDurably(1);
  const auto before = journal_->segments().back().segment;
  Append(1);
  ASSERT_TRUE(journal_->Write().ok());
  broken_ = true;  // the next call is the fdatasync
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_GT(journal_->segments().back().segment, before);
  EXPECT_EQ(owner_.durable.size(), 2U);
  EXPECT_GT(owner_.durable[2].segment, before);
  EXPECT_EQ(journal_->health().failures, 1U);
}

TEST_F(JournalTest, WhileNothingCanBeWrittenTheOldestInMemoryGivesWayAndIsNamed) {
  MakeFail([this](int) { return broken_ ? EROFS : 0; });
  options_.most_pending_bytes = 20'000;
  Start();
  AppendDurably(2);
  broken_ = true;
  Append(1);
  EXPECT_FALSE(journal_->Sync().ok());
  Append(30);
  EXPECT_TRUE(journal_->health().is_failing);
  EXPECT_FALSE(owner_.dropped.empty());
  EXPECT_EQ(*owner_.dropped.begin(), 3U);
  EXPECT_EQ(owner_.dropped_payloads.front(), PayloadOf(options_.stream, 3)) << "what it held is told";
  EXPECT_EQ(journal_->pending() + owner_.dropped.size(), 31U);
  EXPECT_FALSE(journal_->Sync().ok()) << "not due yet";
  broken_ = false;
  clock_.Pass(std::chrono::minutes(2));
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(owner_.durable.size() + owner_.dropped.size(), 33U);
  EXPECT_FALSE(journal_->health().is_failing);
}

TEST_F(JournalTest, AttemptsAfterAFailureComeAtLongerAndLongerIntervals) {
  MakeFail([this](int) { return broken_ ? EIO : 0; });
  Start();
  broken_ = true;
  Append(1);
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(journal_->Sync().ok());
    const auto wait = *journal_->retry_at() - clock_.Steady();
    waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(wait).count());
    clock_.Pass(wait);
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 60, 60}));
}

TEST_F(JournalTest, DoneSegmentsGoWhenTheQuotaIsReachedAndTheOldestNeededOneAfterThem) {
  options_.most_bytes = 512 << 10U;
  Start();
  AppendDurably(200);
  owner_.done_upto = 150;
  AppendDurably(400);
  EXPECT_LE(journal_->bytes(), options_.most_bytes + (64U << 10U));
  EXPECT_FALSE(owner_.given_up.empty());
  EXPECT_GT(*owner_.given_up.rbegin(), 150U);
  EXPECT_GT(*owner_.given_up.begin(), 100U) << "what is done goes first";
  const auto left = ReadBack()[stream_];
  EXPECT_EQ(left.front(), *owner_.given_up.rbegin() + 1);
  EXPECT_EQ(left.back(), 600U);
}

TEST_F(JournalTest, OwnerThatGivesNothingUpKeepsEverything) {
  options_.most_bytes = 512 << 10U;
  owner_.may_give_up = false;
  Start();
  AppendDurably(600);
  EXPECT_EQ(ReadBack()[stream_], UpTo(600));
}

TEST_F(JournalTest, SegmentsOfOthersAndUnreadableOnesAreSetAside) {
  Start();
  AppendDurably(3);
  ASSERT_TRUE(journal_->Close().ok());
  options_.owner = "pi-08";
  Start();
  ASSERT_EQ(journal_->survey().set_aside.size(), 1U);
  EXPECT_NE(journal_->survey().set_aside[0].find("pi-07"), std::string::npos);
  EXPECT_TRUE(journal_->segments().empty());
  EXPECT_TRUE(std::filesystem::exists(options_.folder / SegmentName(1))) << "until its owner has made use of that";
  EXPECT_TRUE(journal_->SetAside().ok());
  EXPECT_TRUE(std::filesystem::exists(options_.folder / "quarantine" / SegmentName(1)));
  std::ofstream(options_.folder / SegmentName(9)) << std::string(5000, 'x');
  Start();
  EXPECT_EQ(journal_->survey().set_aside.size(), 1U);
  AppendDurably(1);
  EXPECT_EQ(journal_->segments().back().segment, 10U) << "no name is used twice";
}

TEST_F(JournalTest, TornCreationIsRemoved) {
  Start();
  std::ofstream(options_.folder / SegmentName(1)) << std::string(300, '\0');
  Start();
  EXPECT_TRUE(journal_->survey().set_aside.empty());
  EXPECT_EQ(Names(), std::vector<std::string>{});
}

TEST_F(JournalTest, FolderThatIsRemovedWhileRunningIsMadeAgain) {
  Start();
  AppendDurably(1);
  std::filesystem::remove_all(options_.folder);
  AppendDurably(400);
  EXPECT_EQ(ReadBack()[stream_].back(), 401U);
}

TEST_F(JournalTest, FileInTheFoldersPlaceIsSetAside) {
  temporary_.Put("journal", "not a folder");
  Start();
  AppendDurably(1);
  EXPECT_EQ(ReadBack()[stream_], UpTo(1));
  EXPECT_TRUE(std::filesystem::exists(temporary_.path() / "quarantine-1"));
}

}  // namespace
}  // namespace inferometer::store
