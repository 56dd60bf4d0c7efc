// Each record in exactly one file, whatever fails or crashes when.
#include "store/record_files.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "store/keeping_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

class RecordFilesTest : public testing::Test {
 protected:
  // A fault may hold on to what the test's body had.
  void TearDown() override { disk_->ClearFaults(); }
  RecordFilesTest() { Format(); }
  // An empty disk.
  void Format() {
    keeping_.reset();
    disk_ = std::make_unique<os::SimulatedDisk>();
    promises_ = {};
    EXPECT_TRUE(disk_->PutFolder("/data").ok());
  }
  // As a new run of the program.
  Status Start() {
    keeping_.reset();
    disk_->Restart();
    clock_.Pass(std::chrono::milliseconds(100));  // within the second whose name the last file may have
    keeping_ = std::make_unique<KeepingForTests>(*disk_, clock_, promises_);
    return keeping_->Open({.stream = ++stream_,
                           .segment_bytes = 64 << 10U,
                           .most_bytes = 16 << 20U,
                           .keep_free_bytes = 0,
                           .ballast_bytes = 0});
  }
  void MustStart() {
    const Status started = Start();
    ASSERT_TRUE(started.ok()) << started.message();
  }
  void AppendDurably(int count) {
    keeping_->Append(count);
    const Status synced = keeping_->journal->Sync();
    ASSERT_TRUE(synced.ok()) << synced.message();
  }
  Result<SaveOutcome> Save() { return keeping_->files().Save({"a", "b"}, *keeping_->journal); }
  void MustSaveAll() {
    for (int i = 0; i < 20 && keeping_->files().unsaved() > 0; ++i) {
      const auto outcome = Save();
      ASSERT_TRUE(outcome.ok()) << outcome.status().message();
      ASSERT_TRUE(outcome->failures.empty()) << outcome->failures[0].why.message();
    }
    ASSERT_EQ(keeping_->files().unsaved(), 0U);
  }
  // Whether everything that was durable is in a file once, but for `missing`.
  testing::AssertionResult EachIsInOneFile(const std::set<RecordKey>& missing = {}) {
    std::set<RecordKey> expected;
    for (const RecordKey& key : promises_.durable) {
      if (!missing.contains(key)) expected.insert(key);
    }
    for (const auto& [key, times] : RecordsInFiles(*disk_)) {
      if (times != 1) return testing::AssertionFailure() << key.second << " is in " << times << " files";
      if (expected.erase(key) == 0) return testing::AssertionFailure() << key.second << " should be in no file";
    }
    if (expected.empty()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << expected.begin()->second << " is in no file";
  }
  std::vector<std::string> Files(const char* device) { return disk_->Names(std::filesystem::path("/data") / device); }

  std::unique_ptr<os::SimulatedDisk> disk_;
  HandClock clock_;
  Promises promises_;
  StreamId stream_ = 0;
  std::unique_ptr<KeepingForTests> keeping_;
};

TEST_F(RecordFilesTest, SaveMakesOneFileADevice) {
  MustStart();
  AppendDurably(9);
  EXPECT_EQ(keeping_->files().unsaved("a"), 6U);
  EXPECT_EQ(keeping_->files().devices(), (std::vector<std::string>{"a", "b"}));
  const auto outcome = Save();
  ASSERT_TRUE(outcome.ok());
  ASSERT_EQ(outcome->saved.size(), 2U);
  EXPECT_EQ(outcome->saved[0].summary.total_inferences, 6);
  EXPECT_EQ(keeping_->files().unsaved(), 0U);
  EXPECT_FALSE(keeping_->files().first_unsaved().has_value());
  EXPECT_TRUE(EachIsInOneFile());
  EXPECT_TRUE(Save()->saved.empty());
}

TEST_F(RecordFilesTest, FileHoldsRecordsOfOneRunAndNoMoreThanTheMost) {
  MustStart();
  AppendDurably(90);  // 60 of "a", 20 a file
  MustStart();
  AppendDurably(3);
  EXPECT_EQ(keeping_->files().unsaved("a"), 62U);
  MustSaveAll();
  EXPECT_EQ(Files("a").size(), 4U);
  EXPECT_EQ(Files("b").size(), 3U);
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, WhatIsSavedStaysSavedAndWhatIsNotIsUnsavedAfterARestart) {
  MustStart();
  AppendDurably(9);
  MustSaveAll();
  AppendDurably(3);
  MustStart();
  EXPECT_EQ(keeping_->files().unsaved("a"), 2U);
  EXPECT_EQ(keeping_->files().unsaved("b"), 1U);
  MustSaveAll();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, SavedFileThatSomebodyTookAwayDoesNotComeBack) {
  MustStart();
  AppendDurably(9);
  MustSaveAll();
  for (const std::string& name : Files("a")) ASSERT_TRUE(disk_->Unlink("/data/a/" + name).ok());
  MustStart();
  EXPECT_EQ(keeping_->files().unsaved(), 0U);
}

// A kill at any call of a save, and a power cut at any call of the run after it.
class SaveCrashTest : public RecordFilesTest, public testing::WithParamInterface<os::CrashMode> {
 protected:
  // Whether the program was cut.
  bool Cut(int at, bool with_power) {
    disk_->CrashAtCall(at);
    Save().status().IgnoreBecause("it is cut");
    const bool was_cut = disk_->crashed();
    if (with_power) disk_->Crash(static_cast<std::uint64_t>(at), GetParam());
    return was_cut;
  }
  void StartWithRecords() {
    Format();
    MustStart();
    AppendDurably(6);
  }
};

TEST_P(SaveCrashTest, PowerCutAtAnyCallOfASaveLeavesEachRecordInOneFileOrUnsaved) {
  bool was_cut = true;
  for (int at = 1; was_cut; ++at) {
    StartWithRecords();
    was_cut = Cut(at, /*with_power=*/true);
    MustStart();
    EXPECT_EQ(keeping_->files().unsaved() + RecordsInFiles(*disk_).size(), 6U) << "call " << at;
    MustSaveAll();
    ASSERT_TRUE(EachIsInOneFile()) << "call " << at;
  }
}

TEST_P(SaveCrashTest, KillAtAnyCallAndAPowerCutInTheNextRunLeaveEachRecordInOneFile) {
  bool was_killed = true;
  for (int at = 1; was_killed; ++at) {
    bool was_cut = true;
    for (int cut = WantsFullTests() ? 1 : 1 + at % 11; was_cut; cut += WantsFullTests() ? 1 : 11) {
      StartWithRecords();
      was_killed = Cut(at, /*with_power=*/false);
      MustStart();
      AppendDurably(3);
      was_cut = Cut(cut, /*with_power=*/true);
      MustStart();
      MustSaveAll();
      ASSERT_TRUE(EachIsInOneFile()) << "kill at call " << at << ", cut at call " << cut;
    }
  }
}

// The file of a save that failed may be there: the next save must not give its name to more records.
TEST_P(SaveCrashTest, FailureAtAnyCallThenMoreRecordsThenAPowerCutAtAnyCall) {
  bool has_failed = true;
  for (int failing = 1; has_failed; ++failing) {
    bool was_cut = true;
    for (int cut = WantsFullTests() ? 1 : 1 + failing % 11; was_cut; cut += WantsFullTests() ? 1 : 11) {
      StartWithRecords();
      const int before = disk_->calls();
      disk_->FailCall(failing, EIO);
      Save().status().IgnoreBecause("it fails");
      has_failed = disk_->calls() - before >= failing;
      disk_->ClearFaults();
      clock_.Pass(std::chrono::minutes(2));
      AppendDurably(6);
      was_cut = Cut(cut, /*with_power=*/true);
      MustStart();
      MustSaveAll();
      ASSERT_TRUE(EachIsInOneFile()) << "failure of call " << failing << ", cut at call " << cut;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(EachMode, SaveCrashTest, testing::ValuesIn(os::kCrashModes));

TEST_F(RecordFilesTest, FailureAtAnyCallIsToldAndMadeGoodByTheNextSave) {
  bool has_failed = true;
  for (int failing = 1; has_failed; ++failing) {
    Format();
    MustStart();
    AppendDurably(6);
    const int before = disk_->calls();
    disk_->FailCall(failing, EIO);
    const auto outcome = Save();
    has_failed = disk_->calls() - before >= failing;
    disk_->ClearFaults();
    const bool is_told = !outcome.ok() || !outcome->failures.empty();
    EXPECT_EQ(keeping_->files().unsaved() > 0, is_told) << "call " << failing;
    clock_.Pass(std::chrono::minutes(2));
    MustSaveAll();
    ASSERT_TRUE(EachIsInOneFile()) << "call " << failing;
  }
}

// The name is durable before the journal relies on it, also where only the kernel knew of it.
TEST_F(RecordFilesTest, FileThatAKilledRunLeftIsMadeDurableBeforeItCounts) {
  MustStart();
  AppendDurably(6);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kSyncFolder && path != "/data/journal" ? EIO : 0;
  });
  EXPECT_EQ(Save()->failures.size(), 2U);
  disk_->ClearFaults();
  MustStart();
  EXPECT_EQ(keeping_->files().unsaved(), 0U);
  disk_->Crash(1, os::CrashMode::kDropUnsynced);
  disk_->Restart();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, FileThatWasFoundIsNotedByTheNextSaveAndMayGoThen) {
  MustStart();
  AppendDurably(6);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kSyncFolder && path != "/data/journal" ? EIO : 0;
  });
  EXPECT_EQ(Save()->failures.size(), 2U);
  disk_->ClearFaults();
  MustStart();
  ASSERT_TRUE(Save().ok());
  for (const std::string& name : Files("a")) ASSERT_TRUE(disk_->Unlink("/data/a/" + name).ok());
  MustStart();
  EXPECT_EQ(keeping_->files().unsaved(), 0U);
}

