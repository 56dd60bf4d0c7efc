#include "hub/validation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "record/json_read.h"
#include "store/checksum.h"

namespace inferometer::hub {
namespace {

using mqtt::RejectCode;

const std::string kDevice = "00:0f:00:70:91:0a";
const std::string kId = kDevice + "/0123456789abcdef/42";

class ValidatorTest : public testing::Test {
 protected:
  static std::string Record(const std::string& more = "") {
    return R"({"timestamp":"2025-10-07T10:30:15.123456Z","device_id":")" + kDevice +
           R"(","model_name":"m","inference_time_ms":812.5,"record_id":")" + kId + "\"" + more + "}";
  }
  void ExpectTaken(const std::string& payload) {
    const auto judged = validator_.Validate(kDevice, payload);
    const auto* rejection = std::get_if<Rejection>(&judged);
    ASSERT_EQ(rejection, nullptr) << payload << ": " << rejection->why.message();
    EXPECT_EQ(std::get<Incoming>(judged).text, payload);
    EXPECT_TRUE(record::ParseRecord(std::get<Incoming>(judged).text).ok());
  }
  // Returns why.
  std::string ExpectRejected(const std::string& payload, RejectCode code = RejectCode::kMalformed) {
    const auto judged = validator_.Validate(kDevice, payload);
    const auto* rejection = std::get_if<Rejection>(&judged);
    EXPECT_NE(rejection, nullptr) << payload.substr(0, 200);
    if (rejection == nullptr) return "";
    EXPECT_EQ(rejection->code, code) << payload.substr(0, 200) << ": " << rejection->why.message();
    EXPECT_LE(rejection->why.message().size(), 600U);
    return rejection->why.message();
  }
  void ExpectRejectedWith(const std::string& payload, const std::string& part) {
    const std::string why = ExpectRejected(payload);
    EXPECT_NE(why.find(part), std::string::npos) << payload.substr(0, 200) << ": " << why;
  }
  Incoming Take(const std::string& payload) {
    const auto judged = validator_.Validate(kDevice, payload);
    EXPECT_TRUE(std::holds_alternative<Incoming>(judged)) << payload;
    return std::holds_alternative<Incoming>(judged) ? std::get<Incoming>(judged) : Incoming();
  }

  Validator validator_;
};

TEST_F(ValidatorTest, ARecordIsTakenAsItCame) {
  const std::string payload = Record(R"(,"throttled":true,"flags":["a"])");
  const Incoming incoming = Take(payload);
  EXPECT_EQ(incoming.text, payload);
  EXPECT_EQ(incoming.text.data(), payload.data()) << "no copy";
  EXPECT_EQ(incoming.position, (StreamPosition{0x0123456789abcdef, 42}));
  EXPECT_EQ(incoming.timestamp, WallTime(std::chrono::microseconds(1759833015123456)));
  EXPECT_EQ(incoming.checksum, store::Checksum(payload));
  EXPECT_FALSE(incoming.clock.unsynchronised);
}

TEST_F(ValidatorTest, APlainPublishersRecordHasNoKey) {
  const std::string no_id = R"({"timestamp":"2025-10-07T10:30:15","device_id":")" + kDevice +
                            R"(","model_name":"m","inference_time_seconds":1.5,"memory_total_mb":900.5,)"
                            R"("cpu_percent_samples":[10.5,20],"prompt_length":12})";
  ExpectTaken(no_id);
  EXPECT_FALSE(Take(no_id).position);
  for (const char* id : {"anything", "00:0f:00:70:91:0a/5eed/1", "00:0f:00:70:91:0a/0123456789abcdef/0",
                         "00:0f:00:70:91:0a/0123456789abcdef/01", "00:0f:00:70:91:0a/0123456789ABCDEF/1"}) {
    std::string payload = Record();
    payload.replace(payload.find(kId), kId.size(), id);
    EXPECT_FALSE(Take(payload).position) << id;
  }
}

TEST_F(ValidatorTest, FieldsThatNobodyKnowsAreKept) {
  ExpectTaken(Record(R"(,"new_field":{"deep":[1,{"x":null}],"e":1e10},"other":"\u00e4")"));
}

TEST_F(ValidatorTest, WhatLooksLikeMarkupOrAFormulaIsText) {
  for (const char* name : {"<script>alert(1)</script>", R"(\"><img src=x onerror=alert(1)>)", "javascript:alert(1)",
                           R"(\u001b[31mred)", R"(=HYPERLINK(\"http://x\"))", "+1", "-1", "@x", R"(\tx)", R"(\rx)"}) {
    ExpectTaken(Record(std::string(R"(,"compute_device":")") + name + "\""));
  }
}

