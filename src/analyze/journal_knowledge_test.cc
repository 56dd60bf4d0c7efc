#include "analyze/journal_knowledge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/sample_files.h"
#include "base/record_key.h"
#include "os/simulated_disk.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/ledger.h"
#include "store/record_files.h"

namespace inferometer::analyze {
namespace {

using store::EntryType;
using ::testing::HasSubstr;

const std::filesystem::path kFolder = "/metrics/pi/journal";
const std::string kDevice = "00:0f:00:70:91:0a";

// A device's journal, of stream 1 where nothing else is said.
class DeviceJournalTest : public testing::Test {
 protected:
  DeviceJournalTest() {
    EXPECT_TRUE(disk_.PutFolder("/metrics").ok());
    EXPECT_TRUE(disk_.PutFolder("/metrics/pi").ok());
    Open(1);
  }
  void Open(store::StreamId stream) {
    journal_.reset();
    auto journal = store::Journal::Open({.folder = kFolder, .owner = kDevice, .stream = stream, .keep_free_bytes = 0},
                                        disk_, clock_, owner_);
    EXPECT_TRUE(journal.ok());
    journal_ = std::move(*journal);
  }
  static std::string Record(std::uint64_t sequence) {
    std::string record = OurRecord({.second = static_cast<int>(sequence)});
    const std::string shape = kDevice + "/5eed/" + std::to_string(sequence);
    return record.replace(record.find(shape), shape.size(), base::RecordIdText({kDevice, 1, sequence}));
  }
  void Append(std::uint64_t sequence, const std::string& payload) {
    journal_->Append(EntryType::kRecord, sequence, payload);
    ASSERT_TRUE(journal_->Sync().ok());
  }
  void AppendRecords(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) Append(i, Record(i));
  }
  void AppendSaved(std::uint64_t upto) {
    journal_->Append(EntryType::kSaved, 0, store::EncodePlans({{kDevice, "inference_metrics_1.json", 1, upto}}));
    ASSERT_TRUE(journal_->Sync().ok());
  }
  StreamKnowledge MustVerify() {
    verification_ = {};
    auto store = VerifyDeviceJournal(disk_, kFolder, kDevice, false, verification_);
    EXPECT_TRUE(store.ok());
    EXPECT_EQ(store->folder, "/metrics/pi");
    return store->streams[{kDevice, 1}];
  }