// A run may end between making a folder and making its name durable.
TEST_F(RecordFilesTest, FolderOfADeviceIsDurableBeforeItsFilesCount) {
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kSyncFolder && path == "/data" ? EIO : 0;
  });
  EXPECT_FALSE(Start().ok());
  disk_->ClearFaults();
  MustStart();
  AppendDurably(6);
  MustSaveAll();
  disk_->Crash(1, os::CrashMode::kDropUnsynced);
  disk_->Restart();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, WhereNobodyCanTellWhetherAFileIsThereTheSaveIsRepeatedAsPlanned) {
  MustStart();
  AppendDurably(6);
  disk_->SetFault(
      [](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kSyncFolder ? EIO : 0; });
  EXPECT_EQ(Save()->failures.size(), 2U);
  disk_->SetFault([](os::CallKind, const std::filesystem::path& path) {
    return path.string().find("inference_metrics") != std::string::npos ? EMFILE : 0;
  });
  MustStart();
  EXPECT_EQ(keeping_->files().unsaved(), 6U);
  AppendDurably(6);
  EXPECT_EQ(Save()->failures.size(), 2U);
  disk_->ClearFaults();
  MustSaveAll();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, OneDevicesFailureDoesNotKeepTheOthersFromTheirFiles) {
  MustStart();
  AppendDurably(9);
  disk_->SetFault([](os::CallKind, const std::filesystem::path& path) {
    return path.string().starts_with("/data/a") ? EACCES : 0;
  });
  for (int i = 0; i < 3; ++i) {
    const auto outcome = Save();
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->failures.size(), 1U);
  }
  EXPECT_EQ(keeping_->files().unsaved("a"), 6U);
  EXPECT_EQ(keeping_->files().unsaved("b"), 0U);
  disk_->ClearFaults();
  MustSaveAll();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, DamagedRecordIsNamedOnceAndTheOthersAreSaved) {
  MustStart();
  AppendDurably(6);
  const std::string path = "/data/journal/" + SegmentName(1);
  const std::size_t at = disk_->Bytes(path)->find("\"inference_time_ms\":4,");
  ASSERT_NE(at, std::string::npos);
  ASSERT_TRUE(disk_->FlipBit(path, at * 8).ok());
  const auto outcome = Save();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->damaged_records, (std::vector<RecordName>{{stream_, 4}}));
  EXPECT_EQ(keeping_->files().unsaved(), 0U);
  EXPECT_TRUE(EachIsInOneFile({{stream_, 4}}));
  EXPECT_TRUE(Save()->damaged_records.empty());
}

