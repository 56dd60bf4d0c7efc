// Where there is no room, or no writing at all: what goes, in which order, and that nothing else does.
#include <gtest/gtest.h>

#include <cerrno>

#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"
#include "store/watchful_owner_for_tests.h"

namespace inferometer::store {
namespace {

class JournalRoomTest : public testing::Test {
 protected:
  // A fault may hold on to what the test's body had.
  void TearDown() override { disk_.ClearFaults(); }
  JournalRoomTest() {
    EXPECT_TRUE(disk_.PutFolder("/data").ok());
    Watch();
  }
  // Removals become events; `fault` may let calls fail besides.
  void Watch(os::SimulatedDisk::Fault fault = nullptr) {
    disk_.SetFault([this, fault](os::CallKind kind, const std::filesystem::path& path) {
      const int error = fault ? fault(kind, path) : 0;
      if (kind == os::CallKind::kUnlink && error == 0) owner_.events.push_back("remove " + path.filename().string());
      return error;
    });
  }
  void MustOpen() {
    options_.folder = "/data/journal";
    auto journal = Journal::Open(options_, disk_, clock_, owner_);
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    journal_ = std::move(*journal);
  }
  Status Append(int count) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      journal_->Append(EntryType::kRecord, sequence_, std::string(2'000, 'r'));
    }
    return journal_->Sync();
  }
  void MustAppend(int count) {
    const Status appended = Append(count);
    ASSERT_TRUE(appended.ok()) << appended.message();
  }
  // Somebody else's file takes all but `left_bytes` of what is free.
  void FillDisk(std::uint64_t left_bytes) {
    const auto room = disk_.RoomOf("/data");
    ASSERT_TRUE(room.ok());
    const std::uint64_t free = room->free_bytes;
    ASSERT_GE(free, left_bytes);
    ASSERT_TRUE(disk_.Put("/data/others", std::string(free - left_bytes, 'x')).ok());
  }
  std::vector<std::string> TakeEvents() { return std::exchange(owner_.events, {}); }

  os::SimulatedDisk disk_;
  HandClock clock_;
  WatchfulOwner owner_;
  JournalOptions options_{.owner = "pi-07",
                          .stream = 1,
                          .segment_bytes = 64 << 10U,
                          .most_bytes = 16 << 20U,
                          .keep_free_bytes = 0,
                          .keep_free_inodes = 0,
                          .ballast_bytes = 128 << 10U};
  std::unique_ptr<Journal> journal_;
  std::uint64_t sequence_ = 0;
};

TEST_F(JournalRoomTest, OnAFullDiskDoneSegmentsGoThenTheBallastThenTheOldestNeededOne) {
  disk_.SetCapacity(4 << 20U, 1000);
  MustOpen();
  MustAppend(300);  // some ten segments
  ASSERT_GE(journal_->segments().size(), 8U);
  ASSERT_TRUE(journal_->health().has_ballast);
  owner_.done_upto = journal_->segments()[1].last_sequence;
  FillDisk(0);
  std::vector<std::string> events;
  for (int i = 0; i < 40 && events.size() < 5; ++i) {
    MustAppend(20);
    for (std::string& event : TakeEvents()) {
      // Of attempts that found no room; they held nothing.
      if (event != "remove " + SegmentName(journal_->segments().back().segment - 1)) events.push_back(std::move(event));
    }
  }
  ASSERT_GE(events.size(), 5U);
  events.resize(5);
  EXPECT_EQ(events, (std::vector<std::string>{"remove " + SegmentName(1), "remove " + SegmentName(2), "remove ballast",
                                              "give up 3", "remove " + SegmentName(3)}));
  EXPECT_TRUE(owner_.dropped.empty());
  EXPECT_EQ(owner_.durable.size(), sequence_);
}

TEST_F(JournalRoomTest, OneNeededSegmentGoesForEachThatIsWritten) {
  disk_.SetCapacity(4 << 20U, 1000);
  MustOpen();
  MustAppend(300);
  FillDisk(0);
  const std::uint64_t before = journal_->segments().size();
  MustAppend(320);
  EXPECT_LE(journal_->health().given_up, 14U);
  EXPECT_GE(journal_->segments().size() + 4, before) << "room was made for more than was written";
}

TEST_F(JournalRoomTest, SegmentThatSomebodyReadsFreesItsRoomAllTheSame) {
  disk_.SetCapacity(2 << 20U, 1000);
  options_.ballast_bytes = 0;
  MustOpen();
  MustAppend(300);
  JournalReader reader(disk_, "/data/journal");
  JournalReader::Found found;
  ASSERT_TRUE(reader.Next(journal_->segments(), found));
  EntryFetcher fetcher(disk_, "/data/journal");
  ASSERT_TRUE(fetcher.Fetch(found.position).ok());
  FillDisk(0);
  MustAppend(35);
  EXPECT_LE(journal_->health().given_up, 2U);
  EXPECT_TRUE(reader.Next(journal_->segments(), found)) << "reading goes on behind it";
}

TEST_F(JournalRoomTest, OutOfInodesWithBlocksFreeIsFull) {
  disk_.SetCapacity(16 << 20U, 12);  // folders, ballast and segments
  MustOpen();
  MustAppend(600);
  EXPECT_GT(journal_->health().given_up, 0U);
  EXPECT_EQ(owner_.durable.size(), 600U);
  const auto events = TakeEvents();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0], "remove ballast");
}

