// What a hub finds in its folder at the start, on the real disk: metrics files are read there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "analyze/each_record.h"
#include "base/record_key.h"
#include "hub/collector.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::hub {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kDevice = "00:0f:00:70:91:0a";

class CollectorFilesTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Collector>> Open() {
    CollectorOptions options;
    options.folder = folder_.path() / "hub";
    options.new_store_id = ++starts_;
    options.journal.stream = starts_;
    options.journal.keep_free_bytes = 0;
    return Collector::Open(options, calls_, clock_);
  }
  void Start() {
    collector_.reset();
    auto collector = Open();
    ASSERT_TRUE(collector.ok()) << collector.status().message();
    collector_ = std::move(*collector);
  }
  static std::string Record(std::uint64_t sequence) {
    return R"({"timestamp":"2025-10-07T10:30:15.5Z","device_id":")" + kDevice +
           R"(","model_name":"m","inference_time_ms":812.5,"memory_used_mb":1.5,"cpu_percent_avg":2.5,)" +
           R"("energy_consumed_mj":3.5,"compute_device":"cpu","status":"ok","record_id":")" +
           base::RecordIdText({kDevice, 1, sequence}) + "\"}";
  }
  // Returns the acknowledgement.
  mqtt::Acknowledgement Take(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) collector_->Take("iot/metrics/" + kDevice, Record(i));
    EXPECT_TRUE(collector_->Commit().ok());
    const auto replies = collector_->TakeReplies(1);
    return replies.empty() ? mqtt::Acknowledgement() : replies.front().acknowledgement;
  }
  // In the midst of what was written.
  void DamageJournal() {
    const std::string file = "hub/journal/" + store::SegmentName(1);
    std::string bytes = os::ReadFile(folder_.path() / file, 8 << 20).value();
    bytes.at(bytes.find("812.5", 8'000)) ^= 1;
    folder_.Put(file, bytes);
  }
  std::size_t RecordsInFiles() {
    std::size_t records = 0;
    const auto count = [&](const analyze::RecordOrigin&, const InferenceRecord&) {
      ++records;
      return Ok();
    };
    EXPECT_TRUE(analyze::ForEachRecord(folder_.path(), count, nullptr, analyze::Repeats::kEachTime).ok());
    return records;
  }

  os::TemporaryFolder folder_;
  store::HandClock clock_;
  int fails_from_ = 0;  // this call on, as if the process were dead; 0: none does
  os::FaultyFileCalls calls_{[this](int nth) { return fails_from_ > 0 && nth >= fails_from_ ? EIO : 0; }};
  std::unique_ptr<Collector> collector_;
  std::uint64_t starts_ = 0;
};

TEST_F(CollectorFilesTest, HubWhoseJournalIsGoneKnowsFromItsFilesWhatItStores) {
  Start();
  EXPECT_TRUE(collector_->notes().empty());
  Take(1, 5);
  ASSERT_TRUE(collector_->Close().ok());
  collector_.reset();
  std::filesystem::remove_all(folder_.path() / "hub/journal");

  Start();
  ASSERT_EQ(collector_->notes().size(), 1U);
  EXPECT_THAT(collector_->notes()[0], HasSubstr("5 records were found in 1 files, 0 files are damaged"));
  const auto acknowledgement = Take(1, 7);  // everything again, and what is new
  EXPECT_EQ(acknowledgement.store_id, 2U) << "a new one: the devices must send again";
  ASSERT_EQ(acknowledgement.acks.size(), 1U);
  EXPECT_EQ(acknowledgement.acks[0].upto, 7U);
  EXPECT_EQ(collector_->Report().duplicates, 5U);
  ASSERT_TRUE(collector_->Close().ok());
  EXPECT_EQ(RecordsInFiles(), 7U);
}

TEST_F(CollectorFilesTest, HubWithAJournalDoesNotReadItsFiles) {
  Start();
  Take(1, 5);
  ASSERT_TRUE(collector_->Close().ok());
  Start();
  EXPECT_TRUE(collector_->notes().empty());
  EXPECT_EQ(Take(1, 5).store_id, 1U);
}

TEST_F(CollectorFilesTest, HubThatLacksAPartOfItsJournalAsksForAllThatIsHeldAndStoresItOnce) {
  Start();
  const auto before = Take(1, 200);
  collector_.reset();
  DamageJournal();

  Start();
  EXPECT_THAT(collector_->notes(), Contains(HasSubstr("devices are asked for all that they still hold")));
  const auto after = Take(1, 200);
  EXPECT_NE(after.store_id, before.store_id);
  EXPECT_EQ(after.acks[0].upto, 200U);
  ASSERT_TRUE(collector_->Close().ok());
  EXPECT_EQ(RecordsInFiles(), 200U);

  Start();
  EXPECT_EQ(Take(201, 201).store_id, after.store_id) << "what came since is all there";
}

TEST_F(CollectorFilesTest, WhatTheDamagedPartOfTheJournalHadInFilesIsNotStoredAgain) {
  Start();
  Take(1, 200);
  ASSERT_TRUE(collector_->Close().ok());
  collector_.reset();
  DamageJournal();
  Start();
  EXPECT_EQ(Take(1, 200).acks[0].upto, 200U);
  ASSERT_TRUE(collector_->Close().ok());
  EXPECT_EQ(RecordsInFiles(), 200U);
}

TEST_F(CollectorFilesTest, DamageBeforeTheCheckpointIsToldOf) {
  Start();
  Take(1, 200);
  Start();
  const auto before = Take(201, 205);
  collector_.reset();
  DamageJournal();
  Start();
  EXPECT_THAT(collector_->notes(), Contains(HasSubstr("verify names what is missing")));
  EXPECT_EQ(Take(206, 206).store_id, before.store_id) << "the dedup state is whole";
}

TEST_F(CollectorFilesTest, HubThatIsAnotherOneStaysItThoughNothingCame) {
  Start();
  Take(1, 5);
  Start();
  const auto before = Take(6, 10);
  collector_.reset();
  folder_.Put("hub/journal/" + store::SegmentName(2), std::string(5'000, 'x'));
  Start();
  EXPECT_EQ(collector_->notes().size(), 2U);
  Start();
  EXPECT_THAT(collector_->notes(), IsEmpty()) << "the bad segment is in quarantine";
  EXPECT_NE(Take(11, 11).store_id, before.store_id);
}

TEST_F(CollectorFilesTest, AnyCallOfAStartMayBeTheLastAndTheHubIsAnotherOneAllTheSame) {
  for (int calls = 1;; ++calls) {
    std::filesystem::remove_all(folder_.path() / "hub");
    Start();
    const auto before = Take(1, 5);
    collector_.reset();
    folder_.Put("hub/journal/" + store::SegmentName(2), std::string(5'000, 'x'));
    fails_from_ = calls_.calls() + calls;
    auto started = Open();
    const bool is_over = calls_.calls() < fails_from_;
    fails_from_ = 0;
    clock_.Pass(std::chrono::minutes(2));
    if (started.ok()) {
      collector_ = std::move(*started);
      EXPECT_TRUE(collector_->Commit().ok()) << "things are well again";
    } else {
      Start();
    }
    const auto after = Take(6, 6);
    EXPECT_NE(after.store_id, before.store_id) << "call " << calls;
    Start();
    EXPECT_EQ(Take(7, 7).store_id, after.store_id) << "call " << calls << ": once is enough";
    if (is_over) break;
  }
}

TEST_F(CollectorFilesTest, JournalThatIsNoFolderIsLeftAndKeepsTheHubFromStarting) {
  folder_.Put("hub/journal", "x");
  const auto collector = Open();
  EXPECT_THAT(collector.status().message(), HasSubstr("move the journal's folder away"));
  EXPECT_TRUE(std::filesystem::is_regular_file(folder_.path() / "hub/journal"));
}

TEST_F(CollectorFilesTest, SegmentThatCannotBeReadNowKeepsTheHubFromStarting) {
  Start();
  Take(1, 5);
  collector_.reset();
  std::filesystem::create_directory(folder_.path() / "hub/journal" / store::SegmentName(99));
  const auto collector = Open();
  EXPECT_EQ(collector.status().code(), Code::kUnavailable);
  EXPECT_THAT(collector.status().message(), HasSubstr(store::SegmentName(99)));
  std::filesystem::remove(folder_.path() / "hub/journal" / store::SegmentName(99));
  Start();
  EXPECT_TRUE(collector_->notes().empty());
}

TEST_F(CollectorFilesTest, DamagedFileIsCountedAndItsRecordsAreStoredAgain) {
  folder_.Put("hub/pi/inference_metrics_1.json", "{\"detailed_metrics\":[");
  Start();
  ASSERT_EQ(collector_->notes().size(), 1U);
  EXPECT_THAT(collector_->notes()[0], HasSubstr("1 files are damaged"));
}

}  // namespace
}  // namespace inferometer::hub
