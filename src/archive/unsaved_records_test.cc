#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/each_record.h"
#include "analyze/journal_records.h"
#include "analyze/sample_files.h"
#include "analyze/verification.h"
#include "archive/archiver.h"
#include "base/record_key.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/record_files.h"
#include "store/unsaved_entries.h"

namespace inferometer::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

const std::string kDevice = "00:0f:00:70:91:0a";

std::string Record(std::uint64_t sequence) {
  std::string record = analyze::OurRecord({.second = static_cast<int>(sequence)});
  const std::string shape = kDevice + "/5eed/" + std::to_string(sequence);
  return record.replace(record.find(shape), shape.size(), base::RecordIdText({kDevice, 1, sequence}));
}

// A device's folder with a journal of ten records; it ended without saving.
class UnsavedRecordsTest : public ::testing::Test {
 protected:
  UnsavedRecordsTest() { owner_.checkpoint = store::Encode(store::DeviceCheckpoint{0, R"({"host":"pi"})"}); }
  void Begin(const std::string& owner = kDevice) {
    fs::create_directories(device());
    auto journal = store::Journal::Open({.folder = device() / "journal", .owner = owner, .stream = 1},
                                        os::SystemFileCalls(), hand_, owner_);
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    journal_ = std::move(*journal);
    for (std::uint64_t i = 1; i <= 10; ++i) journal_->Append(store::EntryType::kRecord, i, Record(i));
  }
  void Note(store::EntryType type, std::uint64_t upto, const std::string& name) {
    journal_->Append(type, 0, store::EncodePlans({{kDevice, name, 1, upto}}));
  }
  void End() {
    ASSERT_TRUE(journal_->Close().ok());
    journal_.reset();
  }
  std::vector<std::string> Unsaved() {
    std::vector<std::string> ids;
    const auto status =
        analyze::ForEachUnsaved(os::SystemFileCalls(), device() / "journal", "pi",
                                [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
                                  EXPECT_EQ(origin.context.size(), 1U);
                                  EXPECT_EQ(origin.file.folder_name, "pi");
                                  ids.push_back(record.record_id->substr(kDevice.size() + 18));
                                  return Ok();
                                });
    EXPECT_TRUE(status.ok()) << status.message();
    return ids;
  }
  ArchiveReport Archive() {
    ArchiveOptions options;
    options.metrics_dir = metrics();
    auto report = archive::Archive(options, os::SystemFileCalls(), clock_);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : ArchiveReport();
  }
  [[nodiscard]] std::size_t Records() const {
    std::size_t records = 0;
    EXPECT_TRUE(analyze::ForEachRecord(metrics(), [&](const analyze::RecordOrigin&, const InferenceRecord&) {
                  ++records;
                  return Ok();
                }).ok());
    const auto analysis = analyze::Analyze(metrics(), {});
    EXPECT_TRUE(analysis.ok());
    std::size_t counted = 0;
    for (const analyze::Group& group : analysis->groups) counted += group.total_inferences;
    EXPECT_EQ(counted, records);
    return records;
  }
  void PutFile(std::uint64_t from, std::uint64_t to) const {
    std::vector<std::string> records;
    for (std::uint64_t i = from; i <= to; ++i) records.push_back(Record(i));
    folder_.Put("m/pi/inference_metrics_a.json", analyze::FileWith(records));
  }
  [[nodiscard]] fs::path metrics() const { return folder_.path() / "m"; }
  [[nodiscard]] fs::path device() const { return metrics() / "pi"; }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  store::HandClock hand_;
  store::OwnerForTests owner_;
  std::unique_ptr<store::Journal> journal_;
};

TEST_F(UnsavedRecordsTest, WhatTheJournalHasNoNoteOfIsUnsaved) {
  Begin();
  Note(store::EntryType::kSaving, 7, "inference_metrics_a.json");
  Note(store::EntryType::kSaved, 7, "inference_metrics_a.json");
  End();
  EXPECT_THAT(Unsaved(), ElementsAre("8", "9", "10"));
}

TEST_F(UnsavedRecordsTest, FileThatWasBegunCountsWhenItIsThere) {
  Begin();
  Note(store::EntryType::kSaving, 7, "inference_metrics_a.json");
  End();
  EXPECT_THAT(Unsaved(), SizeIs(10));
  PutFile(1, 7);
  EXPECT_THAT(Unsaved(), ElementsAre("8", "9", "10"));
}

