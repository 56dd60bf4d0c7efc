#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "record/fields.h"
#include "record/json_read.h"
#include "record/json_write.h"

namespace inferometer::record {
namespace {

InferenceRecord FullRecord() {
  InferenceRecord record;
  double next = 1.25;
  for (const Field& field : Fields()) {
    switch (field.type()) {
      case FieldType::kTime:
        record.*std::get<TimeMember>(field.member) = WallTime(std::chrono::microseconds(1759833015123456));
        break;
      case FieldType::kText:
        record.*std::get<TextMember>(field.member) = "text \"of\" " + std::string(field.name);
        break;
      case FieldType::kReal: record.*std::get<RealMember>(field.member) = next += 1.5; break;
      case FieldType::kInteger: record.*std::get<IntegerMember>(field.member) = static_cast<std::int64_t>(next); break;
      case FieldType::kBoolean: record.*std::get<BooleanMember>(field.member) = true; break;
      case FieldType::kTextList: record.*std::get<TextListMember>(field.member) = {"a", "b\n"}; break;
    }
  }
  return record;
}

std::string ToJson(const InferenceRecord& record) {
  std::string json;
  AppendJson(record, json);
  return json;
}

const std::string kMinimal =
    R"({"timestamp":"2025-10-07T10:30:15.123456Z","device_id":"abc","model_name":"m","inference_time_ms":812.5)";
std::string Minimal(const std::string& more) { return kMinimal + more + "}"; }

TEST(RecordJson, ReadsEveryFieldThatItWrites) {
  InferenceRecord record = FullRecord();
  RoundAsWritten(record);
  const std::string json = ToJson(record);
  auto back = ParseRecord(json);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(ToJson(*back), json);
  for (const Field& field : Fields())
    EXPECT_NE(json.find("\"" + std::string(field.name) + "\":"), std::string::npos) << field.name;
}

TEST(RecordJson, GoldenLine) {
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(1759833015123456));
  record.device_id = "00:0f:00:70:91:0a";
  record.model_name = "SmolLM2";
  record.inference_time_ms = 812.50049;
  record.memory_used_mb = 160;
  record.generated_tokens = 42;
  record.throttled = false;
  record.flags = {"concurrent"};
  record.status = kStatusOk;
  EXPECT_EQ(ToJson(record),
            R"({"timestamp":"2025-10-07T10:30:15.123456Z","device_id":"00:0f:00:70:91:0a","model_name":"SmolLM2",)"
            R"("inference_time_ms":812.5,"memory_used_mb":160,"generated_tokens":42,"throttled":false,)"
            R"("flags":["concurrent"],"status":"ok"})");
}

TEST(RecordJson, AbsentAndNotFiniteAreLeftOut) {
  InferenceRecord record;
  EXPECT_EQ(ToJson(record), "{}");
  record.cpu_percent_avg = std::numeric_limits<double>::quiet_NaN();
  record.inference_time_ms = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ToJson(record), "{}");
  RoundAsWritten(record);
  EXPECT_FALSE(record.inference_time_ms.has_value());
}

TEST(RecordJson, RoundingTwiceChangesNothing) {
  InferenceRecord record;
  record.inference_time_ms = 1234.56789012;
  RoundAsWritten(record);
  EXPECT_DOUBLE_EQ(*record.inference_time_ms, 1234.568);
  EXPECT_EQ(ToJson(record), R"({"inference_time_ms":1234.568})");
}

TEST(RecordJson, TextIsEscapedAndBadUtf8Repaired) {
  std::string out;
  AppendQuoted("a\"\\\n\x01\x7f\xff\xc3\xa9", out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xa9\"");
}

TEST(RecordJson, NumbersOfAnyLengthAreReadToTheLastBit) {
  for (const std::string number :
       {"0.95000000000000000000", "0.1888888888888888888888888888888888888888", "123456.78901234567890123456789",
        "0.00000000000000000000095", "9500000000000000000000e-21", "0.9500000000000000000"}) {
    const auto record = ParseRecord(Minimal(",\"memory_used_mb\":" + number + " "));
    ASSERT_TRUE(record.ok()) << number << ": " << record.status().message();
    EXPECT_EQ(*record->memory_used_mb, std::strtod(number.c_str(), nullptr)) << number;
  }
  EXPECT_FALSE(ParseRecord(Minimal(R"(,"memory_used_mb":100000000000000000000000e300)")).ok());
}

TEST(RecordJson, OlderNamesAreScaledAndTheFieldsOwnNameWins) {
  auto record = ParseRecord(R"({"timestamp":"2025-10-07T10:30:15","device_id":"a","model_name":"m",)"
                            R"("inference_time_seconds":1.5,"energy_consumed_j":2,"energy_consumed_mj":2001})");
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_DOUBLE_EQ(*record->inference_time_ms, 1500);
  EXPECT_DOUBLE_EQ(*record->energy_consumed_mj, 2001);
  record = ParseRecord(Minimal(R"(,"energy_consumed_mj":2001,"energy_consumed_j":2)"));
  EXPECT_DOUBLE_EQ(*record->energy_consumed_mj, 2001);
}

TEST(RecordJson, UnknownKeysAndNullArePassedOver) {
  auto record =
      ParseRecord(Minimal(R"(,"cpu_percent_samples":[1,[2,{"x":3}]],"new":{"timestamp":7},"cpu_percent_avg":null)"));
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_FALSE(record->cpu_percent_avg.has_value());
}

