#include "record/other_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace inferometer::record {
namespace {

using ::testing::HasSubstr;

std::string Others(std::string_view json) {
  auto others = OtherFields(json);
  return others.ok() ? *others : "failed: " + others.status().message();
}

TEST(OtherFields, AreWhatTheTableDoesNotKnow) {
  EXPECT_EQ(
      Others(R"({"model_name":"a","prompt_length":200,"samples":[97.0, {"a":"b ]"}],"note":"x \"y\"","no":null})"),
      R"({"prompt_length":200,"samples":[97.0, {"a":"b ]"}],"note":"x \"y\"","no":null})");
}

TEST(OtherFields, RecordOfTheTableAloneHasNone) {
  EXPECT_EQ(Others(R"({"model_name":"a","inference_time_ms":1.5,"flags":["steal"]})"), "");
  EXPECT_EQ(Others("{}"), "");
}

TEST(OtherFields, AliasThatSaysTheSameIsLeftOut) {
  EXPECT_EQ(Others(R"({"inference_time_ms":1427.91,"inference_time_seconds":1.428})"), "");
  EXPECT_EQ(Others(R"({"inference_time_seconds":1.428})"), "");
  EXPECT_EQ(Others(R"({"inference_time_ms":1427.91,"inference_time_seconds":null})"), "");
}

TEST(OtherFields, AliasThatContradictsItsFieldIsKept) {
  EXPECT_EQ(Others(R"({"inference_time_ms":1427.91,"inference_time_seconds":1.5})"),
            R"({"inference_time_seconds":1.5})");
}

TEST(OtherFields, DigitsStayAsTheyAreWritten) {
  EXPECT_EQ(Others(R"({"x":0.95000000000000000000,"y":1e400,"z":123456789012345678901234567890})"),
            "failed: byte 0: a value that is not JSON");  // a number that no double holds is none to readers of JSON
  EXPECT_EQ(Others(R"({"x":0.95000000000000000000})"), R"({"x":0.95000000000000000000})");
}

TEST(OtherFields, WhatIsNotJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(Others("[1]"), HasSubstr("failed: byte 0"));
  EXPECT_THAT(Others(R"({"x":[1 2}]})"), HasSubstr("failed"));
  EXPECT_THAT(Others(R"({"x":tru})"), HasSubstr("failed"));
  EXPECT_THAT(Others(""), HasSubstr("failed"));
}

TEST(OtherFields, TakeABoundedNumberOfBytes) {
  const auto others = OtherFields("{\"x\":\"" + std::string(kMostOtherBytes, 'a') + "\"}");
  EXPECT_EQ(others.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace inferometer::record