TEST_F(ValidatorTest, ARecordOnSeveralLinesIsPutOnOne) {
  EXPECT_EQ(Take("{\n \"timestamp\" : \"2025-10-07T10:30:15Z\",\r\n\t\"device_id\":\"" + kDevice +
                 "\", \"model_name\":\"a  b\",\"inference_time_ms\":1\n}\n")
                .text,
            R"({"timestamp":"2025-10-07T10:30:15Z","device_id":")" + kDevice +
                R"(","model_name":"a  b","inference_time_ms":1})");
  EXPECT_EQ(Take("{\r\"timestamp\":\"2025-10-07T10:30:15Z\",\"device_id\":\"" + kDevice +
                 "\",\"model_name\":\"m\",\"inference_time_ms\":1}")
                .text,
            R"({"timestamp":"2025-10-07T10:30:15Z","device_id":")" + kDevice +
                R"(","model_name":"m","inference_time_ms":1})");
  ExpectTaken(R"({ "timestamp": "2025-10-07T10:30:15Z", "device_id":")" + kDevice +
              R"(", "model_name":"m", "inference_time_ms": 1 })");
}

TEST_F(ValidatorTest, ClockFactsAreRead) {
  const Incoming incoming = Take(Record(
      R"(,"clock_state":"unsynchronised","boot_id":"000102030405060708090a0b0c0d0e0f","boottime_ms":1234.5678)"));
  EXPECT_TRUE(incoming.clock.unsynchronised);
  EXPECT_EQ(incoming.clock.boot, (os::BootId{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(incoming.clock.boottime, std::chrono::microseconds(1'234'568));
  EXPECT_FALSE(Take(Record(R"(,"boot_id":"no id","clock_state":"x")")).clock.boot);
}

TEST_F(ValidatorTest, ADevicesIdMayBeWrittenInCapitals) {
  std::string payload = Record();
  payload.replace(payload.find(kDevice), kDevice.size(), "00:0F:00:70:91:0A");
  ExpectTaken(payload);
}

// Tests of every reason to refuse follow: rows 39, 40 and 44 of the fault matrix.

TEST_F(ValidatorTest, AnotherDevicesRecordIsRefused) {
  std::string payload = Record();
  payload.replace(payload.find(kDevice), kDevice.size(), "00:0f:00:70:91:0b");
  EXPECT_NE(ExpectRejected(payload, RejectCode::kWrongDevice).find("device_id"), std::string::npos);
  payload = Record();
  payload.replace(payload.find(kId), kDevice.size(), "00:0f:00:70:91:0b");
  EXPECT_NE(ExpectRejected(payload, RejectCode::kWrongDevice).find("record_id"), std::string::npos);
  for (const char* id : {"..", "00:0f:00:70:91:0a ", "00:0f:00:70:91:0", "", "\\u0000", "../00:0f:00:70:91:0a"}) {
    payload = Record();
    payload.replace(payload.find(kDevice), kDevice.size(), id);
    const auto judged = validator_.Validate(kDevice, payload);
    EXPECT_TRUE(std::holds_alternative<Rejection>(judged)) << id;
  }
}

TEST_F(ValidatorTest, ALaterVersionIsNamedAsSuchWhateverItsFieldsHold) {
  ExpectTaken(Record(R"(,"schema_version":1)"));
  ExpectRejected(Record(R"(,"schema_version":2)"), RejectCode::kUnknownVersion);
  ExpectRejected(Record(R"(,"schema_version":2,"throttled":"now a word")"), RejectCode::kUnknownVersion);
  ExpectRejected(R"({"schema_version":18446744073709551615})", RejectCode::kUnknownVersion);
  for (const char* version : {"-1", "1.5", "\"2\"", "[]"}) {
    ExpectRejectedWith(Record(std::string(",\"schema_version\":") + version), "schema_version");
  }
}

TEST_F(ValidatorTest, TooLargeIsNotLookedInto) {
  const std::string padding(kLargestPayloadBytes - Record(R"(,"x":"")").size(), 'x');
  ExpectTaken(Record(R"(,"x":")" + padding + "\""));
  ExpectRejected(Record(R"(,"x":"x)" + padding + "\""), RejectCode::kTooLarge);
  ExpectRejected(std::string(std::size_t{16} << 20U, 'x'), RejectCode::kTooLarge);
}

TEST_F(ValidatorTest, WhatIsNotJsonIsRefused) {
  for (const std::string& payload : {std::string(),
                                     std::string(" "),
                                     std::string("x"),
                                     std::string("null"),
                                     std::string("[]"),
                                     std::string("\"\""),
                                     std::string("{"),
                                     std::string("{}}"),
                                     std::string("\0", 1),
                                     "\xef\xbb\xbf" + Record(),
                                     "\xff\xfe" + Record(),
                                     Record() + "x",
                                     Record() + "{}",
                                     Record() + ",",
                                     Record() + std::string(1, '\0'),
                                     "," + Record(),
                                     Record(","),
                                     Record(R"(,"x")"),
                                     Record(R"(,"x":)"),
                                     Record(R"(,"x":01)"),
                                     Record(R"(,"x":1.)"),
                                     Record(R"(,"x":+1)"),
                                     Record(R"(,"x":.5)"),
                                     Record(R"(,"x":NaN)"),
                                     Record(R"(,"x":Infinity)"),
                                     Record(R"(,"x":tru)"),
                                     Record(R"(,"x":'a')"),
                                     Record(R"(,x:1)"),
                                     Record(R"(,"x":1 "y":2)"),
                                     Record(R"(,"x":[1,])"),
                                     Record(R"(,"x":[1}])"),
                                     Record(R"(,"x":{"y":1,})"),
                                     Record(R"(,"x":"\q")"),
                                     Record(R"(,"\q":1)"),
                                     Record(R"(,"x":"\u12g4")"),
                                     Record(",\"x\":\"\n\""),
                                     Record(",\"x\":\"\x01\""),
                                     Record("/**/"),
                                     Record(R"(,"cpu_percent_avg":NaN)"),
                                     Record(R"(,"cpu_percent_avg":nul)")}) {
    ExpectRejected(payload);
  }
}

TEST_F(ValidatorTest, TextThatIsNotUnicodeIsRefused) {
  for (const std::string& text :
       {std::string("\xff"), std::string("\xc0\x80"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\xc3"), std::string(R"(\ud800)"), std::string(R"(\ud800x)"), std::string(R"(\ud800\u0041)"),
        std::string(R"(\udc00)"), std::string(R"(\udc00\ud800)"), std::string(R"(\u0000)"), std::string("\0", 1)}) {
    ExpectRejected(Record(R"(,"compute_device":")" + text + "\""));
    ExpectRejected(Record(R"(,"new_field":")" + text + "\""));
    ExpectRejected(Record(R"(,")" + text + R"(":1)"));
  }
  ExpectTaken(Record(R"(,"compute_device":"\ud83d\ude00 \\u0000 \\ud800","new_field":"\\\\u0000")"));
}