TEST_F(JournalRoomTest, WithoutANoteOfTheLossNothingNeededGoesAndRecordsWaitInMemory) {
  disk_.SetCapacity(1 << 20U, 1000);
  MustOpen();
  MustAppend(100);
  owner_.may_give_up = false;
  FillDisk(0);
  EXPECT_FALSE(Append(300).ok());
  const std::size_t held = journal_->pending();
  EXPECT_GT(held, 0U);
  EXPECT_EQ(owner_.durable.size() + held, 400U);
  ASSERT_TRUE(disk_.Put("/data/others", "").ok());
  clock_.Pass(std::chrono::minutes(2));
  ASSERT_TRUE(journal_->Sync().ok()) << "well again without anybody's help";
  EXPECT_EQ(owner_.durable.size(), 400U);
  EXPECT_EQ(journal_->health().given_up, 0U);
}

TEST_F(JournalRoomTest, LackOfDescriptorsGivesNothingUp) {
  MustOpen();
  MustAppend(100);
  const std::size_t segments = journal_->segments().size();
  bool lacks = true;
  Watch([&](os::CallKind kind, const std::filesystem::path&) {
    return lacks && kind == os::CallKind::kOpen ? EMFILE : 0;
  });
  for (int i = 0; i < 50; ++i) {
    Append(5).IgnoreBecause("it waits in memory");
    clock_.Pass(std::chrono::minutes(2));
  }
  EXPECT_FALSE(journal_->Sync().ok());
  EXPECT_TRUE(TakeEvents().empty());
  EXPECT_GE(journal_->segments().size(), segments);
  EXPECT_TRUE(journal_->health().has_ballast);
  lacks = false;
  clock_.Pass(std::chrono::minutes(2));
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(owner_.durable.size(), 350U);
}

// A user's quota shows in no figure of the file system.
TEST_F(JournalRoomTest, NoRoomForLongIsBelievedWhateverTheFileSystemSays) {
  MustOpen();
  MustAppend(200);
  bool is_over_quota = true;
  Watch([&](os::CallKind kind, const std::filesystem::path&) {
    return is_over_quota && kind == os::CallKind::kWriteAt ? EDQUOT : 0;
  });
  std::vector<std::string> events;
  for (int i = 0; i < 10 && events.size() < 3; ++i) {
    Append(1).IgnoreBecause("it waits in memory");
    for (std::string& event : TakeEvents()) {
      if (event == "remove ballast" || event == "give up 1" || event == "remove " + SegmentName(1)) {
        events.push_back(std::move(event));
      }
    }
    clock_.Pass(std::chrono::minutes(2));
  }
  EXPECT_EQ(events, (std::vector<std::string>{"remove ballast", "give up 1", "remove " + SegmentName(1)}));
  is_over_quota = false;
  clock_.Pass(std::chrono::minutes(2));
  EXPECT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(owner_.durable.size(), sequence_);
}

TEST_F(JournalRoomTest, QuotaCostsSegmentsAndNotTheBallast) {
  options_.most_bytes = 3 << 20U;
  MustOpen();
  MustAppend(3000);
  EXPECT_LE(journal_->bytes(), options_.most_bytes);
  EXPECT_GT(journal_->health().given_up, 0U);
  const auto events = TakeEvents();
  EXPECT_EQ(std::count(events.begin(), events.end(), "remove ballast"), 0);
}

