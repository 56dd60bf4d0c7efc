#include "cli/verify_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "analyze/sample_files.h"
#include "base/record_key.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/temporary_folder.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/ledger.h"
#include "store/metrics_folder.h"

namespace inferometer::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kDevice = "00:0f:00:70:91:0a";

// A device's folder on the real disk, and the command run on it.
class VerifyCommandTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path Device() const { return folder_.path() / "metrics/pi"; }
  static std::string Record(std::uint64_t sequence) {
    std::string record = analyze::OurRecord({.second = static_cast<int>(sequence)});
    const std::string shape = kDevice + "/5eed/" + std::to_string(sequence);
    return record.replace(record.find(shape), shape.size(), base::RecordIdText({kDevice, 1, sequence}));
  }
  void PutFile(const std::string& name, std::uint64_t from, std::uint64_t to) const {
    std::vector<std::string> records;
    for (std::uint64_t i = from; i <= to; ++i) records.push_back(Record(i));
    folder_.Put("metrics/pi/" + name, analyze::FileWith(records));
  }
  // Records 1 to 20 in the journal, of them 1 to 10 in a file.
  void PutADevice() {
    PutFile("inference_metrics_1.json", 1, 10);
    auto journal = store::Journal::Open({.folder = Device() / "journal", .owner = kDevice, .stream = 1},
                                        os::SystemFileCalls(), clock_, owner_);
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    for (std::uint64_t i = 1; i <= 20; ++i) (*journal)->Append(store::EntryType::kRecord, i, Record(i));
    ASSERT_TRUE((*journal)->Close().ok());
  }
  [[nodiscard]] Answer Run(const std::filesystem::path& directory, bool as_json = false) const {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunVerify({directory, lake_, as_json}, os::SystemFileCalls(), out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }
  [[nodiscard]] Answer Run() const { return Run(folder_.path() / "metrics"); }

  std::filesystem::path lake_;
  os::TemporaryFolder folder_;
  store::HandClock clock_;
  store::OwnerForTests owner_;
};

TEST_F(VerifyCommandTest, HealthyDirectoryIsWellFromWhereverItIsLookedAt) {
  PutADevice();
  for (const auto& directory : {folder_.path() / "metrics", folder_.path() / "metrics/", Device(), folder_.path()}) {
    const Answer answer = Run(directory);
    EXPECT_EQ(answer.code, kDone) << answer.out;
    EXPECT_EQ(answer.err, "");
    EXPECT_THAT(answer.out, EndsWith("1 file, 10 records, 1 journal, 1 segment, 0 findings\n"));
  }
}

TEST_F(VerifyCommandTest, JournalsOwnFolderIsLookedAtAlone) {
  PutADevice();
  for (const char* const name : {"journal", "journal/"}) {
    const Answer answer = Run(Device() / name);
    EXPECT_EQ(answer.code, kDone) << answer.out;
    EXPECT_THAT(answer.out, HasSubstr("only the journal was looked at"));
    EXPECT_THAT(answer.out, EndsWith("0 files, 0 records, 1 journal, 1 segment, 0 findings\n"));
  }
}

TEST_F(VerifyCommandTest, NothingIsChanged) {
  PutADevice();
  folder_.Put("metrics/pi/journal/0000000009.journal", "garbage");
  const auto listing = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      names.insert(entry.path().string() + std::to_string(entry.is_directory() ? 0 : entry.file_size()));
    }
    return names;
  };
  const auto before = listing();
  EXPECT_EQ(Run().code, kDone) << "never used: what a crash left of its creation";
  EXPECT_EQ(listing(), before);
}

TEST_F(VerifyCommandTest, GapIsExplainedByTheLedgerOrIsAFinding) {
  PutADevice();
  PutFile("inference_metrics_2.json", 26, 30);
  const Answer gap = Run();
  EXPECT_EQ(gap.code, kFailed);
  EXPECT_THAT(gap.out, HasSubstr("device 00:0f:00:70:91:0a, stream 0000000000000001: records 21 to 25 are nowhere"));
  auto ledger = store::Ledger::Open(os::SystemFileCalls(), Device() / "journal/ledger");
  ledger.state().AddLoss(1, 21, 25, store::LossReason::kEvicted);
  ASSERT_TRUE(ledger.Write().ok());
  const Answer explained = Run();
  EXPECT_EQ(explained.code, kDone) << explained.out;
  EXPECT_THAT(explained.out, HasSubstr("5 of records 21 to 25, evicted"));
}

TEST_F(VerifyCommandTest, WriterBesideItIsNamedAndNotBlamed) {
  PutADevice();
  const auto lock = store::LockFolder(Device());
  ASSERT_TRUE(lock.ok());
  PutFile("inference_metrics_2.json", 26, 30);  // of after the journal was read
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kDone) << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("journal: in use; what is being written meanwhile is not judged"));
}

TEST_F(VerifyCommandTest, JsonHoldsTheFindings) {
  PutFile("inference_metrics_1.json", 2, 3);
  const Answer answer = Run(folder_.path() / "metrics", /*as_json=*/true);
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.out, HasSubstr(R"("findings_count":1,"findings":[)"));
  EXPECT_THAT(answer.out, HasSubstr(R"("from":1,"to":1)"));
}

TEST_F(VerifyCommandTest, LakeElsewhereIsNamed) {
  lake_ = folder_.path() / "no";
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("no"));
}

TEST_F(VerifyCommandTest, WhatCannotBeLookedAtIsSaidAndIsAFailure) {
  EXPECT_THAT(Run("/nowhere/at/all").err, HasSubstr("/nowhere/at/all: no such folder"));
  const Answer empty = Run(folder_.path());
  EXPECT_EQ(empty.code, kFailed);
  EXPECT_EQ(empty.out, "");
  EXPECT_THAT(empty.err, HasSubstr("neither metrics files nor a journal in it"));
  EXPECT_THAT(Run(folder_.Put("file", "")).err, HasSubstr("not a folder"));
}

}  // namespace
}  // namespace inferometer::cli