TEST(RecordJson, FailedInferenceNeedsNoDuration) {
  EXPECT_TRUE(
      ParseRecord(R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"a","model_name":"m","status":"error"})").ok());
}

// Tests of all the error paths in json_walk.h follow: each names the field and the byte.

void ExpectFailure(const std::string& json, const std::string& field, const std::string& problem) {
  auto record = ParseRecord(json);
  ASSERT_FALSE(record.ok()) << json;
  const std::string& message = record.status().message();
  EXPECT_NE(message.find(problem), std::string::npos) << message;
  if (!field.empty()) {
    EXPECT_NE(message.find("field \"" + field + "\""), std::string::npos) << message;
  }
  EXPECT_TRUE(record.status().offset_bytes().has_value()) << message;
  EXPECT_LE(record.status().offset_bytes().value_or(0), json.size() + 1) << message;
}

TEST(RecordJson, WrongTypeIsNamed) {
  ExpectFailure(Minimal(R"(,"cpu_percent_avg":"12")"), "cpu_percent_avg", "not a number");
  ExpectFailure(Minimal(R"(,"generated_tokens":1.5)"), "generated_tokens", "not a whole number");
  ExpectFailure(Minimal(R"(,"throttled":1)"), "throttled", "not true or false");
  ExpectFailure(Minimal(R"(,"compute_device":1)"), "compute_device", "not a valid string");
  ExpectFailure(Minimal(R"(,"flags":"x")"), "flags", "not a list");
  ExpectFailure(Minimal(R"(,"flags":[1])"), "flags", "not a valid string");
  ExpectFailure(R"({"timestamp":5})", "timestamp", "not a valid string");
}

TEST(RecordJson, OffsetPointsAtTheValue) {
  const std::string json = Minimal(R"(,"throttled":1)");
  EXPECT_EQ(ParseRecord(json).status().offset_bytes(), json.find(":1}") + 1);
}

TEST(RecordJson, OutOfRangeIsNamed) {
  ExpectFailure(Minimal(R"(,"cpu_percent_avg":-1)"), "cpu_percent_avg", "out of range");
  ExpectFailure(Minimal(R"(,"cpu_percent_avg":1e300)"), "cpu_percent_avg", "out of range");
  ExpectFailure(Minimal(R"(,"cpu_percent_avg":1e999)"), "cpu_percent_avg", "not a number in range");
  ExpectFailure(Minimal(R"(,"generated_tokens":-1)"), "generated_tokens", "out of range");
  ExpectFailure(Minimal(R"(,"generated_tokens":18446744073709551616)"), "generated_tokens", "not a whole number");
  ExpectFailure(Minimal(R"(,"generated_tokens":1e300)"), "generated_tokens", "not a whole number");
  ExpectFailure(Minimal(R"(,"compute_device":")" + std::string(1025, 'x') + "\""), "compute_device",
                "longer than 1024");
}

TEST(RecordJson, MissingKeyIsNamed) {
  ExpectFailure("{}", "timestamp", "missing");
  ExpectFailure(R"({"timestamp":"2025-10-07T10:30:15Z"})", "device_id", "missing");
  ExpectFailure(R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"a"})", "model_name", "missing");
  ExpectFailure(R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"a","model_name":"m"})", "inference_time_ms",
                "missing");
}

TEST(RecordJson, KeyThatStandsTwiceIsRefused) {
  ExpectFailure(Minimal(R"(,"device_id":"other")"), "device_id", "stands twice");
  ExpectFailure(Minimal(R"(,"energy_consumed_j":1,"energy_consumed_j":1)"), "energy_consumed_j", "stands twice");
}

TEST(RecordJson, BadTimestampIsNamed) { ExpectFailure(R"({"timestamp":"yesterday"})", "timestamp", "not a timestamp"); }

TEST(RecordJson, WhatIsNotOneObjectIsRefused) {
  for (const char* json :
       {"", " ", "x", "[]", "1", "\"a\"", "null", "{", "{\"a\"", "{\"a\":", "{]", "\xff\xfe", "\xef\xbb\xbf{}"}) {
    EXPECT_FALSE(ParseRecord(json).ok()) << json;
  }
  ExpectFailure(Minimal("") + "x", "", "");
  ExpectFailure(Minimal("") + "{}", "", "");
  EXPECT_FALSE(ParseRecord(Minimal(R"(,"compute_device":"\ud800")")).ok());
  EXPECT_FALSE(ParseRecord(Minimal(",\"compute_device\":\"\xff\"")).ok());
}

TEST(RecordJson, EveryTruncationIsRefused) {
  const std::string json = Minimal(R"(,"flags":["a","b"],"throttled":true,"new":[{"x":[1]}])");
  ASSERT_TRUE(ParseRecord(json).ok());
  for (std::size_t length = 0; length < json.size(); ++length)
    EXPECT_FALSE(ParseRecord(json.substr(0, length)).ok()) << length;
}

TEST(RecordJson, DepthAndSizeAreBounded) {
  EXPECT_FALSE(ParseRecord(Minimal(",\"new\":" + std::string(60000, '['))).ok());
  EXPECT_FALSE(ParseRecord(Minimal(",\"new\":\"" + std::string(70000, 'x') + "\"")).ok());
  std::string flags;
  for (int i = 0; i < 65; ++i) flags += i == 0 ? "\"x\"" : ",\"x\"";
  ExpectFailure(Minimal(",\"flags\":[" + flags + "]"), "flags", "more than 64");
}

}  // namespace
}  // namespace inferometer::record