  os::SimulatedDisk disk_;
  store::HandClock clock_;
  store::OwnerForTests owner_;
  std::unique_ptr<store::Journal> journal_;
  Verification verification_;
};

TEST_F(DeviceJournalTest, KnowsItsRecordsAndWhichAreInFiles) {
  AppendRecords(1, 6);
  AppendSaved(4);
  AppendRecords(7, 8);
  const StreamKnowledge known = MustVerify();
  EXPECT_EQ(known.in_journal, (SequenceRanges{{1, 8}}));
  EXPECT_EQ(known.filed, (SequenceRanges{{1, 4}}));
  EXPECT_TRUE(verification_.findings.empty()) << verification_.findings[0].text;
  EXPECT_EQ(verification_.journals, 1U);
  EXPECT_EQ(verification_.segments, 1U);
  ASSERT_EQ(verification_.notes.size(), 1U);
  EXPECT_THAT(verification_.notes[0], HasSubstr("4 records are in no file yet"));
}

TEST_F(DeviceJournalTest, LedgerTellsWhatIsLostAndWhatTheHubHas) {
  AppendRecords(1, 2);
  auto ledger = store::Ledger::Open(disk_, kFolder / "ledger");
  ledger.state().AddLoss(1, 3, 5, store::LossReason::kEvicted);
  ledger.state().AddLoss(1, 7, 7, store::LossReason::kRejected);
  ledger.state().LossesAreKnown(1);
  ledger.state().Acknowledge(1, 9);
  ledger.state().store_id = 0xab;
  ASSERT_TRUE(ledger.Write().ok());
  const StreamKnowledge known = MustVerify();
  EXPECT_EQ(known.lost, (SequenceRanges{{3, 5}, {7, 7}})) << "also what the hub knows";
  EXPECT_EQ(known.last, 9U);
  EXPECT_EQ(known.acknowledged, 9U);
  ASSERT_EQ(verification_.losses.size(), 2U);
  EXPECT_EQ(verification_.losses[0].reason, "evicted");
  EXPECT_EQ(verification_.losses[0].count, 3U);
}

TEST_F(DeviceJournalTest, StreamsBeforeTheOneMarkAreAcknowledgedAsFarAsTheJournalHasThem) {
  AppendRecords(6, 8);
  Open(2);
  AppendRecords(1, 1);
  auto ledger = store::Ledger::Open(disk_, kFolder / "ledger");
  ledger.state().acknowledged_before = 2;
  ledger.state().store_id = 0xab;
  ASSERT_TRUE(ledger.Write().ok());
  EXPECT_EQ(MustVerify().acknowledged, 8U);
}

TEST_F(DeviceJournalTest, WithoutAHubNothingIsAcknowledgedThoughTheLedgerHasMarks) {
  AppendRecords(1, 2);
  auto ledger = store::Ledger::Open(disk_, kFolder / "ledger");
  ledger.state().Acknowledge(1, 9);
  ASSERT_TRUE(ledger.Write().ok());
  const StreamKnowledge known = MustVerify();
  EXPECT_EQ(known.last, 9U);
  EXPECT_EQ(known.acknowledged, 0U);
}

TEST_F(DeviceJournalTest, LedgerWithoutAnySegmentIsOfNobody) {
  auto ledger = store::Ledger::Open(disk_, kFolder / "ledger");
  ASSERT_TRUE(ledger.Write().ok());
  const auto verify = [&] { return VerifyDeviceJournal(disk_, kFolder, "", false, verification_); };
  EXPECT_TRUE(verify()->streams.empty());
  EXPECT_TRUE(verification_.notes.empty());
  ledger.state().AddLoss(1, 3, 5, store::LossReason::kEvicted);
  ledger.state().Acknowledge(1, 9);
  ASSERT_TRUE(ledger.Write().ok());
  EXPECT_TRUE(verify()->streams.empty());
  ASSERT_EQ(verification_.notes.size(), 1U);
  EXPECT_THAT(verification_.notes[0], HasSubstr("no segment tells of which device"));
}

TEST_F(DeviceJournalTest, DamagedLedgerIsAFinding) {
  AppendRecords(1, 1);
  ASSERT_TRUE(disk_.Put(kFolder / "ledger", std::string(65536, 'x')).ok());
  MustVerify();
  ASSERT_EQ(verification_.findings.size(), 1U);
  EXPECT_EQ(verification_.findings[0].kind, FindingKind::kLedger);
  EXPECT_THAT(verification_.findings[0].text, HasSubstr("/metrics/pi/journal/ledger: "));
}

TEST_F(DeviceJournalTest, EntryThatIsNoRecordAndOneOfAnotherNameAreFindingsAndStandThere) {
  AppendRecords(1, 1);
  Append(2, "{\"no\":1}");
  Append(3, Record(4));
  const StreamKnowledge known = MustVerify();
  EXPECT_EQ(known.in_journal, (SequenceRanges{{1, 3}}));
  ASSERT_EQ(verification_.findings.size(), 2U);
  EXPECT_EQ(verification_.findings[0].kind, FindingKind::kJournalRecord);
  EXPECT_EQ(verification_.findings[0].offset, owner_.durable[2].offset);
  EXPECT_THAT(verification_.findings[0].text, HasSubstr("0000000001.journal at byte "));
  EXPECT_THAT(verification_.findings[1].text, HasSubstr("record_id is not 00:0f:00:70:91:0a/0000000000000001/3"));
}

TEST_F(DeviceJournalTest, DamageIsNamedWithItsByte) {
  AppendRecords(1, 5);
  ASSERT_TRUE(journal_->Close().ok());
  ASSERT_TRUE(disk_.FlipBit(kFolder / "0000000001.journal", (owner_.durable[3].offset + 20) * 8).ok());
  const StreamKnowledge known = MustVerify();
  EXPECT_EQ(known.in_journal, (SequenceRanges{{1, 2}}));
  ASSERT_EQ(verification_.findings.size(), 1U);
  EXPECT_EQ(verification_.findings[0].offset, owner_.durable[3].offset);
  EXPECT_EQ(verification_.findings[0].file, "/metrics/pi/journal/0000000001.journal");
}

}  // namespace
}  // namespace inferometer::analyze