TEST_F(ValidatorTest, EveryTruncationIsRefused) {
  const std::string payload = Record(R"(,"flags":["a","b"],"throttled":true,"new":[{"x":[1]}],"t":null)");
  ExpectTaken(payload);
  for (std::size_t length = 0; length < payload.size(); ++length) ExpectRejected(payload.substr(0, length));
}

TEST_F(ValidatorTest, NumbersBeyondTheirRangeAreRefusedByName) {
  ExpectRejectedWith(Record(R"(,"cpu_percent_avg":1e999)"), "cpu_percent_avg");
  ExpectRejectedWith(Record(R"(,"cpu_percent_avg":-1)"), "cpu_percent_avg");
  ExpectRejectedWith(Record(R"(,"cpu_percent_avg":NaN)"), "cpu_percent_avg");
  ExpectRejectedWith(Record(R"(,"generated_tokens":-1)"), "generated_tokens");
  ExpectRejectedWith(Record(R"(,"generated_tokens":18446744073709551616)"), "generated_tokens");
  ExpectRejectedWith(Record(R"(,"generated_tokens":1e300)"), "generated_tokens");
  ExpectRejectedWith(Record(R"(,"generated_tokens":1.5)"), "generated_tokens");
  ExpectRejectedWith(Record(R"(,"throttled":1)"), "throttled");
  ExpectRejectedWith(Record(R"(,"compute_device":")" + std::string(1025, 'x') + "\""), "compute_device");
  ExpectRejected(Record(R"(,"new_field":1e999)"));
  ExpectRejected(Record(R"(,"new_field":18446744073709551616)"));
}

TEST_F(ValidatorTest, WhatIsMissingIsNamed) {
  ExpectRejectedWith("{}", "timestamp");
  ExpectRejectedWith(R"({"timestamp":"2025-10-07T10:30:15Z","device_id":")" + kDevice + R"(","model_name":"m"})",
                     "inference_time_ms");
  ExpectTaken(R"({"timestamp":"2025-10-07T10:30:15Z","device_id":")" + kDevice +
              R"(","model_name":"m","status":"error"})");
}

