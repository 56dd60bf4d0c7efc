#include "measure/occupancy.h"

#include <gtest/gtest.h>

namespace inferometer::measure {
namespace {

TEST(Occupancy, OneAfterAnotherAreEachAlone) {
  Occupancy occupancy;
  EXPECT_TRUE(occupancy.LeaveAlone(occupancy.Enter()));
  EXPECT_TRUE(occupancy.LeaveAlone(occupancy.Enter()));
}

TEST(Occupancy, BothOfAnOverlapKnowOfItInWhateverOrderTheyLeave) {
  for (const bool first_leaves_first : {true, false}) {
    Occupancy occupancy;
    const auto first = occupancy.Enter();
    const auto second = occupancy.Enter();
    EXPECT_FALSE(occupancy.LeaveAlone(first_leaves_first ? first : second));
    EXPECT_FALSE(occupancy.LeaveAlone(first_leaves_first ? second : first));
    EXPECT_TRUE(occupancy.LeaveAlone(occupancy.Enter()));
  }
}

TEST(Occupancy, LongOneIsSpoiledByAShortOneInside) {
  Occupancy occupancy;
  const auto long_one = occupancy.Enter();
  EXPECT_FALSE(occupancy.LeaveAlone(occupancy.Enter()));
  EXPECT_FALSE(occupancy.LeaveAlone(long_one));
}

TEST(Occupancy, OfTheProcessIsOne) { EXPECT_EQ(&Occupancy::OfProcess(), &Occupancy::OfProcess()); }

}  // namespace
}  // namespace inferometer::measure
