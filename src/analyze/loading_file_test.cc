#include "analyze/loading_file.h"

#include <gtest/gtest.h>

namespace inferometer::analyze {
namespace {

constexpr const char* kGood =
    R"({"event":"model_loading","timestamp":"2025-10-07T10:30:15.000001Z","device_id":"a1","model_name":"m",)"
    R"("load_time_seconds":1.25,"memory_increase_mb":{"x":[1]},"compute_device":"cpu"})";

TEST(ModelLoading, IsRead) {
  const auto loading = ParseModelLoading(kGood);
  ASSERT_TRUE(loading.ok()) << loading.status().message();
  EXPECT_EQ(loading.value().device_id, "a1");
  EXPECT_EQ(loading.value().model_name, "m");
  EXPECT_EQ(loading.value().load_time_seconds, 1.25);
  EXPECT_TRUE(loading.value().timestamp.has_value());
}

TEST(ModelLoading, TimeMayBeAbsent) {
  const auto loading = ParseModelLoading(R"({"device_id":"a1","model_name":"m","load_time_seconds":null})");
  ASSERT_TRUE(loading.ok()) << loading.status().message();
  EXPECT_FALSE(loading.value().load_time_seconds.has_value());
}

// Tests of all the error paths follow.

void ExpectDamage(const std::string& json, const std::string& problem) {
  const auto loading = ParseModelLoading(json);
  ASSERT_FALSE(loading.ok()) << json;
  EXPECT_NE(loading.status().message().find(problem), std::string::npos) << loading.status().message();
  EXPECT_TRUE(loading.status().offset_bytes().has_value());
}

TEST(ModelLoading, DamageIsNamed) {
  ExpectDamage(R"({"model_name":"m"})", "\"device_id\": missing");
  ExpectDamage(R"({"device_id":"a1"})", "\"model_name\": missing");
  ExpectDamage(R"({"device_id":1})", "\"device_id\": not a valid string");
  ExpectDamage(R"({"device_id":"a","device_id":"a"})", "\"device_id\": stands twice");
  ExpectDamage(R"({"device_id":")" + std::string(1025, 'x') + "\"}", "longer than 1024");
  ExpectDamage(R"({"timestamp":"then"})", "\"timestamp\": not a timestamp");
  ExpectDamage(R"({"load_time_seconds":"1"})", "\"load_time_seconds\": not a number");
  ExpectDamage(R"({"load_time_seconds":-1})", "\"load_time_seconds\": out of range");
  ExpectDamage(R"({"load_time_seconds":1,"load_time_seconds":1})", "stands twice");
  ExpectDamage(std::string(kGood) + "{}", "text after the end");
  ExpectDamage(std::string(kGood) + "x", "byte");
  for (const char* text : {"", "[]", "7", "{", "{\"a\"", "\xff"}) ExpectDamage(text, "byte");
}

TEST(ModelLoading, EveryTruncationIsRefused) {
  const std::string json = kGood;
  for (std::size_t length = 0; length < json.size(); ++length) ExpectDamage(json.substr(0, length), "byte");
}

}  // namespace
}  // namespace inferometer::analyze
