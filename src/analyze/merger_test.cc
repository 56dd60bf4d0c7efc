#include "analyze/merger.h"

#include <gtest/gtest.h>

namespace inferometer::analyze {
namespace {

// A file of one device's records at these seconds, without ids.
FileRecords FileAt(std::initializer_list<int> seconds, const char* folder = "d", const char* model = "m") {
  FileRecords file;
  const std::uint32_t group = file.GroupOf({"a1", folder, model, {}, {}, {}});
  for (const int second : seconds) {
    Row row;
    row.group = group;
    row.timestamp = WallTime(std::chrono::seconds(second));
    row.sample.Set(Quantity::kInferenceTimeMs, second);
    file.Add(row);
  }
  file.MakeColumns();
  file.MakeFingerprints();
  return file;
}

std::size_t TotalOf(Merger& merger) {
  std::size_t total = 0;
  for (const Group& group : merger.Finish(1)) total += group.total_inferences;
  return total;
}

TEST(Merger, ByTimeTakesFilesWhoseTimesDoNotOverlapInAnyOrder) {
  Merger merger(Telling::kByTime, 0);
  EXPECT_TRUE(merger.Add(FileAt({5, 6})));
  EXPECT_TRUE(merger.Add(FileAt({1, 2})));
  EXPECT_TRUE(merger.Add(FileAt({3})));
  EXPECT_TRUE(merger.Add(FileAt({7, 9})));
  EXPECT_TRUE(merger.Add(FileAt({5, 6}, "d", "other model")));
  EXPECT_TRUE(merger.Add(FileAt({})));
  EXPECT_EQ(TotalOf(merger), 9U);
}

TEST(Merger, ByTimeGivesUpWhereTimesOverlapWhateverTheFolder) {
  for (const auto& second :
       {FileAt({6, 7}), FileAt({4, 5}), FileAt({5}), FileAt({6}), FileAt({4, 9}), FileAt({5, 6}, "e")}) {
    Merger merger(Telling::kByTime, 0);
    EXPECT_TRUE(merger.Add(FileAt({5, 6})));
    EXPECT_FALSE(merger.Add(second));
  }
}

TEST(Merger, ByTimeGivesUpOnAFileThatDoesNotRise) {
  for (const auto& file : {FileAt({2, 1}), FileAt({1, 1}), FileAt({1, 3, 2})}) {
    Merger merger(Telling::kByTime, 0);
    EXPECT_FALSE(merger.Add(file));
  }
}

TEST(Merger, ByFingerprintCountsEachRecordOnce) {
  Merger merger(Telling::kByFingerprint, 0);
  EXPECT_TRUE(merger.Add(FileAt({1, 2, 2})));
  EXPECT_TRUE(merger.Add(FileAt({2, 3}, "e")));
  EXPECT_EQ(TotalOf(merger), 3U);
}

TEST(Merger, IdsTellInBothWays) {
  for (const Telling telling : {Telling::kByTime, Telling::kByFingerprint}) {
    FileRecords file = FileAt({});
    for (const char* id : {"a/1", "a/2", "a/1"}) {
      Row row;
      row.has_id = true;
      row.fingerprint = FingerprintOfId(id);
      file.Add(row);
    }
    file.MakeColumns();
    Merger merger(telling, 0);
    EXPECT_TRUE(merger.Add(file));
    EXPECT_TRUE(merger.Add(file));
    EXPECT_EQ(TotalOf(merger), 2U);
  }
}

}  // namespace
}  // namespace inferometer::analyze
