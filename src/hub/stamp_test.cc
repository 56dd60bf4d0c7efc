#include "hub/stamp.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"

namespace inferometer::hub {
namespace {

TEST(AStamp, HoldsTheTimeOfARecordAndNothingOfTheClockThatItDoesNotName) {
  const auto stamp = ReadStamp(R"({"device_id":"abc","timestamp":"2025-10-07T10:30:15.000001Z","new":{"a":[1]}})");
  ASSERT_TRUE(stamp.ok()) << stamp.status().message();
  EXPECT_EQ(base::FormatRfc3339(stamp->timestamp), "2025-10-07T10:30:15.000001Z");
  EXPECT_FALSE(stamp->clock.unsynchronised);
  EXPECT_FALSE(stamp->clock.boot.has_value());
  EXPECT_FALSE(stamp->clock.boottime.has_value());
}

TEST(AStamp, HoldsWhatTheRecordSaysOfAClockThatWasNotSet) {
  const auto stamp = ReadStamp(R"({"timestamp":"1970-01-01T00:10:05Z","clock_state":"unsynchronised",)"
                               R"("boot_id":"000102030405060708090a0b0c0d0e0f","boottime_ms":605.5})");
  ASSERT_TRUE(stamp.ok()) << stamp.status().message();
  EXPECT_TRUE(stamp->clock.unsynchronised);
  EXPECT_EQ(stamp->clock.boot, ParseBootId("000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(stamp->clock.boottime, BootTime(605'500));
}

TEST(AStamp, OfWhatIsNoRecordIsDataLoss) {
  for (const char* const line : {"", "[]", "nonsense", "{", R"({"device_id":"abc"})", R"({"timestamp":"soon"})"}) {
    EXPECT_EQ(ReadStamp(line).status().code(), Code::kDataLoss) << line;
  }
}

}  // namespace
}  // namespace inferometer::hub