TEST_F(JournalRoomTest, OthersRoomCostsAllButTheLastSegments) {
  disk_.SetCapacity(8 << 20U, 1000);
  options_.keep_free_bytes = 1 << 20U;
  MustOpen();
  MustAppend(300);
  FillDisk(512 << 10U);
  MustAppend(40);
  EXPECT_FALSE(journal_->health().has_ballast);
  EXPECT_EQ(journal_->segments().size(), 5U) << "four, and the new one";
}

TEST_F(JournalRoomTest, OthersInodesCostOnlyWhatIsDone) {
  disk_.SetCapacity(8 << 20U, 200);
  options_.keep_free_inodes = 1000;  // at most a twentieth is kept: 10
  MustOpen();
  MustAppend(250);
  for (int i = 0; disk_.RoomOf("/data")->free_inodes > 9; ++i) {
    ASSERT_TRUE(disk_.Put("/data/other-" + std::to_string(i), "").ok());
  }
  const auto first = journal_->segments().front().segment;
  owner_.done_upto = journal_->segments().front().last_sequence;
  MustAppend(100);
  EXPECT_EQ(journal_->segments().front().segment, first + 1);
  EXPECT_EQ(journal_->health().given_up, 0U);
}

// Else the older one could come back when the newer one, with what became of its records, is gone.
TEST_F(JournalRoomTest, RemovalIsDurableBeforeTheNext) {
  MustOpen();
  MustAppend(300);
  ASSERT_TRUE(journal_->Close().ok());
  owner_.done_upto = UINT64_MAX;
  options_.most_bytes = 256 << 10U;
  options_.stream = 2;
  MustOpen();
  std::vector<std::string> calls;
  Watch([&](os::CallKind kind, const std::filesystem::path& path) {
    if (kind == os::CallKind::kUnlink) calls.push_back("remove " + path.filename().string());
    if (kind == os::CallKind::kSyncFolder) calls.emplace_back("sync");
    return 0;
  });
  MustAppend(1);
  ASSERT_GT(calls.size(), 5U);
  for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_TRUE(calls[i] == "sync" || calls[i - 1] == "sync") << i;
}

TEST_F(JournalRoomTest, SegmentThatWasGivenUpAndCannotBeRemovedIsNotGivenUpTwice) {
  options_.most_bytes = 512 << 10U;
  options_.ballast_bytes = 0;
  MustOpen();
  bool is_stuck = true;
  Watch([&](os::CallKind kind, const std::filesystem::path& path) {
    return is_stuck && kind == os::CallKind::kUnlink && path.filename() == SegmentName(1) ? EIO : 0;
  });
  MustAppend(500);
  const auto events = TakeEvents();
  EXPECT_EQ(std::count(events.begin(), events.end(), "give up 1"), 1);
  EXPECT_EQ(journal_->health().given_up, 1U);
  is_stuck = false;
  MustAppend(40);
  EXPECT_GT(journal_->segments().front().segment, 1U);
}

TEST_F(JournalRoomTest, FailedLookAtTheRoomAtTheStartCostsNothing) {
  options_.most_bytes = 0;
  MustOpen();
  MustAppend(1000);
  journal_.reset();
  Watch([](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kRoomOf ? EIO : 0; });
  MustOpen();
  options_.stream = 2;
  MustAppend(40);
  EXPECT_EQ(journal_->health().given_up, 0U);
  EXPECT_EQ(journal_->segments().front().segment, 1U);
}

// Each errno at each call, once or for as long as it takes.
class FailingCallTest : public JournalRoomTest, public testing::WithParamInterface<int> {};

