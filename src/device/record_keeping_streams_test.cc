// A device that is started again and again: every run is a stream, and the journal holds more of them than the ledger
// has marks for.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "device/record_keeping.h"
#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::device {
namespace {

const std::string kRecord =
    R"({"timestamp":"2026-11-26T10:00:00Z","device_id":"pi-07","model_name":"m","inference_time_ms":1,"status":"ok"})";
constexpr std::size_t kManyRuns = store::LedgerState::kMostStreams + 100;

class RecordKeepingStreamsTest : public testing::Test {
 protected:
  RecordKeepingStreamsTest() {
    EXPECT_TRUE(disk_.PutFolder("/data").ok());
    options_.folder = "/data/pi-07";
    options_.device_id = "pi-07";
    options_.is_shipping = true;
    options_.journal.keep_free_bytes = 0;
  }
  void Start() {
    keeping_.reset();
    options_.journal.stream = ++stream_;
    auto keeping = RecordKeeping::Open(options_, disk_, clock_);
    ASSERT_TRUE(keeping.ok()) << keeping.status().message();
    keeping_ = std::move(*keeping);
  }
  // One run with one record, which stands in a file, too.
  void Run() {
    Start();
    keeping_->Append(1, kRecord);
    clock_.Pass(std::chrono::seconds(1));
    const auto saved = keeping_->Save();
    ASSERT_TRUE(saved.ok() && saved->failures.empty());
  }
  // What so many runs leave, each with one record, which stands in a file, too.
  void PutManyRuns() {
    ASSERT_TRUE(disk_.PutFolder("/data/pi-07").ok() && disk_.PutFolder("/data/pi-07/journal").ok());
    while (stream_ < kManyRuns) {
      ++stream_;
      store::SegmentForTests segment({stream_, stream_}, std::string(8, '\0') + "{}");
      segment.Add(store::EntryType::kRecord, 1, kRecord);
      ASSERT_TRUE(disk_.Put("/data/pi-07/journal/" + store::SegmentName(stream_), segment.bytes()).ok());
    }
  }
  void AcknowledgeAllRuns() {
    for (store::StreamId stream = 1; stream < stream_; ++stream) keeping_->NoteAcknowledged(stream, 1);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void Acknowledge(store::StreamId stream) {
    keeping_->NoteAcknowledged(stream, 1);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void DenyReading(const std::string& name) {
    disk_.SetFault(
        [name](os::CallKind, const std::filesystem::path& path) { return path.filename() == name ? EACCES : 0; });
  }
  // One with 40 records, in a file, of which the start behind it sees less.
  void MakeRunThatIsReadInPart() {
    Start();
    for (std::uint64_t i = 1; i <= 40; ++i) keeping_->Append(i, kRecord);
    ASSERT_TRUE(keeping_->Save().ok());
    int reads = 0;
    disk_.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
      if (kind != os::CallKind::kReadAt || path.filename() != store::SegmentName(1)) return 0;
      ++reads;  // the header is read twice and the seal looked for once; then the survey tries the block so often
      return reads > 3 && reads <= 6 ? EIO : 0;
    });
    Start();
    disk_.ClearFaults();
  }
  [[nodiscard]] std::size_t marks() const { return keeping_->ledger().acknowledged().size(); }

  os::SimulatedDisk disk_;
  store::HandClock clock_;
  KeepingOptions options_;
  std::unique_ptr<RecordKeeping> keeping_;
  store::StreamId stream_ = 0;
};

TEST_F(RecordKeepingStreamsTest, ManyRunsOfflineAreAcknowledgedInOneAndStayAcknowledged) {
  PutManyRuns();
  Start();
  EXPECT_EQ(keeping_->lag(), kManyRuns);
  AcknowledgeAllRuns();
  EXPECT_EQ(keeping_->lag(), 0U);
  Start();
  EXPECT_EQ(keeping_->lag(), 0U);
}

TEST_F(RecordKeepingStreamsTest, QuotaTakesWhatTheHubHasOfManyRunsWithoutALossReport) {
  PutManyRuns();
  Start();
  AcknowledgeAllRuns();
  options_.journal.most_bytes = 128 << 10U;
  Run();
  EXPECT_LT(keeping_->journal().segments().size(), kManyRuns - 200);
  EXPECT_EQ(keeping_->lost_records(), 0U);
}

TEST_F(RecordKeepingStreamsTest, RunsThatAreAcknowledgedWhileTheyLastLeaveNoMarks) {
  for (int i = 0; i < 5; ++i) {
    Run();
    Acknowledge(stream_);
    EXPECT_LE(marks(), 1U);
  }
  Start();
  EXPECT_EQ(keeping_->lag(), 0U);
}

TEST_F(RecordKeepingStreamsTest, RunThatIsNotAcknowledgedIsKeptBetweenThoseThatAre) {
  for (int i = 0; i < 4; ++i) Run();
  Start();
  for (const store::StreamId stream : {1U, 2U, 4U}) keeping_->NoteAcknowledged(stream, 1);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lag(), 1U);
  EXPECT_EQ(keeping_->AcknowledgedUpTo(keeping_->journal().segments()[2]), 0U);
  EXPECT_EQ(keeping_->ledger().acknowledged_before, 3U);
  Acknowledge(3);
  EXPECT_EQ(keeping_->ledger().acknowledged_before, 4U);
}

