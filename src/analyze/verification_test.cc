#include "analyze/verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/sample_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

const StreamName kStream = {"pi-07", 0x2a};

class VerifySequencesTest : public testing::Test {
 protected:
  StreamKnowledge& known() { return store_.streams[kStream]; }
  // "missing 3-4"
  std::vector<std::string> Findings() {
    Verification verification;
    VerifySequences(store_, {{kStream, in_files_}}, {{kStream, cleaned_}}, verification);
    std::vector<std::string> texts;
    for (const Finding& one : verification.findings) {
      EXPECT_EQ(one.stream, kStream);
      texts.push_back(std::string(Name(one.kind)) + " " + std::to_string(one.records->from) + "-" +
                      std::to_string(one.records->to));
    }
    return texts;
  }

  using Texts = std::vector<std::string>;
  StoreKnowledge store_{.folder = "/metrics/pi-07"};
  SequenceRanges in_files_;
  SequenceRanges cleaned_;
};

TEST_F(VerifySequencesTest, RecordsInFilesOrJournalOrReportedLostAreAllThere) {
  in_files_ = {{1, 10}};
  known().in_journal = {{8, 12}, {15, 20}};
  known().lost = {{13, 14}};
  EXPECT_EQ(Findings(), Texts());
}

TEST_F(VerifySequencesTest, WhatIsNowhereBelowTheHighestIsMissing) {
  in_files_ = {{3, 4}, {10, 10}};
  known().in_journal = {{12, 12}};
  known().lost = {{5, 7}};
  EXPECT_EQ(Findings(), (Texts{"missing 1-2", "missing 8-9", "missing 11-11"}));
}

TEST_F(VerifySequencesTest, SentenceNamesDeviceStreamAndRange) {
  in_files_ = {{1, 4}, {10, 10}};
  Verification verification;
  VerifySequences(store_, {{kStream, in_files_}}, {{kStream, cleaned_}}, verification);
  ASSERT_EQ(verification.findings.size(), 1U);
  EXPECT_EQ(verification.findings[0].text,
            "/metrics/pi-07: device pi-07, stream 000000000000002a: records 5 to 9 are nowhere: neither in a file, nor "
            "in the journal, nor reported lost");
}

TEST_F(VerifySequencesTest, WhatTheHubAcknowledgedMustHaveBeen) {
  in_files_ = {{1, 4}};
  known().last = 6;
  EXPECT_EQ(Findings(), (Texts{"missing 5-6"}));
}

TEST_F(VerifySequencesTest, WhatIsNowhereHereAndAtTheHubIsNotCalledMissing) {
  in_files_ = {{1, 4}, {10, 10}};
  known().in_journal = {{11, 12}};
  known().last = known().acknowledged = 7;
  EXPECT_EQ(Findings(), (Texts{"missing 8-9", "not_here 5-7"}));
}

TEST_F(VerifySequencesTest, WhatAHubSaysItStoresMustStandSomewhere) {
  in_files_ = {{1, 4}};
  known().stored = {{1, 6}};
  EXPECT_EQ(Findings(), (Texts{"stored_nowhere 5-6"}));
}

TEST_F(VerifySequencesTest, WhatWasCleanedIsNotMissed) {
  in_files_ = {{10, 10}};
  known().stored = known().filed = known().in_journal = {{1, 8}};
  known().in_journal = {{5, 8}};
  known().acknowledged = 9;
  cleaned_ = {{1, 7}, {9, 9}};
  EXPECT_EQ(Findings(), (Texts{"in_no_file 8-8"}));
}

TEST_F(VerifySequencesTest, WhatWasBeforeAHubsTimeIsNotMissed) {
  in_files_ = {{11, 12}};
  known().first = 11;
  EXPECT_EQ(Findings(), Texts());
  known().first = 10;
  EXPECT_EQ(Findings(), (Texts{"missing 10-10"}));
}

TEST_F(VerifySequencesTest, StreamThatAHubForgotBeginsWhereItsFilesDo) {
  in_files_ = {{11, 12}, {14, 14}};
  store_.is_hub = true;
  EXPECT_EQ(Findings(), (Texts{"missing 13-13"}));
}

TEST_F(VerifySequencesTest, RecordsWhoseFileIsGoneAreNamedWhileTheJournalHasThem) {
  in_files_ = {{1, 4}};
  known().in_journal = {{1, 9}};
  known().filed = {{1, 8}};
  known().lost = {{8, 8}};
  EXPECT_EQ(Findings(), (Texts{"in_no_file 5-7"}));
}

TEST_F(VerifySequencesTest, WhatCameAfterTheJournalWasReadIsNotJudged) {
  in_files_ = {{1, 4}, {20, 20}};
  known().in_journal = {{4, 10}};
  EXPECT_EQ(Findings(), (Texts{"missing 11-19"}));
  store_.is_in_use = true;
  EXPECT_EQ(Findings(), Texts());
}

TEST_F(VerifySequencesTest, WhatARunningHubStillAwaitsIsNotMissing) {
  in_files_ = {{1, 4}, {8, 9}};
  store_.is_hub = store_.is_in_use = true;
  EXPECT_EQ(Findings(), Texts()) << "of a stream that came after the journal was read";
  known().stored = known().in_journal = {{1, 2}, {4, 4}, {8, 9}};
  known().settled = 4;
  in_files_ = {{1, 2}};
  EXPECT_EQ(Findings(), (Texts{"missing 3-3"}));
  store_.is_in_use = false;
  EXPECT_EQ(Findings(), (Texts{"missing 3-3", "missing 5-7"}));
}

