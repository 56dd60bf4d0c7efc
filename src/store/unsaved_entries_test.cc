#include "store/unsaved_entries.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "os/temporary_folder.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/record_files.h"

namespace inferometer::store {
namespace {

const std::string kOwner = "pi-07";

class UnsavedEntriesTest : public ::testing::Test {
 protected:
  // A run of the device, which keeps so many records and notes.
  void Run(StreamId stream, std::uint64_t records, const std::vector<std::pair<EntryType, std::uint64_t>>& notes = {}) {
    std::filesystem::create_directories(journal_.parent_path());
    OwnerForTests owner;
    owner.checkpoint = Encode(DeviceCheckpoint{0, "{\"run\":" + std::to_string(stream) + "}"});
    auto journal =
        Journal::Open({.folder = journal_, .owner = kOwner, .stream = stream}, os::SystemFileCalls(), clock_, owner);
    ASSERT_TRUE(journal.ok());
    for (std::uint64_t i = 1; i <= records; ++i) (*journal)->Append(EntryType::kRecord, i, PayloadOf(stream, i));
    for (const auto& [type, upto] : notes) {
      (*journal)->Append(type, 0, EncodePlans({{kOwner, "file.json", stream, upto}}));
    }
    ASSERT_TRUE((*journal)->Close().ok());
  }
  // "1/5": stream and sequence.
  [[nodiscard]] std::vector<std::string> Unsaved() const {
    const auto unsaved = FindUnsaved(os::SystemFileCalls(), journal_, kOwner);
    EXPECT_TRUE(unsaved.ok());
    std::vector<std::string> names;
    for (const auto& one : unsaved->entries) {
      names.push_back(std::to_string(one.stream) + "/" + std::to_string(one.sequence));
    }
    return names;
  }

  using Names = std::vector<std::string>;
  os::TemporaryFolder folder_;
  const std::filesystem::path journal_ = folder_.path() / "pi/journal";
  HandClock clock_;
};

TEST_F(UnsavedEntriesTest, AFileHoldsEveryRecordUpToTheOneItNames) {
  Run(1, 2);
  Run(2, 3, {{EntryType::kSaving, 2}, {EntryType::kSaved, 2}});
  EXPECT_EQ(Unsaved(), (Names{"2/3"}));
}

TEST_F(UnsavedEntriesTest, WithoutNotesAllAreUnsavedInTheirOrder) {
  Run(7, 2);
  Run(2, 1);
  EXPECT_EQ(Unsaved(), (Names{"7/1", "7/2", "2/1"}));
}

TEST_F(UnsavedEntriesTest, IntentCountsWhereItsFileIs) {
  Run(1, 3, {{EntryType::kSaving, 2}});
  EXPECT_EQ(Unsaved().size(), 3U);
  folder_.Put("pi/file.json", "");
  EXPECT_EQ(Unsaved(), (Names{"1/3"}));
}

TEST_F(UnsavedEntriesTest, ContextIsThatOfTheRun) {
  Run(1, 1);
  Run(2, 1);
  const auto unsaved = FindUnsaved(os::SystemFileCalls(), journal_, kOwner);
  ASSERT_EQ(unsaved->segments.size(), 2U);
  EXPECT_EQ(ReadDeviceCheckpoint(os::SystemFileCalls(), journal_, unsaved->segments[1])->context, "{\"run\":2}");
}

TEST_F(UnsavedEntriesTest, JournalThatIsNotThereIsAnError) {
  EXPECT_FALSE(FindUnsaved(os::SystemFileCalls(), folder_.path() / "nowhere", kOwner).ok());
}

}  // namespace
}  // namespace inferometer::store