TEST_F(RecordKeepingStreamsTest, RunThatCouldNotBeReadForAWhileIsStillToBeSent) {
  for (int i = 0; i < 4; ++i) Run();
  DenyReading(store::SegmentName(2));
  Start();
  for (const store::StreamId stream : {1U, 3U, 4U}) keeping_->NoteAcknowledged(stream, 1);
  ASSERT_TRUE(keeping_->Sync().ok());
  EXPECT_EQ(keeping_->lag(), 0U);
  disk_.ClearFaults();
  Start();
  EXPECT_EQ(keeping_->lag(), 1U);
}

TEST_F(RecordKeepingStreamsTest, SegmentThatWasReadInPartGoesOnlyWithAllThatItHolds) {
  MakeRunThatIsReadInPart();
  const store::SegmentInfo seen = keeping_->journal().segments().front();
  ASSERT_LT(seen.last_sequence, 40U);
  keeping_->NoteAcknowledged(1, seen.last_sequence);
  EXPECT_FALSE(keeping_->IsDone(seen));
  ASSERT_TRUE(keeping_->GiveUp(seen).ok());
  EXPECT_EQ(keeping_->lost_records(), 40 - seen.last_sequence);
}

TEST_F(RecordKeepingStreamsTest, SegmentThatWasReadInPartIsNoLossWhereNoHubWasEver) {
  options_.is_shipping = false;
  MakeRunThatIsReadInPart();
  const store::SegmentInfo seen = keeping_->journal().segments().front();
  ASSERT_TRUE(keeping_->GiveUp(seen).ok());
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(keeping_->AcknowledgedUpTo(seen), 40U);
}

TEST_F(RecordKeepingStreamsTest, PartThatNobodyCouldReadIsNotTakenForSaved) {
  options_.is_shipping = false;
  Start();
  for (std::uint64_t i = 1; i <= 40; ++i) keeping_->Append(i, kRecord);
  ASSERT_TRUE(keeping_->Sync().ok());
  int reads = 0;
  disk_.SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
    const bool is_its = kind == os::CallKind::kReadAt && path.filename() == store::SegmentName(1);
    return is_its && ++reads > 3 ? EIO : 0;
  });
  Start();
  disk_.ClearFaults();
  ASSERT_EQ(keeping_->unsaved(), 0U) << "as far as anybody knows";
  ASSERT_TRUE(keeping_->GiveUp(keeping_->journal().segments().front()).ok());
  EXPECT_EQ(keeping_->lost_in_this_run(), 40U);
}

// That is, unless it is named: its records would count as acknowledged when it can be read again.
TEST_F(RecordKeepingStreamsTest, SegmentThatCannotBeReadIsNamedWhenThoseAroundItAreGivenUp) {
  options_.is_shipping = false;
  ASSERT_TRUE(disk_.PutFolder("/data/pi-07").ok() && disk_.PutFolder("/data/pi-07/journal").ok());
  stream_ = 1;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    store::SegmentForTests segment({1, number}, std::string("\1\0\0\0\0\0\0\0{}", 10));
    for (std::uint64_t i = 1; i <= 10; ++i) segment.Add(store::EntryType::kRecord, 10 * (number - 1) + i, kRecord);
    ASSERT_TRUE(disk_.Put("/data/pi-07/journal/" + store::SegmentName(number), segment.bytes()).ok());
  }
  DenyReading(store::SegmentName(2));
  Start();
  keeping_->StartOver(77);
  keeping_->NoteAcknowledged(1, 5);
  ASSERT_TRUE(keeping_->Save().ok());
  const auto segments = keeping_->journal().segments();
  EXPECT_FALSE(keeping_->IsDone(segments[0])) << "it may stay while there is room";
  ASSERT_TRUE(keeping_->GiveUp(segments[0]).ok() && keeping_->GiveUp(segments[1]).ok());
  EXPECT_EQ(keeping_->only_in_files(), 15U);
  EXPECT_EQ(keeping_->lost_in_this_run(), 10U) << "of the one that cannot be read nobody knows";
  disk_.ClearFaults();
  Start();
  EXPECT_TRUE(keeping_->ledger().IsReportedLost(1, 15)) << "durable when the segment goes";
  EXPECT_EQ(keeping_->lost_in_this_run(), 0U);
}

