#include "telemetry/sensor_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "telemetry/readings.h"

namespace inferometer::telemetry {
namespace {

using testing::HasSubstr;

const std::string kGood =
    R"({"data":{"co":0.0049,"humidity":51.0,"light":false,"lpg":0.0076,"motion":true,"smoke":0.0204,"temp":22.7},)"
    R"("device_id":"b8:27:eb:bf:9d:51","ts":1594512094.385975})";

SensorMessage GoodMessage() {
  return {.device_id = "b8:27:eb:bf:9d:51",
          .ts = WallTime(std::chrono::microseconds(1594512094385975)),
          .co = 0.0049,
          .humidity = 51.0,
          .light = false,
          .lpg = 0.0076,
          .motion = true,
          .smoke = 0.0204,
          .temp = 22.7};
}

// The good message with one piece exchanged.
std::string With(const std::string& piece, const std::string& other) {
  std::string json = kGood;
  const auto at = json.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return json.replace(at, piece.size(), other);
}

TEST(Telemetry, ReadsTheDocumentedShape) {
  const auto message = ParseTelemetry(kGood);
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_EQ(*message, GoodMessage());
}

TEST(Telemetry, ReadsWhatItWrites) {
  std::string json;
  AppendJson(GoodMessage(), json);
  EXPECT_EQ(json, With("51.0", "51"));
  EXPECT_EQ(*ParseTelemetry(json), GoodMessage());
}

TEST(Telemetry, TimeIsWrittenToTheMicrosecond) {
  SensorMessage message = GoodMessage();
  for (const std::int64_t us : {0LL, 1LL, 999'999LL, 1'594'512'094'000'001LL, 7'258'118'399'999'999LL}) {
    message.ts = WallTime(std::chrono::microseconds(us));
    std::string json;
    AppendJson(message, json);
    EXPECT_EQ(ParseTelemetry(json)->ts, message.ts) << json;
  }
}

TEST(Telemetry, EverythingMayStandAsTextAsInTheDataSet) {
  const auto message = ParseTelemetry(
      R"({"ts":"1.5945120943859746E9","device_id":"B8:27:EB:BF:9D:51","data":{"co":"4.9E-3","humidity":"51.0",)"
      R"("light":"false","lpg":"0.0076","motion":"True","smoke":"0.0204","temp":"22.7"}})");
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_EQ(*message, GoodMessage());
}

TEST(Telemetry, NumberMayBeLongerThanItsValueNeeds) {
  const auto message = ParseTelemetry(With("0.0049", "0.00490000000000000000000"));
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_EQ(*message, GoodMessage());
}

TEST(Telemetry, TimeMayBeRfc3339) {
  const auto message = ParseTelemetry(With("1594512094.385975", R"("2020-07-12T00:01:34.385975Z")"));
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_EQ(message->ts, GoodMessage().ts);
}

TEST(Telemetry, SwitchMayBeANumber) {
  EXPECT_EQ(ParseTelemetry(With("false", "1"))->light, true);
  EXPECT_EQ(ParseTelemetry(With("true", "0"))->motion, false);
  EXPECT_EQ(ParseTelemetry(With("true", R"("0")"))->motion, false);
}

TEST(Telemetry, UnknownFieldsArePassedOver) {
  EXPECT_TRUE(ParseTelemetry(With(R"("co":)", R"("no2":[1,{"x":null}],"co":)")).ok());
  EXPECT_TRUE(ParseTelemetry(With(R"("device_id")", R"("firmware":"1.2","device_id")")).ok());
}

struct Malformation {
  std::string json;
  std::string said;
};

class MalformedTelemetry : public testing::TestWithParam<Malformation> {};

TEST_P(MalformedTelemetry, IsAnErrorThatNamesByteAndField) {
  const auto message = ParseTelemetry(GetParam().json);
  ASSERT_FALSE(message.ok());
  EXPECT_THAT(message.status().message(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedTelemetry,
    testing::Values(Malformation{"", "byte 0"}, Malformation{"[]", "byte 0"}, Malformation{"null", "byte 0"},
                    Malformation{"{", "byte"}, Malformation{std::string(100'000, '['), "more than 16384 bytes"},
                    Malformation{"{\"data\":" + std::string(10'000, '['), "byte"}, Malformation{kGood + "x", "byte"},
                    Malformation{kGood + kGood, "text after the end"},
                    Malformation{With("22.7", "warm"), "field \"temp\""},
                    Malformation{With("22.7", "\"\""), "temp\": not a number"},
                    Malformation{With("22.7", "\"22.7 C\""), "temp\": not a number"},
                    Malformation{With("22.7", "\"nan\""), "temp\": not a number"},
                    Malformation{With("22.7", "\"inf\""), "temp\": not a number"},
                    Malformation{With("22.7", "\"1e999\""), "temp\": not a number"},
                    Malformation{With("22.7", "1e999"), "field \"temp\""},
                    Malformation{With("22.7", "\"\\ud800\""), "temp\": not a number"},
                    Malformation{With("22.7", "null"), "temp\": not a number"},
                    Malformation{With("22.7", "[22.7]"), "temp\": not a number"},
                    Malformation{With("22.7", "true"), "temp\": not a number"},
                    Malformation{With("22.7", "201"), "byte 100, field \"temp\": out of range (-100 to 200)"},
                    Malformation{With("51.0", "-1"), "humidity\": out of range (0 to 100)"},
                    Malformation{With("0.0049", "2"), "co\": out of range (0 to 1)"},
                    Malformation{With("false", "2"), "light\": not true or false"},
                    Malformation{With("false", "\"yes\""), "light\": not true or false"},
                    Malformation{With("false", "null"), "light\": not true or false"},
                    Malformation{With("false", "{}"), "light\": not true or false"},
                    Malformation{With("1594512094.385975", "-1"), "ts\": not seconds since 1970"},
                    Malformation{With("1594512094.385975", "1594512094385"), "ts\": not seconds since 1970"},
                    Malformation{With("1594512094.385975", "\"yesterday\""), "ts\": neither seconds"},
                    Malformation{With("1594512094.385975", "true"), "ts\": neither a number nor a string"},
                    Malformation{With("\"b8:27:eb:bf:9d:51\"", "7"), "device_id\": not a valid string"},
                    Malformation{With("b8:27:eb:bf:9d:51", "../../etc"), "device_id\": not a device id"},
                    Malformation{With("b8:27:eb:bf:9d:51", "+"), "device_id\": not a device id"},
                    Malformation{With("\"ts\":", "\"device_id\":\"abc\",\"ts\":"), "device_id\": stands twice"},
                    Malformation{With("\"ts\":", "\"data\":{},\"ts\":"), "data\": stands twice"},
                    Malformation{With("\"temp\":22.7", "\"temp\":22.7,\"temp\":22.7"), "temp\": stands twice"},
                    Malformation{With("{\"co\":0.0049,\"humidity\":51.0,\"light\":false,\"lpg\":0.0076,\"motion\":true,"
                                      "\"smoke\":0.0204,\"temp\":22.7}",
                                      "22.7"),
                                 "data\": not an object"},
                    Malformation{With("b8", "\xff"), "byte 0"}));

TEST(Telemetry, EachMissingFieldIsNamed) {
  for (const char* name : {"co", "humidity", "light", "lpg", "motion", "smoke", "temp", "data", "device_id", "ts"}) {
    const auto message = ParseTelemetry(With("\"" + std::string(name) + "\"", "\"other\""));
    ASSERT_FALSE(message.ok()) << name;
    EXPECT_THAT(message.status().message(), HasSubstr("field \"" + std::string(name) + "\": missing"));
  }
}

TEST(Telemetry, MessageOfTheLargestSizeIsRead) {
  std::string json = kGood;
  json.insert(1, std::string(kLargestMessageBytes - json.size(), ' '));
  EXPECT_TRUE(ParseTelemetry(json).ok());
  EXPECT_FALSE(ParseTelemetry(json + " ").ok());
}

TEST(Readings, NotANumberIsOutOfEveryRange) {
  EXPECT_FALSE(CheckRange(kNumberReadings[0], std::nan("")).ok());
  EXPECT_FALSE(TimeFromSeconds(std::nan("")).ok());
  EXPECT_FALSE(TimeFromSeconds(std::numeric_limits<double>::infinity()).ok());
}

}  // namespace
}  // namespace inferometer::telemetry
