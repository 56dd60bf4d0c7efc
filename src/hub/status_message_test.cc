#include "hub/status_message.h"

#include <gtest/gtest.h>

namespace inferometer::hub {
namespace {

std::string Online(const std::string& more = "") { return R"({"status":"online","device_id":"abc")" + more + "}"; }

void ExpectRefused(const std::string& json, const std::string& part) {
  const auto message = ParseStatusMessage(json);
  ASSERT_FALSE(message.ok()) << json.substr(0, 200);
  EXPECT_NE(message.status().message().find(part), std::string::npos) << message.status().message();
}

TEST(StatusMessage, EverythingIsRead) {
  const auto message = ParseStatusMessage(
      R"({"status":"online","device_id":"ABC","timestamp":"2025-10-07T10:30:15.5Z",)"
      R"("boot_id":"000102030405060708090a0b0c0d0e0f","boottime_ms":1234.5,"clock":"synced","lag_messages":3,)"
      R"("lag_records":17,"losses":{"telemetry_malformed":1,"records_lost":2},)"
      R"("streams":[{"stream":"0123456789abcdef","first":5,"last":21},{"stream":"0000000000000001","first":1,"last":0}],)"
      R"("lost":[{"n":7,"stream":"0123456789abcdef","from":1,"to":4,"count":4,"reason":"evicted"}],)"
      R"("context":{"device_name":"edge-device-01", "host":"pi"},"new":{"x":[1]}})");
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_TRUE(message->is_online);
  EXPECT_EQ(message->device_id, "abc");
  EXPECT_EQ(message->lag_records, 17U);
  EXPECT_EQ(message->lag_messages, 3U);
  EXPECT_EQ(message->streams, (std::vector<HeldRange>{{0x0123456789abcdef, 5, 21}, {1, 1, 0}}));
  EXPECT_EQ(message->lost, (std::vector<LostRange>{{7, 0x0123456789abcdef, 1, 4, 4, "evicted"}}));
  EXPECT_EQ(message->context, R"({"device_name":"edge-device-01","host":"pi"})");
  EXPECT_EQ(message->device_name, "edge-device-01");
  EXPECT_EQ(message->losses.size(), 2U);
  EXPECT_EQ(message->losses[1], (std::pair<std::string, std::uint64_t>("records_lost", 2)));
  ASSERT_TRUE(message->anchor());
  EXPECT_EQ(message->anchor()->boot[15], 15);
  EXPECT_EQ(message->anchor()->anchor.boottime, std::chrono::microseconds(1'234'500));
  EXPECT_EQ(message->anchor()->anchor.wall, message->timestamp);
}

TEST(StatusMessage, ALastWillAndAnOlderDevicesStatusAreRead) {
  const auto will = ParseStatusMessage(R"({"status":"offline","device_id":"abc"})");
  ASSERT_TRUE(will.ok()) << will.status().message();
  EXPECT_FALSE(will->is_online);
  EXPECT_FALSE(will->timestamp);
  EXPECT_FALSE(will->anchor());
  EXPECT_TRUE(ParseStatusMessage(R"({"status":"online"})").ok());
  EXPECT_TRUE(ParseStatusMessage(Online(R"(,"timestamp":null,"context":null,"streams":null)")).ok());
}

TEST(StatusMessage, NoAnchorUnlessTheClockIsSynchronised) {
  const std::string boot =
      R"(,"timestamp":"2025-10-07T10:30:15Z","boot_id":"000102030405060708090a0b0c0d0e0f","boottime_ms":1)";
  EXPECT_TRUE(ParseStatusMessage(Online(boot + R"(,"clock":"synced")"))->anchor());
  EXPECT_FALSE(ParseStatusMessage(Online(boot + R"(,"clock":"unsynced")"))->anchor());
  EXPECT_FALSE(ParseStatusMessage(Online(boot))->anchor());
  EXPECT_FALSE(ParseStatusMessage(Online(boot + R"(,"clock":"a later word")"))->anchor());
}

TEST(StatusMessage, OfAMergedLossReportOnlyWhatIsNoLongerHeldIsGone) {
  StatusMessage message;
  EXPECT_EQ(message.GoneUpTo({1, 7, 1, 600, 201, "evicted"}), 600U) << "nothing of the stream is held";
  message.streams = {{7, 501, 900}, {8, 1, 9}};
  EXPECT_EQ(message.GoneUpTo({1, 7, 1, 600, 600, "evicted"}), 600U) << "not merged";
  EXPECT_EQ(message.GoneUpTo({1, 7, 1, 600, 201, "evicted"}), 500U);
  EXPECT_EQ(message.GoneUpTo({1, 7, 1, 400, 201, "evicted"}), 400U);
  EXPECT_EQ(message.GoneUpTo({1, 7, 600, 700, 2, "damaged"}), 599U) << "nothing is certain";
  message.streams.resize(kMostHeldRanges, {9, 1, 1});
  EXPECT_EQ(message.GoneUpTo({1, 10, 5, 9, 2, "evicted"}), 4U) << "it may be held";
}

TEST(StatusMessage, ANameThatIsNoFolderIsNone) {
  for (const char* name : {R"("..")", R"("a/b")", R"("")", "5", R"("a\nb")", R"(".hidden")"}) {
    const auto message = ParseStatusMessage(Online(std::string(R"(,"context":{"device_name":)") + name + "}"));
    ASSERT_TRUE(message.ok()) << name;
    EXPECT_FALSE(message->device_name) << name;
    EXPECT_TRUE(message->context) << name;
  }
}

TEST(StatusMessage, ContextIsTheDevicesOnOneLine) {
  EXPECT_EQ(ParseStatusMessage("{\"context\":\n{\"a\" : [1,\n 2.50, \"x  \\n\"]}\n,\"status\":\"online\"}")->context,
            R"({"a":[1,2.50,"x  \n"]})");
}

// Tests of every reason to refuse follow.

TEST(StatusMessage, WhatIsNotWhollyJsonIsRefused) {
  for (const std::string& json :
       {std::string(), std::string("x"), std::string("[]"), std::string("null"), Online() + "x", Online() + Online(),
        "\xef\xbb\xbf" + Online(), Online(R"(,"x":)"), Online(R"(,"x":"\u0000")"), Online(R"(,"x":"\ud800")"),
        Online(",\"x\":\"\xff\""), Online(R"(,"x":1e999)"),
        Online(R"(,"x":)" + std::string(40, '[') + std::string(40, ']')), Online(R"(,"x":)" + std::string(60'000, '[')),
        Online(R"(,"x":")" + std::string(kLargestStatusBytes, 'x') + "\"")}) {
    EXPECT_FALSE(ParseStatusMessage(json).ok()) << json.substr(0, 100);
  }
  const std::string json =
      Online(R"(,"streams":[{"stream":"0123456789abcdef","first":5,"last":21}],"context":{"a":1})");
  ASSERT_TRUE(ParseStatusMessage(json).ok());
  for (std::size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(ParseStatusMessage(json.substr(0, length)).ok()) << length;
  }
}

TEST(StatusMessage, AKeyThatStandsTwiceIsRefusedWhereverItStands) {
  ExpectRefused(Online(R"(,"device_id":"abc")"), "stands twice");
  ExpectRefused(Online(R"(,"device_\u0069d":"abd")"), "stands twice");
  ExpectRefused(Online(R"(,"x":[{"y":1,"y":1}])"), "stands twice");
  ExpectRefused(Online(R"(,"context":{"a":{"b":1,"\u0062":2}})"), "stands twice");
  ExpectRefused(Online(R"(,"cont\u0065xt":{"a":1})"), "escapes");
}

TEST(StatusMessage, WrongTypesAreRefusedByName) {
  ExpectRefused(R"({"device_id":"abc"})", "status");
  ExpectRefused(R"({"status":"up"})", "status");
  ExpectRefused(R"({"status":true})", "status");
  for (const char* field : {"device_id", "timestamp", "boot_id", "boottime_ms", "clock", "lag_records", "lag_messages",
                            "streams", "lost", "losses", "context"}) {
    ExpectRefused(R"({"status":"online",")" + std::string(field) + R"(":true})", field);
  }
  ExpectRefused(R"({"status":"online","device_id":"../x"})", "device_id");
  ExpectRefused(Online(R"(,"timestamp":"yesterday")"), "timestamp");
  ExpectRefused(Online(R"(,"boot_id":"x")"), "boot_id");
}

TEST(StatusMessage, NumbersBeyondTheirRangeAreRefusedByName) {
  for (const char* number : {"-1", "1.5", "1e300", "9223372036854775808", "18446744073709551615", "\"1\""}) {
    ExpectRefused(Online(std::string(R"(,"lag_records":)") + number), "lag_records");
    ExpectRefused(Online(std::string(R"(,"losses":{"x":)") + number + "}"), "losses");
    ExpectRefused(Online(std::string(R"(,"streams":[{"stream":"0123456789abcdef","first":1,"last":)") + number + "}]"),
                  "last");
  }
  ExpectRefused(Online(R"(,"boottime_ms":-1)"), "boottime_ms");
  ExpectRefused(Online(R"(,"boottime_ms":1e15)"), "boottime_ms");
}

TEST(StatusMessage, RangesThatCannotBeAreRefused) {
  const auto held = [](const std::string& item) { return Online(R"(,"streams":[)" + item + "]"); };
  ExpectRefused(held(R"({"stream":"0123456789abcdef","first":0,"last":0})"), "first");
  ExpectRefused(held(R"({"stream":"0123456789abcdef","first":5,"last":3})"), "streams");
  ExpectRefused(held(R"({"stream":"0123456789ABCDEF","first":1,"last":3})"), "stream");
  ExpectRefused(held(R"({"first":1,"last":3})"), "stream");
  ExpectRefused(held("5"), "streams");
  ExpectRefused(
      held(R"({"stream":"0123456789abcdef","first":1,"last":3},{"stream":"0123456789abcdef","first":5,"last":9})"),
      "twice");
  const auto lost = [](const std::string& more) {
    return Online(R"(,"lost":[{"stream":"0123456789abcdef",)" + more + "}]");
  };
  ExpectRefused(lost(R"("n":0,"from":1,"to":1,"count":1,"reason":"evicted")"), "\"n\"");
  ExpectRefused(lost(R"("n":1,"from":3,"to":1,"count":1,"reason":"evicted")"), "lost");
  ExpectRefused(lost(R"("n":1,"from":3,"to":4,"count":3,"reason":"evicted")"), "lost");
  ExpectRefused(lost(R"("n":1,"from":3,"to":4,"count":0,"reason":"evicted")"), "count");
  ExpectRefused(lost(R"("n":1,"from":3,"to":4,"count":1,"reason":"<script>")"), "lost");
  ExpectRefused(lost(R"("n":1,"from":3,"to":4,"count":1)"), "lost");
  EXPECT_TRUE(ParseStatusMessage(lost(R"("n":1,"from":3,"to":4,"count":1,"reason":"a_later_word")")).ok());
}

TEST(StatusMessage, EverythingIsBounded) {
  const auto repeated = [](const std::string& begin, const std::string& end, std::size_t times) {
    std::string list;
    for (std::size_t i = 0; i < times; ++i) {
      char stream[17];
      std::snprintf(stream, sizeof stream, "%016zx", i);
      list.append(i == 0 ? "" : ",").append(begin).append(stream).append(end);
    }
    return list;
  };
  const auto streams = [&](std::size_t times) {
    return Online(R"(,"streams":[)" + repeated(R"({"stream":")", R"(","first":1,"last":2})", times) + "]");
  };
  EXPECT_TRUE(ParseStatusMessage(streams(kMostHeldRanges)).ok());
  ExpectRefused(streams(kMostHeldRanges + 1), "more than 256");
  const auto lost = [&](std::size_t times) {
    const std::string end = R"(","n":1,"from":1,"to":1,"count":1,"reason":"evicted"})";
    return Online(R"(,"lost":[)" + repeated(R"({"stream":")", end, times) + "]");
  };
  EXPECT_TRUE(ParseStatusMessage(lost(kMostLostRanges)).ok());
  ExpectRefused(lost(kMostLostRanges + 1), "more than 256");
  ExpectRefused(Online(R"(,"context":{"x":")" + std::string(kLargestContextBytes, 'x') + "\"}"), "context");
  std::string counters;
  for (std::size_t i = 0; i <= kMostLossCounters; ++i)
    counters += (i == 0 ? "\"" : ",\"") + std::string(i + 1, 'x') + "\":1";
  ExpectRefused(Online(R"(,"losses":{)" + counters + "}"), "losses");
}

}  // namespace
}  // namespace inferometer::hub