TEST_F(RecordKeepingStreamsTest, LedgerThatIsGoneIsNoUnreadableOneThoughNoneCanBeMade) {
  ASSERT_TRUE(disk_.PutFolder("/data/pi-07").ok() && disk_.PutFolder("/data/pi-07/journal").ok());
  store::SegmentForTests segment({1, 1}, std::string(8, '\0') + "{}");
  segment.Add(store::EntryType::kRecord, 3, kRecord);
  ASSERT_TRUE(disk_.Put("/data/pi-07/journal/" + store::SegmentName(1), segment.bytes()).ok());
  stream_ = 1;
  for (const os::CallKind failing : {os::CallKind::kWriteAt, os::CallKind::kOpen}) {
    disk_.SetFault([failing](os::CallKind kind, const std::filesystem::path& path) {
      return kind == failing && path.filename() == "ledger" ? EIO : 0;
    });
    Start();
    const bool is_gone = failing == os::CallKind::kWriteAt;
    EXPECT_EQ(keeping_->ledger().AcknowledgedUpTo(1), is_gone ? 0U : 2U) << "what is missing may be what the hub has";
  }
}

TEST_F(RecordKeepingStreamsTest, HubThatLostItsDataGetsAllRuns) {
  for (int i = 0; i < 3; ++i) {
    Run();
    Acknowledge(stream_);
  }
  keeping_->StartOver(77);
  EXPECT_EQ(keeping_->lag(), 3U);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lag(), 3U);
}

TEST_F(RecordKeepingStreamsTest, LedgerThatIsReadOnlyWhenRoomIsWantedStillKnowsWhatTheHubHas) {
  PutManyRuns();
  Start();
  AcknowledgeAllRuns();
  options_.journal.most_bytes = 128 << 10U;
  DenyReading("ledger");
  Start();
  EXPECT_EQ(keeping_->lag(), kManyRuns);
  disk_.ClearFaults();
  keeping_->Append(1, kRecord);
  ASSERT_TRUE(keeping_->Sync().ok());
  EXPECT_LT(keeping_->journal().segments().size(), kManyRuns - 200);
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(keeping_->lag(), 1U);
}

TEST_F(RecordKeepingStreamsTest, OwnSegmentThatDoesNotBecomeDurableTakesNoMarksWithIt) {
  for (int i = 0; i < 3; ++i) Run();
  Start();
  keeping_->Append(1, kRecord);
  ASSERT_TRUE(keeping_->Write().ok());
  for (const store::StreamId stream : {1U, 2U, 3U}) keeping_->NoteAcknowledged(stream, 1);
  disk_.SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kSyncData && path.filename() >= store::SegmentName(4) && path.extension() == ".journal"
               ? EIO
               : 0;
  });
  EXPECT_FALSE(keeping_->Sync().ok());
  disk_.ClearFaults();
  Start();
  EXPECT_EQ(keeping_->lag(), 0U);
}

TEST_F(RecordKeepingStreamsTest, StartThatCannotReadASegmentForgetsNothingOfWhatTheHubHas) {
  for (int i = 0; i < 4; ++i) {
    Run();
    Acknowledge(stream_);
  }
  DenyReading(store::SegmentName(4));
  Start();
  keeping_->NoteLost(99, 1, 1, store::LossReason::kRejected);
  ASSERT_TRUE(keeping_->Sync().ok());
  disk_.ClearFaults();
  Start();
  EXPECT_EQ(keeping_->lag(), 0U);
}

}  // namespace
}  // namespace inferometer::device