TEST_F(RecordFilesTest, DamagedRecordsOfASaveThatFailsAreNotNamedYet) {
  MustStart();
  AppendDurably(6);
  const std::string path = "/data/journal/" + SegmentName(1);
  ASSERT_TRUE(disk_->FlipBit(path, disk_->Bytes(path)->find("\"inference_time_ms\":4,") * 8).ok());
  disk_->SetFault(
      [](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kRename ? EIO : 0; });
  EXPECT_TRUE(Save()->damaged_records.empty());
  disk_->ClearFaults();
  EXPECT_EQ(Save()->damaged_records.size(), 1U);
}

TEST_F(RecordFilesTest, LineThatIsNoRecordIsNamedAndTheOthersAreSaved) {
  MustStart();
  AppendDurably(5);
  keeping_->journal->Append(EntryType::kRecord, 6, "{\"device_id\":");
  promises_.appended[stream_] = 6;
  ASSERT_TRUE(keeping_->journal->Sync().ok());
  const auto outcome = Save();
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome->failures.empty());
  EXPECT_EQ(outcome->damaged_records, (std::vector<RecordName>{{stream_, 6}}));
  EXPECT_TRUE(EachIsInOneFile({{stream_, 6}}));
}

TEST_F(RecordFilesTest, BadSectorCostsItsRecordsAfterSomePatience) {
  MustStart();
  AppendDurably(6);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path& path) {
    return kind == os::CallKind::kReadAt && path.extension() == ".journal" ? EIO : 0;
  });
  int failed = 0;
  while (keeping_->files().unsaved() > 0 && failed < 100) failed += Save()->failures.empty() ? 0 : 1;
  EXPECT_GT(failed, 2);
  EXPECT_LT(failed, 20);
}