TEST_F(UnsavedRecordsTest, HubsJournalIsLeftToIt) {
  Begin("hub");
  End();
  EXPECT_THAT(Unsaved(), IsEmpty());
}

TEST_F(UnsavedRecordsTest, EveryReaderCountsThemOnce) {
  Begin();
  Note(store::EntryType::kSaved, 7, "inference_metrics_a.json");
  End();
  EXPECT_EQ(Records(), 3U);
  PutFile(1, 8);  // the last save's note is not durable yet
  EXPECT_EQ(Records(), 10U);
  std::size_t in_files = 0;  // as those who look what files hold ask for them
  const auto count = [&](const analyze::RecordOrigin&, const InferenceRecord&) {
    ++in_files;
    return Ok();
  };
  EXPECT_TRUE(analyze::ForEachRecord(metrics(), count, nullptr, analyze::Repeats::kEachTime).ok());
  EXPECT_EQ(in_files, 8U);
}

TEST_F(UnsavedRecordsTest, AJournalInUseIsLeftToItsProgram) {
  Begin();
  End();
  folder_.Put("m/pi/.lock", "");
  const auto lock = os::FileLock::Acquire(device() / ".lock");
  EXPECT_EQ(Records(), 0U);
}

TEST_F(UnsavedRecordsTest, AnAnalysisNamesAnEntryThatIsNoRecord) {
  Begin();
  journal_->Append(store::EntryType::kRecord, 11, "{}");
  End();
  PutFile(1, 2);
  const auto analysis = analyze::Analyze(metrics(), {});
  ASSERT_THAT(analysis->damaged, SizeIs(1));
  EXPECT_THAT(analysis->damaged[0].error, HasSubstr("entry 11 is no record"));
  EXPECT_EQ(analysis->groups[0].total_inferences, 10U);  // those before it
}

TEST_F(UnsavedRecordsTest, ArchiveBringsThemIntoTheLakeOnce) {
  Begin();
  Note(store::EntryType::kSaved, 7, "inference_metrics_a.json");
  End();
  PutFile(1, 7);
  const ArchiveReport report = Archive();
  EXPECT_EQ(report.records, 7U);
  EXPECT_EQ(report.journals, 1U);
  EXPECT_EQ(report.journal_records, 3U);
  EXPECT_EQ(Records(), 10U);
  EXPECT_EQ(Archive().journal_records, 0U);
  EXPECT_EQ(Records(), 10U);
}

TEST_F(UnsavedRecordsTest, FileThatTheDeviceMakesOfThemLaterIsKnownThen) {
  Begin();
  End();
  EXPECT_EQ(Archive().journal_records, 10U);
  PutFile(1, 10);
  const ArchiveReport report = Archive();
  EXPECT_EQ(report.records_known, 10U);
  EXPECT_EQ(Records(), 10U);
}

TEST_F(UnsavedRecordsTest, WhileAProgramHoldsTheFolderItsJournalIsLeftToIt) {
  Begin();
  End();
  folder_.Put("m/pi/.lock", "");
  const auto lock = os::FileLock::Acquire(device() / ".lock");
  EXPECT_EQ(Archive().journal_records, 0U);
}

TEST_F(UnsavedRecordsTest, EntryThatIsNoRecordIsNamed) {
  Begin();
  journal_->Append(store::EntryType::kRecord, 11, "{}");
  End();
  const ArchiveReport report = Archive();
  EXPECT_EQ(report.journal_records, 10U);
  ASSERT_THAT(report.left, SizeIs(1));
  EXPECT_THAT(report.left[0].reason, HasSubstr("entry 11 is no record"));
}

TEST_F(UnsavedRecordsTest, DryRunCountsThem) {
  Begin();
  End();
  ArchiveOptions options;
  options.metrics_dir = metrics();
  options.dry_run = true;
  EXPECT_EQ(archive::Archive(options, os::SystemFileCalls(), clock_)->journal_records, 10U);
  EXPECT_FALSE(fs::exists(metrics() / "lake"));
}

}  // namespace
}  // namespace inferometer::archive
