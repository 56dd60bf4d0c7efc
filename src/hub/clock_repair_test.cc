#include "hub/clock_repair.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "record/json_read.h"

namespace inferometer::hub {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

WallTime At(const char* text) { return *base::ParseTimestamp(text); }
const WallTime kNow = At("2025-10-07T12:00:00Z");
const os::BootId kBoot = {1, 2, 3};
const os::BootId kOtherBoot = {4, 5, 6};

// The clock was set 1 h after the boot, at 11:00.
const Anchor kAnchor{hours(1), At("2025-10-07T11:00:00Z")};

ClockFacts Unsynchronised(BootTime boottime) { return {true, kBoot, boottime}; }

TEST(ClockRepair, ARecordOf1970GetsItsTimeFromTheBootsAnchor) {
  const WallTime said = At("1970-01-01T00:10:05Z");
  const auto repair = RepairTimestamp(said, Unsynchronised(minutes(10)), kAnchor, kNow);
  ASSERT_TRUE(repair);
  EXPECT_EQ(repair->rule, TimestampRule::kAnchor);
  EXPECT_EQ(repair->timestamp, At("2025-10-07T10:10:00Z"));
  EXPECT_EQ(repair->device, said);
}

TEST(ClockRepair, ARecordOf1970WithoutAnAnchorGetsTheTimeOfReceipt) {
  const auto repair = RepairTimestamp(At("1970-01-01T00:10:05Z"), Unsynchronised(minutes(10)), std::nullopt, kNow);
  ASSERT_TRUE(repair);
  EXPECT_EQ(repair->rule, TimestampRule::kReceived);
  EXPECT_EQ(repair->timestamp, kNow);
}

// A device without a clock counts from a floor (device/floor_clock.h): what it says is plausible, and wrong.
TEST(ClockRepair, ARecordStampedAtAFloorGetsItsTimeFromTheBootsAnchor) {
  const WallTime said = At("2025-09-01T00:00:30Z");
  const auto repair = RepairTimestamp(said, Unsynchronised(minutes(10)), kAnchor, kNow);
  ASSERT_TRUE(repair);
  EXPECT_EQ(repair->rule, TimestampRule::kAnchor);
  EXPECT_EQ(repair->timestamp, At("2025-10-07T10:10:00Z"));
  EXPECT_FALSE(RepairTimestamp(said, Unsynchronised(minutes(10)), std::nullopt, kNow)) << "nobody knows better";
  EXPECT_EQ(RepairTimestamp(said - days(365), Unsynchronised(minutes(10)), std::nullopt, kNow)->rule,
            TimestampRule::kReceived);
}

TEST(ClockRepair, FiftyYearsAheadIsNotBelieved) {
  const WallTime said = kNow + days(50 * 365);
  EXPECT_EQ(RepairTimestamp(said, {}, std::nullopt, kNow)->rule, TimestampRule::kReceived);
  const auto repair = RepairTimestamp(said, Unsynchronised(minutes(10)), kAnchor, kNow);
  EXPECT_EQ(repair->timestamp, At("2025-10-07T10:10:00Z"));
}

TEST(ClockRepair, AClockThatWasAnHourBehindIsPutRightByTheAnchor) {
  const auto repair = RepairTimestamp(At("2025-10-07T09:10:00Z"), Unsynchronised(minutes(10)), kAnchor, kNow);
  EXPECT_EQ(repair->timestamp, At("2025-10-07T10:10:00Z"));
  EXPECT_EQ(repair->rule, TimestampRule::kAnchor);
}

TEST(ClockRepair, ARecordAfterTheAnchorIsRepairedTheSameWay) {
  const auto repair = RepairTimestamp(At("1970-01-01T00:00:00Z"), Unsynchronised(minutes(90)), kAnchor, kNow);
  EXPECT_EQ(repair->timestamp, At("2025-10-07T11:30:00Z"));
}

TEST(ClockRepair, ASynchronisedRecordIsLeftAloneWithinTheWindow) {
  for (const WallTime said : {kNow, kNow - hours(1), kNow - days(365), kNow + minutes(5)}) {
    EXPECT_FALSE(RepairTimestamp(said, {false, kBoot, minutes(10)}, kAnchor, kNow));
  }
  EXPECT_TRUE(RepairTimestamp(kNow - days(365) - seconds(1), {}, std::nullopt, kNow));
  EXPECT_TRUE(RepairTimestamp(kNow + minutes(5) + seconds(1), {}, std::nullopt, kNow));
}

TEST(ClockRepair, AnAnchorThatMakesNoSenseIsNotUsed) {
  const Anchor wild{hours(1), kNow + days(1000)};
  EXPECT_FALSE(RepairTimestamp(kNow - hours(1), Unsynchronised(minutes(10)), wild, kNow));
  EXPECT_EQ(RepairTimestamp(At("1970-01-01T00:10:05Z"), Unsynchronised(minutes(10)), wild, kNow)->rule,
            TimestampRule::kReceived);
}

TEST(ClockRepair, WhatIsRightAlreadyIsNotRepaired) {
  EXPECT_FALSE(RepairTimestamp(At("2025-10-07T10:10:00Z"), Unsynchronised(minutes(10)), kAnchor, kNow));
  EXPECT_FALSE(RepairTimestamp(kNow, {true, kBoot, std::nullopt}, kAnchor, kNow)) << "no time since the boot";
}

TEST(ClockRepair, AHubWhoseOwnClockWasNeverSetRepairsNothing) {
  EXPECT_FALSE(RepairTimestamp(kNow, {}, std::nullopt, At("1970-01-01T00:01:00Z")));
}

TEST(ClockRepair, BootIdsAreLowerCaseHex) {
  EXPECT_EQ(ParseBootId("000102030405060708090a0b0c0d0eff"),
            (os::BootId{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}));
  for (const char* text : {"", "0", "000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0g",
                           "00010203-0405-0607-0809-0a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f0"}) {
    EXPECT_FALSE(ParseBootId(text)) << text;
  }
}

TEST(ClockRepair, TimesSinceBootThatCannotBeAreNone) {
  EXPECT_EQ(BootTimeFromMs(1.5), std::chrono::microseconds(1500));
  for (const double ms :
       {-0.001, 1e13, 1e300, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(BootTimeFromMs(ms)) << ms;
  }
}

// The table.

TEST(AnchorTable, HasTheNewestAnchorOfEachBoot) {
  AnchorTable anchors(10);
  EXPECT_TRUE(anchors.Note("a", kBoot, kAnchor, kNow));
  EXPECT_TRUE(anchors.Note("a", kBoot, {hours(2), kNow}, kNow));
  EXPECT_TRUE(anchors.Note("a", kOtherBoot, kAnchor, kNow));
  EXPECT_EQ(anchors.Find("a", kBoot)->boottime, hours(2));
  EXPECT_EQ(anchors.Find("a", kOtherBoot)->boottime, hours(1));
  EXPECT_FALSE(anchors.Find("b", kBoot));
  EXPECT_FALSE(anchors.Find("a", std::nullopt));
}

TEST(AnchorTable, IsBounded) {
  AnchorTable anchors(2);
  for (std::uint8_t boot = 1; boot <= 9; ++boot) EXPECT_TRUE(anchors.Note("a", {boot}, kAnchor, kNow));
  EXPECT_FALSE(anchors.Find("a", os::BootId{1}));
  EXPECT_TRUE(anchors.Find("a", os::BootId{2}));
  EXPECT_TRUE(anchors.Note("b", kBoot, kAnchor, kNow));
  EXPECT_FALSE(anchors.Note("c", kBoot, kAnchor, kNow));
}

TEST(AnchorTable, ATimeThatIsNotPlausibleIsNoAnchor) {
  AnchorTable anchors(2);
  EXPECT_FALSE(anchors.Note("a", kBoot, {hours(1), At("1970-01-01T00:00:00Z")}, kNow));
  EXPECT_FALSE(anchors.Note("a", kBoot, {hours(1), kNow + days(1)}, kNow));
  EXPECT_FALSE(anchors.Find("a", kBoot));
}

// The text.

std::string Annotated(const std::string& line, const std::optional<Repair>& repair = std::nullopt) {
  std::string out;
  const Status status = AppendAnnotated(line, kNow, repair, out);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_LE(out.size(), line.size() + kMostAnnotationBytes);
  return out;
}

const Repair kRepair{At("1970-01-01T00:10:05Z"), At("2025-10-07T10:10:00Z"), TimestampRule::kAnchor};

TEST(AnnotatedText, EndsWithTheTimeOfReceipt) {
  EXPECT_EQ(Annotated(R"({"timestamp":"x","device_id":"abc"})"),
            R"({"timestamp":"x","device_id":"abc","received_at":"2025-10-07T12:00:00.000000Z"})");
  EXPECT_EQ(Annotated("{}"), R"({"received_at":"2025-10-07T12:00:00.000000Z"})");
}

TEST(AnnotatedText, RepairedTimestampStandsInItsPlaceAndAllElseStays) {
  EXPECT_EQ(Annotated(R"( { "x":{"timestamp":"no"} , "timestamp" : "1970-01-01T00:10:05Z","y":["}",1e5 ] } )", kRepair),
            R"( { "x":{"timestamp":"no"} , "timestamp" : "2025-10-07T10:10:00.000000Z","y":["}",1e5 ],)"
            R"("received_at":"2025-10-07T12:00:00.000000Z","timestamp_device":"1970-01-01T00:10:05.000000Z",)"
            R"("timestamp_rule":"anchor" } )");
}