TEST_F(RecordFilesTest, LackOfDescriptorsCostsNoRecordHoweverLongItLasts) {
  MustStart();
  AppendDurably(6);
  bool at_the_journal = false;
  disk_->SetFault([&](os::CallKind kind, const std::filesystem::path& path) {
    const bool is_opening = kind == os::CallKind::kOpen || kind == os::CallKind::kCreateForWriting;
    return is_opening && (!at_the_journal || path.extension() == ".journal") ? EMFILE : 0;
  });
  for (int i = 0; i < 100; ++i) {
    at_the_journal = i >= 50;
    EXPECT_EQ(Save()->failures.size(), 2U);
  }
  disk_->ClearFaults();
  MustSaveAll();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, WhileTheJournalFailsNoIntentsPileUp) {
  MustStart();
  AppendDurably(6);
  disk_->SetFault([](os::CallKind kind, const std::filesystem::path&) {
    return kind == os::CallKind::kWriteAt || kind == os::CallKind::kWrite ? EROFS : 0;
  });
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Save().ok());
  EXPECT_LE(keeping_->journal->pending(), 2U);
  EXPECT_EQ(keeping_->files().unsaved(), 6U);
  disk_->ClearFaults();
  clock_.Pass(std::chrono::minutes(2));
  MustSaveAll();
  EXPECT_TRUE(EachIsInOneFile());
}

TEST_F(RecordFilesTest, ForgottenSegmentsRecordsAreInNoFile) {
  MustStart();
  AppendDurably(60);
  const auto first = keeping_->journal->segments().front();
  ASSERT_GT(keeping_->journal->segments().size(), 1U);
  const std::size_t count = keeping_->files().Forget(first.segment).size();
  EXPECT_EQ(count, first.last_sequence);
  EXPECT_EQ(keeping_->files().unsaved(), 60 - count);
  EXPECT_GT(keeping_->files().first_unsaved()->segment, first.segment);
  MustSaveAll();
  std::set<RecordKey> forgotten;
  for (std::uint64_t i = 1; i <= first.last_sequence; ++i) forgotten.insert({stream_, i});
  EXPECT_TRUE(EachIsInOneFile(forgotten));
}

}  // namespace
}  // namespace inferometer::store