TEST_P(FailingCallTest, OnceAtAnyCallLosesNothingAndGivesNothingUp) {
  bool has_failed = true;
  for (int failing = 1; has_failed; ++failing) {
    os::SimulatedDisk disk;
    ASSERT_TRUE(disk.PutFolder("/data").ok());
    disk.FailCall(failing, GetParam());
    WatchfulOwner owner;
    options_.folder = "/data/journal";
    auto journal = Journal::Open(options_, disk, clock_, owner);
    if (!journal.ok()) journal = Journal::Open(options_, disk, clock_, owner);
    ASSERT_TRUE(journal.ok()) << "call " << failing;
    for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
      (*journal)->Append(EntryType::kRecord, sequence, std::string(2'000, 'r'));
      if (sequence % 20 == 0) (*journal)->Sync().IgnoreBecause("it is tried again");
      clock_.Pass(std::chrono::seconds(10));
    }
    EXPECT_TRUE((*journal)->Close().ok()) << "call " << failing;
    EXPECT_EQ(owner.durable.size(), 100U) << "call " << failing;
    EXPECT_EQ((*journal)->health().given_up, 0U);
    has_failed = disk.calls() >= failing;
  }
}

TEST_P(FailingCallTest, ForAWhileFromAnyCallOnLosesNothingAndIsMadeGoodUnattended) {
  bool has_failed = true;
  for (int failing = 1; has_failed; failing += 3) {
    os::SimulatedDisk disk;
    ASSERT_TRUE(disk.PutFolder("/data").ok());
    WatchfulOwner owner;
    options_.folder = "/data/journal";
    auto journal = Journal::Open(options_, disk, clock_, owner);
    ASSERT_TRUE(journal.ok());
    const int before = disk.calls();
    disk.FailCall(failing, GetParam(), /*for_ever=*/true);
    for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
      (*journal)->Append(EntryType::kRecord, sequence, std::string(2'000, 'r'));
      if (sequence % 20 == 0) (*journal)->Sync().IgnoreBecause("it is tried again");
      clock_.Pass(std::chrono::seconds(1));
    }
    has_failed = disk.calls() - before >= failing;
    disk.ClearFaults();
    EXPECT_EQ((*journal)->health().given_up, 0U);
    EXPECT_EQ(owner.durable.size() + (*journal)->pending(), 100U);
    if ((*journal)->retry_at()) clock_.Pass(*(*journal)->retry_at() - clock_.Steady());
    EXPECT_TRUE((*journal)->Sync().ok()) << "from call " << failing;
    EXPECT_EQ(owner.durable.size(), 100U);
    EXPECT_FALSE((*journal)->health().is_failing);
  }
}
INSTANTIATE_TEST_SUITE_P(EachError, FailingCallTest, testing::Values(EIO, ENOSPC, EROFS, EMFILE, EINTR));

TEST_F(JournalRoomTest, ReadOnlyForAWhileLosesNothing) {
  MustOpen();
  MustAppend(10);
  disk_.SetReadOnly(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(Append(5).ok());
    clock_.Pass(std::chrono::minutes(2));
  }
  EXPECT_TRUE(journal_->health().is_failing);
  disk_.SetReadOnly(false);
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(owner_.durable.size(), 60U);
  EXPECT_TRUE(TakeEvents().empty());
}

TEST_F(JournalRoomTest, WithNothingPendingAFailedJournalLooksWhetherThingsAreWellAgain) {
  MustOpen();
  disk_.SetReadOnly(true);
  EXPECT_FALSE(Append(5).ok());
  journal_->DiscardPending();
  clock_.Pass(std::chrono::minutes(2));
  EXPECT_FALSE(journal_->Sync().ok());
  disk_.SetReadOnly(false);
  clock_.Pass(std::chrono::minutes(2));
  EXPECT_TRUE(journal_->Sync().ok());
  EXPECT_FALSE(journal_->health().is_failing);
}

TEST_F(JournalRoomTest, ClosingTriesEvenWhenNoAttemptIsDue) {
  MustOpen();
  disk_.SetReadOnly(true);
  EXPECT_FALSE(Append(5).ok());
  disk_.SetReadOnly(false);
  EXPECT_TRUE(journal_->Close().ok());
  EXPECT_EQ(owner_.durable.size(), 5U);
}

TEST_F(JournalRoomTest, EntryThatIsTooLargeIsDroppedAndToldAtOnce) {
  MustOpen();
  journal_->Append(EntryType::kRecord, 1, std::string(kLargestEntryBytes, 'r'));
  journal_->Append(EntryType::kRecord, 2, std::string(kLargestEntryBytes + 1, 'r'));
  journal_->Append(EntryType::kSaved, 0, std::string(kLargestEntryBytes + 1, 's'));
  EXPECT_EQ(owner_.dropped, std::set<std::uint64_t>{2});
  EXPECT_TRUE(journal_->Sync().ok());
  EXPECT_EQ(owner_.durable, std::set<std::uint64_t>{1});
}

TEST_F(JournalRoomTest, OfVeryManySegmentsThoseThatAreDoneGoWhateverRoomThereIs) {
  options_.most_done_segments = 20;
  owner_.done_upto = 1'000'000;
  MustOpen();
  MustAppend(1000);  // some thirty segments
  EXPECT_EQ(journal_->segments().size(), 21U);
  EXPECT_TRUE(journal_->health().has_ballast);
  owner_.done_upto = 0;
  MustAppend(1000);
  EXPECT_GT(journal_->segments().size(), 40U) << "what is not done stays";
  EXPECT_EQ(journal_->health().given_up, 0U);
}

}  // namespace
}  // namespace inferometer::store
