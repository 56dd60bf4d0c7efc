#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace inferometer::base {
namespace {

WallTime AtMicros(std::int64_t us) { return WallTime(std::chrono::microseconds(us)); }

TEST(Timestamp, IsWrittenInUtcWithSixDigits) {
  EXPECT_EQ(FormatRfc3339(AtMicros(1759833015123456)), "2025-10-07T10:30:15.123456Z");
  EXPECT_EQ(FormatRfc3339(AtMicros(0)), "1970-01-01T00:00:00.000000Z");
}

TEST(Timestamp, CompactFormIsTheFileNamesSecond) {
  EXPECT_EQ(FormatCompactSecond(AtMicros(1759833015999999)), "20251007_103015");
}

TEST(Timestamp, ReadsWhatItWrites) {
  for (const std::int64_t us : {0LL, 1LL, 951782400000000LL, 1759833015123456LL, 4102444800000000LL}) {
    auto time = ParseTimestamp(FormatRfc3339(AtMicros(us)));
    ASSERT_TRUE(time.ok()) << us;
    EXPECT_EQ(*time, AtMicros(us));
  }
}

TEST(Timestamp, ZoneIsTakenOff) {
  EXPECT_EQ(*ParseTimestamp("2025-10-07T12:30:15.123456+02:00"), AtMicros(1759833015123456));
  EXPECT_EQ(*ParseTimestamp("2025-10-07T05:00:15.123456-05:30"), AtMicros(1759833015123456));
}

TEST(Timestamp, NaiveTimeOfTheOlderSystemIsReadAsUtc) {
  EXPECT_EQ(*ParseTimestamp("2025-10-07T10:30:15.123456"), AtMicros(1759833015123456));
  EXPECT_EQ(*ParseTimestamp("2025-10-07 10:30:15"), AtMicros(1759833015000000));
}

TEST(Timestamp, FractionMayBeShortOrLong) {
  EXPECT_EQ(*ParseTimestamp("2025-10-07T10:30:15.5Z"), AtMicros(1759833015500000));
  EXPECT_EQ(*ParseTimestamp("2025-10-07T10:30:15.123456789Z"), AtMicros(1759833015123456));
}

TEST(Timestamp, WhatIsOutsideItsYearsInUtcIsRefused) {
  EXPECT_TRUE(ParseTimestamp("1970-01-01T01:00:00+01:00").ok());
  EXPECT_FALSE(ParseTimestamp("1970-01-01T00:59:59+01:00").ok());
  EXPECT_TRUE(ParseTimestamp("2199-12-31T22:59:59.999999-01:00").ok());
  EXPECT_FALSE(ParseTimestamp("2199-12-31T23:00:00-01:00").ok());
  EXPECT_FALSE(ParseTimestamp("2199-12-31T23:59:60Z").ok());
}

TEST(Timestamp, AnythingElseIsRefused) {
  for (const char* text :
       {"", "now", "2025-10-07", "2025-13-07T10:30:15Z", "2025-02-30T10:30:15Z", "2025-10-07T24:30:15Z",
        "2025-10-07T10:30:15.Z", "2025-10-07T10:30:15Zx", "1969-12-31T23:59:59Z", "2025-10-07T10:30:15+2:00",
        "2025-10-07T10:30", "99999-10-07T10:30:15Z"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

}  // namespace
}  // namespace inferometer::base