TEST_F(ValidatorTest, AKeyThatStandsTwiceIsRefusedHoweverItIsSpelled) {
  ExpectRejectedWith(Record(R"(,"device_id":")" + kDevice + "\""), "stands twice");
  ExpectRejectedWith(Record(R"(,"device_id":null)"), "stands twice");
  ExpectRejectedWith(Record(R"(,"throttled":null,"throttled":null)"), "stands twice");
  ExpectRejectedWith(Record(R"(,"new":1,"new":2)"), "stands twice");
  ExpectRejectedWith(Record(R"(,"\u00e4":1,"ä":2)"), "stands twice");
  ExpectRejected(Record(R"(,"device_\u0069d":"other")"));
  ExpectRejectedWith(Record(R"(,"cpu_percent_\u0061vg":-5)"), "escapes");
  ExpectTaken(Record(R"(,"energy_consumed_mj":null,"energy_consumed_j":2)"));
}

TEST_F(ValidatorTest, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return Record(R"(,"x":)" + std::string(depth, '[') + std::string(depth, ']'));
  };
  ExpectTaken(nested(kMostJsonDepth - 2));
  ExpectRejected(nested(kMostJsonDepth));
  ExpectRejected(Record(R"(,"x":)" + std::string(60'000, '[')));
  ExpectRejected(nested(30'000));
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += R"({"a":)";
  ExpectRejected(Record(R"(,"x":)" + objects));
}

TEST_F(ValidatorTest, ManyKeysTakeNoLongTime) {
  std::string keys;
  for (int i = 0; keys.size() < 60'000; ++i) keys += ",\"" + std::to_string(i) + "\":0";
  const auto begin = std::chrono::steady_clock::now();
  ExpectTaken(Record(keys));
  ExpectRejectedWith(Record(keys + ",\"7\":1"), "stands twice");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(ValidatorTest, ARejectionNamesTheRecordWhereThatCanBeTold) {
  const auto position_of = [this](const std::string& payload) {
    const auto judged = validator_.Validate(kDevice, payload);
    return std::get<Rejection>(judged).position;
  };
  const StreamPosition position{0x0123456789abcdef, 42};
  EXPECT_EQ(position_of(Record(R"(,"generated_tokens":-1)")), position);
  EXPECT_EQ(position_of(Record(R"(,"schema_version":9)")), position);
  EXPECT_EQ(position_of(Record() + "x"), position);
  EXPECT_EQ(position_of(Record(R"(,"x":")" + std::string(70'000, 'x') + "\"")), position);
  EXPECT_EQ(position_of(R"({"record_id" : ")" + kId + "\"}"), position);
  EXPECT_FALSE(position_of("{}"));
  EXPECT_FALSE(position_of(R"({"record_id")"));
  EXPECT_FALSE(position_of(R"({"record_id":)"));
  EXPECT_FALSE(position_of(R"({"record_id":"00:0f:00:70:91:0b/0123456789abcdef/42"})")) << "another device's";
}

TEST_F(ValidatorTest, ARefusalShowsNoMoreOfThePayloadThanIsSafe) {
  const std::string why = ExpectRejected(Record(",\"\x1b[31m\xc2\x9b" + std::string(300, 'x') + "\":1,\"\x1b[31m\":2"));
  EXPECT_EQ(why.find('\x1b'), std::string::npos);
  const std::string twice = "\"" + std::string(300, 'x') + "\":1";
  EXPECT_LE(ExpectRejected(Record("," + twice + "," + twice)).size(), 200U);
}

// What Validate takes without looking at the whole text again (StrictJson) is whole nevertheless.
TEST_F(ValidatorTest, EveryByteChangedIsRefusedOrStillWholeAndARecord) {
  const std::string payload =
      Record(R"(,"flags":["a","b"],"throttled":true,"energy_consumed_mj":1.5e2,"energy_consumed_j":[0.15])");
  StrictJson strict(kLargestPayloadBytes);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = payload;
      changed[at] = static_cast<char>(byte);
      const auto judged = validator_.Validate(kDevice, changed);
      const auto* incoming = std::get_if<Incoming>(&judged);
      if (incoming == nullptr) continue;
      ASSERT_TRUE(strict.Load(changed).ok() && strict.CheckWhole().ok()) << changed;
      ASSERT_TRUE(record::ParseRecord(incoming->text).ok()) << changed;
      ASSERT_EQ(incoming->text.find('\n'), std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace inferometer::hub
