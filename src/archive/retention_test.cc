#include "archive/retention.h"

#include <gtest/gtest.h>

namespace inferometer::archive {
namespace {

using std::chrono::seconds;

TEST(RetentionTest, DevicesAgeHoldsAgainstTheGeneralOne) {
  const Retention retention{seconds(10), {{"pi-07", seconds(30)}, {"edge-1", seconds(5)}}};
  EXPECT_EQ(retention.AgeOf({"pi-07"}, {"any"}), seconds(30));
  EXPECT_EQ(retention.AgeOf({"pi-08"}, {"edge-1"}), seconds(5));
  EXPECT_EQ(retention.AgeOf({"pi-08"}, {"edge-2"}), seconds(10));
  EXPECT_EQ(retention.Shortest(), seconds(5));
}

TEST(RetentionTest, FileOfSeveralDevicesStaysAsLongAsTheLongest) {
  const Retention retention{seconds(10), {{"a", seconds(1)}, {"b", seconds(20)}}};
  EXPECT_EQ(retention.AgeOf({"a", "other"}, {}), seconds(10));
  EXPECT_EQ(retention.AgeOf({"a", "b"}, {}), seconds(20));
  EXPECT_EQ(retention.AgeOf({"a"}, {}), seconds(1));
}

TEST(RetentionTest, ForeverAndNoAgeAtAllMeanThatItStays) {
  EXPECT_EQ((Retention{seconds(10), {{"a", Retention::kForever}}}.AgeOf({"a"}, {})), std::nullopt);
  EXPECT_EQ((Retention{std::nullopt, {{"a", seconds(1)}}}.AgeOf({"b"}, {})), std::nullopt);
  EXPECT_EQ((Retention{std::nullopt, {{"a", Retention::kForever}}}.Shortest()), std::nullopt);
}

}  // namespace
}  // namespace inferometer::archive
