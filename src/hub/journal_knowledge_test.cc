#include "hub/journal_knowledge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record_key.h"
#include "hub/collector.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::hub {
namespace {

using analyze::FindingKind;
using analyze::SequenceRanges;
using ::testing::HasSubstr;

const std::string kDevice = "00:0f:00:70:91:0a";

// A collector's journal: the real one writes it.
class HubJournalTest : public testing::Test {
 protected:
  HubJournalTest() { Start(); }
  [[nodiscard]] std::filesystem::path Folder() const { return folder_.path() / "hub"; }
  void Start() {
    collector_.reset();
    CollectorOptions options;
    options.folder = Folder();
    options.new_store_id = 7;
    options.journal.stream = ++journal_stream_;
    options.journal.keep_free_bytes = 0;
    options.journal.ballast_bytes = 0;
    auto collector = Collector::Open(options, os::SystemFileCalls(), clock_);
    ASSERT_TRUE(collector.ok()) << collector.status().message();
    collector_ = std::move(*collector);
  }
  static std::string Record(std::uint64_t sequence) {
    return R"({"timestamp":"2025-10-07T10:30:15.5Z","device_id":")" + kDevice +
           R"(","model_name":"m","inference_time_ms":812.5,"memory_used_mb":1.5,"cpu_percent_avg":2.5,)" +
           R"("energy_consumed_mj":3.5,"compute_device":"cpu","status":"ok","record_id":")" +
           base::RecordIdText({kDevice, 1, sequence}) + "\"}";
  }
  void Take(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) collector_->Take("iot/metrics/" + kDevice, Record(i));
    ASSERT_TRUE(collector_->Commit().ok());
  }
  void TakeStatus(const std::string& more) {
    collector_->Take("iot/status/" + kDevice, R"({"status":"online","device_id":")" + kDevice + "\"," + more + "}");
    ASSERT_TRUE(collector_->Commit().ok());
  }
  analyze::StreamKnowledge MustVerify() {
    verification_ = {};
    auto store = VerifyHubJournal(os::SystemFileCalls(), Folder() / "journal", false, verification_);
    EXPECT_TRUE(store.ok());
    EXPECT_EQ(store->folder, Folder());
    return store->streams[{kDevice, 1}];
  }

  os::TemporaryFolder folder_;
  store::HandClock clock_;
  std::unique_ptr<Collector> collector_;
  store::StreamId journal_stream_ = 0;
  analyze::Verification verification_;
};

TEST_F(HubJournalTest, KnowsWhatIsStoredAndWhatIsFiled) {
  Take(1, 5);
  ASSERT_TRUE(collector_->SaveAll().ok());
  Take(6, 7);
  const auto known = MustVerify();
  EXPECT_TRUE(verification_.findings.empty()) << verification_.findings[0].text;
  EXPECT_EQ(known.stored, (SequenceRanges{{1, 7}}));
  EXPECT_EQ(known.in_journal, (SequenceRanges{{1, 7}}));
  EXPECT_EQ(known.filed, (SequenceRanges{{1, 5}}));
  EXPECT_EQ(known.settled, 7U);
  ASSERT_EQ(verification_.notes.size(), 1U);
  EXPECT_THAT(verification_.notes[0], HasSubstr("2 records are in no file yet"));
}

TEST_F(HubJournalTest, RefusedMessagesAreCountedAndTheirIndexIsNone) {
  for (const char* const payload : {"no json", "{}"}) collector_->Take("iot/metrics/" + kDevice, payload);
  Take(1, 1);
  ASSERT_TRUE(std::filesystem::exists(Folder() / "quarantine/index.jsonl"));
  MustVerify();
  ASSERT_FALSE(verification_.notes.empty());
  EXPECT_THAT(verification_.notes[0], HasSubstr("quarantine: 2 messages that were refused"));
}

TEST_F(HubJournalTest, CheckpointKnowsWhatTheJournalHoldsNoMore) {
  Take(1, 5);
  ASSERT_TRUE(collector_->Close().ok());
  Start();
  Take(6, 6);
  ASSERT_TRUE(std::filesystem::remove(Folder() / "journal/0000000001.journal"));
  const auto known = MustVerify();
  EXPECT_EQ(known.stored, (SequenceRanges{{1, 6}}));
  EXPECT_EQ(known.in_journal, (SequenceRanges{{6, 6}}));
}

TEST_F(HubJournalTest, ReportedLossIsLostAndListedWithItsReason) {
  Take(1, 1);  // begins the segment, whose checkpoint knows no loss
  TakeStatus(R"("streams":[{"stream":"0000000000000001","first":1,"last":5}],)"
             R"("lost":[{"n":1,"stream":"0000000000000001","from":2,"to":3,"count":2,"reason":"evicted"}])");
  Take(4, 5);
  const auto known = MustVerify();
  EXPECT_EQ(known.stored, (SequenceRanges{{1, 1}, {4, 5}}));
  EXPECT_EQ(known.lost, (SequenceRanges{{2, 3}}));
  ASSERT_EQ(verification_.losses.size(), 1U);
  EXPECT_EQ(verification_.losses[0].reason, "evicted");
}

TEST_F(HubJournalTest, StreamBeginsWhereTheDeviceSaidSo) {
  TakeStatus(R"("streams":[{"stream":"0000000000000001","first":11,"last":12}])");
  Take(11, 12);
  ASSERT_TRUE(collector_->Close().ok());
  Start();
  Take(13, 13);
  EXPECT_EQ(MustVerify().first, 11U);
}

TEST_F(HubJournalTest, StreamOfWhichTheDeviceSaidNothingBeginsWhereItIsKnownAndIsNoted) {
  Take(11, 12);
  EXPECT_EQ(MustVerify().first, 11U);
  ASSERT_EQ(verification_.notes.size(), 2U) << "and that they are in no file";
  EXPECT_THAT(verification_.notes[1], HasSubstr("begins at record 11"));
}

TEST_F(HubJournalTest, EntryThatNoHubWritesIsAFinding) {
  Take(1, 1);
  collector_.reset();
  store::OwnerForTests owner;
  auto journal =
      store::Journal::Open({.folder = Folder() / "journal", .owner = "hub", .stream = 99, .keep_free_bytes = 0},
                           os::SystemFileCalls(), clock_, owner);
  ASSERT_TRUE(journal.ok());
  (*journal)->Append(store::EntryType::kReceived, 2, "short");
  ASSERT_TRUE((*journal)->Sync().ok());
  MustVerify();
  ASSERT_EQ(verification_.findings.size(), 2U) << "its checkpoint is none of a hub's, either";
  EXPECT_EQ(verification_.findings[0].kind, FindingKind::kJournalRecord);
  EXPECT_THAT(verification_.findings[1].text, HasSubstr("0000000002.journal at byte "));
}

}  // namespace
}  // namespace inferometer::hub
