#include "analyze/record_places.h"

#include <gtest/gtest.h>

namespace inferometer::analyze {
namespace {

const StreamName kStream = {"pi-07", 1};

class RecordPlacesTest : public testing::Test {
 protected:
  void File(std::size_t store, const std::vector<std::uint64_t>& sequences) {
    places_.AddFile(store);
    for (const std::uint64_t one : sequences) places_.Add({"pi-07", 1, one});
  }
  // "1-3 0 1": the records, and the two files.
  std::vector<std::string> Doubled() {
    std::vector<std::string> texts;
    for (const DoubledRecords& one : places_.Doubled(100)) {
      EXPECT_EQ(one.stream, kStream);
      texts.push_back(std::to_string(one.records.from) + "-" + std::to_string(one.records.to) + " " +
                      std::to_string(one.first_file) + " " + std::to_string(one.second_file));
    }
    return texts;
  }

  RecordPlaces places_;
};

TEST_F(RecordPlacesTest, RecordsThatStandOnceAreNotDoubled) {
  File(0, {1, 2, 3});
  File(0, {4, 5, 7});
  File(0, {6});
  places_.Add({"pi-07", 2, 1});
  places_.Add({"pi-08", 1, 1});
  EXPECT_TRUE(Doubled().empty());
  EXPECT_EQ(places_.InStore(0).at(kStream), (SequenceRanges{{1, 7}}));
  EXPECT_EQ(places_.InStore(0).size(), 3U);
  EXPECT_TRUE(places_.InStore(1).empty());
}

TEST_F(RecordPlacesTest, EachCopyOfAFileIsNamedOnce) {
  File(0, {1, 2, 3, 4});
  File(0, {5, 6});
  File(0, {1, 2, 3, 4});
  File(0, {3, 4, 5});
  EXPECT_EQ(Doubled(), (std::vector<std::string>{"1-4 0 2", "3-4 0 3", "5-5 3 1"}));
}

TEST_F(RecordPlacesTest, RecordThatStandsTwiceInAFileIsNamed) {
  File(0, {1, 2, 3, 2});
  EXPECT_EQ(Doubled(), (std::vector<std::string>{"2-2 0 0"}));
}

TEST_F(RecordPlacesTest, TwoStoresMayKeepTheSameRecordsAndNobodyElse) {
  File(0, {1, 2});
  File(1, {1, 2});
  EXPECT_TRUE(Doubled().empty());
  File(RecordPlaces::kNoStore, {2});
  EXPECT_EQ(Doubled().size(), 2U) << "a copy beside them belongs to neither";
}

TEST_F(RecordPlacesTest, LakeAndTheFilesThatFilledItMayBothHaveARecord) {
  File(0, {1, 2});
  places_.AddFile(0, true);
  places_.Add({kStream.device, kStream.stream, 1});
  EXPECT_TRUE(Doubled().empty());
  EXPECT_EQ(places_.InStore(0).at(kStream), (SequenceRanges{{1, 2}}));
  places_.Add({kStream.device, kStream.stream, 1});
  EXPECT_EQ(Doubled(), (std::vector<std::string>{"1-1 1 1"})) << "but not twice in the lake";
}

TEST_F(RecordPlacesTest, NoMoreAreNamedThanWanted) {
  File(0, {1, 3, 5, 7});
  File(0, {1, 3, 5, 7});
  EXPECT_EQ(places_.Doubled(3).size(), 3U);
}

}  // namespace
}  // namespace inferometer::analyze
