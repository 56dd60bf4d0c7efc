#include "analyze/cleaned_records.h"

#include <gtest/gtest.h>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

const CleanedKey kKey = {"", {"pi-07", 0x2a}, false};
const CleanedKey kForced = {"edge-1", {"pi-07", 0x2a}, true};

TEST(CleanedRecordsTest, NoteIsReadAsItWasWritten) {
  const os::TemporaryFolder folder;
  CleanedRecords note;
  note.Add(kKey, {{1, 4}, {9, 9}});
  note.Add(kKey, {{5, 6}});
  note.Add(kForced, {{1, 1}});
  ASSERT_TRUE(note.Write(os::SystemFileCalls(), folder.path()).ok());
  const auto read = CleanedRecords::Read(folder.path());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ranges(), note.ranges());
  EXPECT_EQ(read->ranges().at(kKey), (SequenceRanges{{1, 6}, {9, 9}}));
}

TEST(CleanedRecordsTest, WhereThereIsNoneItIsEmpty) {
  const os::TemporaryFolder folder;
  EXPECT_TRUE(CleanedRecords::Read(folder.path())->ranges().empty());
}

TEST(CleanedRecordsTest, LinesThatAreNoneArePassedOver) {
  const auto note = CleanedRecords::Parse(
      "\n{}\nnonsense\n"
      R"({"device_name":"","device_id":"a","stream":"2a","from":1,"to":2,"unacknowledged":false})"
      "\n"
      R"({"device_name":"","device_id":"a","stream":"000000000000002a","from":0,"to":2,"unacknowledged":false})"
      "\n"
      R"({"device_name":"","device_id":"a","stream":"000000000000002a","from":3,"to":2,"unacknowledged":false})"
      "\n"
      R"({"device_name":"","device_id":"a","stream":"000000000000002a","from":1,"to":2,"unacknowledged":true})"
      "\n"
      R"({"device_name":"","device_id":"a","stream":"000000000000002a","from":)");
  ASSERT_EQ(note.ranges().size(), 1U);
  EXPECT_EQ(note.ranges().begin()->second, (SequenceRanges{{1, 2}}));
}

TEST(CleanedRecordsTest, FoldersWithNotesAreFoundAtAnyDepthAndInTheLake) {
  const os::TemporaryFolder folder;
  for (const char* const name : {"m/.cleaned", "m/a/b/.cleaned", "m/lake/.cleaned", "m/lake/device=x/.cleaned",
                                 "m/.hidden/.cleaned", "m/a/journal/.cleaned"}) {
    folder.Put(name, "");
  }
  const auto m = folder.path() / "m";
  EXPECT_EQ(FoldersWithCleanedRecords(m), (std::vector<std::filesystem::path>{m, m / "a/b", m / "lake"}));
}

}  // namespace
}  // namespace inferometer::analyze
