// Lost hours in a status, as a device writes them and as nobody should.
#include "hub/lost_hours_json.h"

#include <gtest/gtest.h>

#include "hub/status_message.h"
#include "store/ledger_for_tests.h"

namespace inferometer::hub {
namespace {

using store::HourOf;
using store::LostHours;

Result<StatusMessage> ParseWith(const std::string& lost_hours) {
  return ParseStatusMessage(R"({"status":"online","lost_hours":)" + lost_hours + "}");
}

// One item with these members beside the two counts.
Result<StatusMessage> ParseItem(const std::string& more) {
  return ParseWith(R"([{"total_inferences":5,"failed_inferences":1)" + more + "}]");
}

void ExpectRefused(const Result<StatusMessage>& message, const std::string& part) {
  ASSERT_FALSE(message.ok()) << part;
  EXPECT_NE(message.status().message().find("lost_hours"), std::string::npos) << message.status().message();
  EXPECT_NE(message.status().message().find(part), std::string::npos) << message.status().message();
}

std::string Times(const std::string& count, const std::string& total, const std::string& first_bucket) {
  return R"(,"inference_time_ms":{"count":)" + count + R"(,"total":)" + total + R"(,"histogram":[)" + first_bucket +
         ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}";
}

TEST(LostHoursJson, WhatADeviceWritesComesBack) {
  LostHours odd = HourOf(488'578, 488'600, 3);
  odd.inference_time_us = 1'234'567;
  odd.prompt_tokens = {2, 77};
  for (const auto& all :
       {std::vector<LostHours>(), std::vector<LostHours>{LostHours::Unknown(9), HourOf(3), odd}, store::FullHours()}) {
    std::string json;
    store::AppendLostHoursJson(all, json);
    const auto message = ParseWith(json);
    ASSERT_TRUE(message.ok()) << message.status().message();
    EXPECT_EQ(message->lost_hours, all);
  }
}

TEST(LostHoursJson, OlderDeviceSaysNothingOfThem) {
  EXPECT_TRUE(ParseStatusMessage(R"({"status":"online"})")->lost_hours.empty());
  EXPECT_TRUE(ParseWith("null")->lost_hours.empty());
}

TEST(LostHoursJson, WrongTypesAreRefusedByName) {
  ExpectRefused(ParseWith("5"), "list");
  ExpectRefused(ParseWith("[5]"), "object");
  ExpectRefused(ParseWith("[{}]"), "total_inferences");
  ExpectRefused(ParseWith(R"([{"total_inferences":1}])"), "failed_inferences");
  ASSERT_TRUE(ParseItem("").ok());
  ExpectRefused(ParseItem(R"(,"first_hour":5,"last_hour":5)"), "first_hour");
  ExpectRefused(ParseItem(R"(,"prompt_tokens":5)"), "prompt_tokens");
  ExpectRefused(ParseItem(R"(,"generated_tokens":{"total":5})"), "generated_tokens");
  ExpectRefused(ParseItem(R"(,"generated_tokens":{"count":1})"), "total");
  ExpectRefused(ParseItem(R"(,"inference_time_ms":[])"), "inference_time_ms");
  ExpectRefused(ParseItem(R"(,"inference_time_ms":{"count":0,"total":0})"), "histogram");
  ExpectRefused(ParseItem(R"(,"inference_time_ms":{"count":1,"total":1,"histogram":[1]})"), "17");
  ExpectRefused(ParseItem(Times("1", "1", R"("1")")), "histogram");
}

TEST(LostHoursJson, HoursThatCannotBeAreRefused) {
  const auto hours = [](const std::string& first, const std::string& last) {
    return ParseItem(R"(,"first_hour":")" + first + R"(","last_hour":")" + last + "\"");
  };
  ASSERT_TRUE(hours("2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z").ok());
  ExpectRefused(hours("2026-11-26T10:00:00.000001Z", "2026-11-26T11:00:00Z"), "whole hour");
  ExpectRefused(hours("yesterday", "2026-11-26T11:00:00Z"), "first_hour");
  ExpectRefused(hours("2026-11-26T12:00:00Z", "2026-11-26T11:00:00Z"), "figures");
  ExpectRefused(ParseItem(R"(,"first_hour":"2026-11-26T10:00:00Z")"), "last_hour");
  ExpectRefused(ParseItem(R"(,"last_hour":"2026-11-26T10:00:00Z")"), "first_hour");
}

TEST(LostHoursJson, FiguresThatCannotBeAreRefused) {
  ASSERT_TRUE(ParseItem(Times("4", "1.5", "4")).ok());
  EXPECT_EQ(ParseItem(Times("4", "1.5", "4"))->lost_hours[0].inference_time_us, 1500U);
  ExpectRefused(ParseItem(Times("5", "1.5", "5")), "figures");
  ExpectRefused(ParseItem(Times("3", "1.5", "4")), "count");
  ExpectRefused(ParseItem(Times("4", "-1", "4")), "total");
  ExpectRefused(ParseItem(Times("4", "1e16", "4")), "total");
  ExpectRefused(ParseItem(Times("0", "1", "0")), "figures");
  ExpectRefused(ParseItem(Times("4294967296", "1", "4294967296")), "histogram");
  ExpectRefused(ParseItem(R"(,"prompt_tokens":{"count":5,"total":9})"), "figures");
  ExpectRefused(ParseItem(R"(,"prompt_tokens":{"count":-1,"total":9})"), "prompt_tokens");
  ExpectRefused(ParseItem(R"(,"prompt_tokens":{"count":1,"total":9223372036854775808})"), "total");
  ExpectRefused(ParseWith(R"([{"total_inferences":0,"failed_inferences":0}])"), "figures");
  ExpectRefused(ParseWith(R"([{"total_inferences":1,"failed_inferences":2}])"), "figures");
}

TEST(LostHoursJson, ListOutOfOrderOrTooLongIsRefused) {
  std::string json;
  store::AppendLostHoursJson({HourOf(6), HourOf(5)}, json);
  ExpectRefused(ParseWith(json), "order");
  ExpectRefused(
      ParseWith(R"([{"total_inferences":1,"failed_inferences":0},{"total_inferences":1,"failed_inferences":0}])"),
      "order");
  json.clear();
  store::AppendLostHoursJson(std::vector<LostHours>(store::kMostLostHours + 1, HourOf(1)), json);
  ExpectRefused(ParseWith(json), "more than 96");
}

}  // namespace
}  // namespace inferometer::hub