TEST(AnnotatedText, TheHubsFieldsOfTheDeviceGiveWayWhereverTheyStand) {
  const std::string hubs = R"("received_at":"2001-01-01T00:00:00Z")";
  const std::string expected = R"("received_at":"2025-10-07T12:00:00.000000Z")";
  EXPECT_EQ(Annotated("{" + hubs + R"(,"a":1,"b":2})"), R"({"a":1,"b":2,)" + expected + "}");
  EXPECT_EQ(Annotated(R"({"a":1,)" + hubs + R"(,"b":2})"), R"({"a":1,"b":2,)" + expected + "}");
  EXPECT_EQ(Annotated(R"({"a":1,"b":2,)" + hubs + "}"), R"({"a":1,"b":2,)" + expected + "}");
  EXPECT_EQ(Annotated("{" + hubs + R"(,"timestamp_rule":"x","timestamp_device":"y"})"), "{" + expected + "}");
}

TEST(AnnotatedText, IsStillARecord) {
  const std::string line = R"({"timestamp":"1970-01-01T00:10:05Z","device_id":"abc","model_name":"a\"},{\\",)"
                           R"("inference_time_ms":1,"clock_state":"unsynchronised","new":[{"a":"]"}]})";
  const auto record = record::ParseRecord(Annotated(line, kRepair));
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_EQ(record->timestamp, kRepair.timestamp);
  EXPECT_EQ(record->timestamp_device, kRepair.device);
  EXPECT_EQ(record->timestamp_rule, "anchor");
  EXPECT_EQ(record->received_at, kNow);
  EXPECT_EQ(record->model_name, "a\"},{\\");
}

TEST(AnnotatedText, TwiceIsAsOnce) {
  const std::string line = R"({"timestamp":"2025-10-07T10:10:00.000000Z","a":1})";
  EXPECT_EQ(Annotated(Annotated(line)), Annotated(line));
}

TEST(AnnotatedText, WhatIsNoObjectIsRefusedAndNothingAppended) {
  for (const char* line : {"", "x", "[]", "{", R"({"a)", R"({"a")", R"({"a":)", R"({"a":1)", R"({"a":1,)", R"({"a":[})",
                           R"({"a":"\)", R"({a:1})", R"({"a" 1})", R"({"a":1 "b":2})"}) {
    std::string out = "before";
    EXPECT_EQ(AppendAnnotated(line, kNow, std::nullopt, out).code(), Code::kDataLoss) << line;
    EXPECT_EQ(out, "before") << line;
  }
}

}  // namespace
}  // namespace inferometer::hub