class VerifyFilesTest : public testing::Test {
 protected:
  void PutFile(const std::string& name, std::uint64_t from, std::uint64_t to, std::string_view summary = "") {
    std::vector<std::string> records;
    for (std::uint64_t i = from; i <= to; ++i) {
      const std::string id = base::RecordIdText({"00:0f:00:70:91:0a", 1, i});
      std::string record = OurRecord({.second = static_cast<int>(i)});
      const std::string shape = "00:0f:00:70:91:0a/5eed/" + std::to_string(i) + "\"";
      record.replace(record.find(shape), shape.size() - 1, id);
      records.push_back(record);
    }
    folder_.Put(name, FileWith(records, summary));
  }
  Verification MustVerify(const std::vector<StoreKnowledge>& stores = {}) {
    Verification verification;
    const Status done = VerifyFiles(folder_.path(), {}, stores, nullptr, verification);
    EXPECT_TRUE(done.ok()) << done.message();
    return verification;
  }

  os::TemporaryFolder folder_;
};

TEST_F(VerifyFilesTest, HealthyFilesHaveNoFinding) {
  PutFile("pi/inference_metrics_1.json", 1, 4);
  PutFile("pi/inference_metrics_2.json", 5, 9);
  const Verification verification = MustVerify();
  EXPECT_TRUE(verification.findings.empty()) << verification.findings[0].text;
  EXPECT_EQ(verification.files, 2U);
  EXPECT_EQ(verification.records, 9U);
}

TEST_F(VerifyFilesTest, CumulativeFilesOfTheOlderSystemAreNotDoubled) {
  folder_.Put("pi/inference_metrics_1.json", FileWith({OlderRecord({.second = 1})}));
  folder_.Put("pi/inference_metrics_2.json", FileWith({OlderRecord({.second = 1}), OlderRecord({.second = 2})}));
  const Verification verification = MustVerify();
  EXPECT_TRUE(verification.findings.empty()) << verification.findings[0].text;
  EXPECT_EQ(verification.records, 2U) << "each once";
}

TEST_F(VerifyFilesTest, CopyOfAFileIsNamedWithBothPlaces) {
  PutFile("pi/inference_metrics_1.json", 1, 4);
  PutFile("copy/inference_metrics_1.json", 1, 4);
  const Verification verification = MustVerify();
  ASSERT_EQ(verification.findings.size(), 1U);
  EXPECT_EQ(verification.findings[0].kind, FindingKind::kDoubled);
  EXPECT_THAT(verification.findings[0].text, HasSubstr("copy/inference_metrics_1.json: "));
  EXPECT_THAT(verification.findings[0].text, HasSubstr("records 1 to 4 are in it and in"));
  EXPECT_THAT(verification.findings[0].text, HasSubstr("pi/inference_metrics_1.json"));
}

TEST_F(VerifyFilesTest, DamagedFileIsNamedWithItsByteAndItsRecordsAreMissed) {
  PutFile("pi/inference_metrics_1.json", 1, 4);
  PutFile("pi/inference_metrics_2.json", 5, 6);
  folder_.Put("pi/inference_metrics_1.json", "{\"detailed_metrics\": [ {]}");
  const Verification verification = MustVerify();
  ASSERT_EQ(verification.findings.size(), 2U);
  EXPECT_EQ(verification.findings[0].kind, FindingKind::kDamagedFile);
  EXPECT_TRUE(verification.findings[0].offset.has_value());
  EXPECT_EQ(verification.findings[1].records, (SequenceRange{1, 4}));
}

TEST_F(VerifyFilesTest, SummaryThatLiesIsNamedWithItsField) {
  PutFile("pi/inference_metrics_1.json", 1, 4, R"({"total_inferences":4,"inference_time_ms":{"avg":99.0}})");
  const Verification verification = MustVerify();
  ASSERT_EQ(verification.findings.size(), 1U);
  EXPECT_EQ(verification.findings[0].field, "inference_time_ms.avg");
  EXPECT_THAT(verification.findings[0].text, HasSubstr("the summary says inference_time_ms.avg is 99"));
}

TEST_F(VerifyFilesTest, FileBelongsToTheInnermostStore) {
  PutFile("hub/pi/inference_metrics_1.json", 2, 4);
  PutFile("hub/inner/inference_metrics_1.json", 3, 4);
  StoreKnowledge outer{.folder = folder_.path() / "hub"};
  outer.streams[{"00:0f:00:70:91:0a", 1}].first = 2;
  StoreKnowledge inner{.folder = folder_.path() / "hub/inner"};
  inner.streams[{"00:0f:00:70:91:0a", 1}].first = 3;
  const Verification verification = MustVerify({outer, inner});
  EXPECT_TRUE(verification.findings.empty()) << verification.findings[0].text;
}

TEST(Verification, FindingsBeyondTheBoundAreCounted) {
  Verification verification;
  for (std::size_t i = 0; i < kMostFindings + 5; ++i) verification.Add({.text = "x"});
  EXPECT_EQ(verification.findings.size(), kMostFindings);
  EXPECT_EQ(verification.findings_count(), kMostFindings + 5);
}

}  // namespace
}  // namespace inferometer::analyze
