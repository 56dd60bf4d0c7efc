#include "telemetry/generator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferometer::telemetry {
namespace {

const WallTime kStart(std::chrono::seconds(1'594'512'094));
constexpr const char* kCool = "00:0f:00:70:91:0a";
constexpr const char* kVariable = "1c:bf:ce:15:ec:4d";
constexpr const char* kWarm = "b8:27:eb:bf:9d:51";

std::vector<SensorMessage> Generate(std::string_view device_id, std::uint64_t seed, int count) {
  auto generator = Generator::Create(device_id, seed, kStart);
  EXPECT_TRUE(generator.ok());
  std::vector<SensorMessage> messages;
  while (static_cast<int>(messages.size()) < count) messages.push_back(generator->Next());
  return messages;
}

struct Spread {
  double lowest;
  double mean;
  double highest;
};

Spread SpreadOf(double SensorMessage::*member, std::string_view device_id) {
  const auto messages = Generate(device_id, 7, 5'000);
  Spread spread{1e9, 0, -1e9};
  for (const SensorMessage& message : messages) {
    spread.lowest = std::min(spread.lowest, message.*member);
    spread.highest = std::max(spread.highest, message.*member);
    spread.mean += message.*member / static_cast<double>(messages.size());
  }
  return spread;
}

TEST(Generator, DevicesHaveTheCharactersOfTheDataSet) {
  const Spread cool = SpreadOf(&SensorMessage::temp, kCool);
  const Spread variable = SpreadOf(&SensorMessage::temp, kVariable);
  const Spread warm = SpreadOf(&SensorMessage::temp, kWarm);
  EXPECT_LT(cool.highest, warm.lowest);
  EXPECT_GT(variable.highest - variable.lowest, 2 * (cool.highest - cool.lowest));
  EXPECT_GT(variable.highest - variable.lowest, 2 * (warm.highest - warm.lowest));
  EXPECT_GT(SpreadOf(&SensorMessage::humidity, kCool).lowest, SpreadOf(&SensorMessage::humidity, kWarm).highest);
}

TEST(Generator, ReadingsStayInTheDataSetsRanges) {
  for (const char* device : {kCool, kVariable, kWarm, "greenhouse-7"}) {
    for (const SensorMessage& message : Generate(device, 3, 5'000)) {
      ASSERT_TRUE(message.temp >= 18 && message.temp <= 32) << message.temp;
      ASSERT_TRUE(message.humidity >= 45 && message.humidity <= 80) << message.humidity;
      ASSERT_TRUE(message.co >= 0.003 && message.co <= 0.008) << message.co;
      ASSERT_TRUE(message.lpg >= 0.005 && message.lpg <= 0.01) << message.lpg;
      ASSERT_TRUE(message.smoke >= 0.015 && message.smoke <= 0.03) << message.smoke;
    }
  }
}

TEST(Generator, SameSeedGivesTheSameMessagesAndAnotherOthers) {
  EXPECT_EQ(Generate(kCool, 1, 100), Generate(kCool, 1, 100));
  EXPECT_NE(Generate(kCool, 1, 100), Generate(kCool, 2, 100));
}

// Written down once: any platform must give exactly this.
TEST(Generator, GoldenMessages) {
  std::string json;
  for (const SensorMessage& message : Generate(kVariable, 42, 3)) {
    AppendJson(message, json);
    json += '\n';
  }
  EXPECT_EQ(json, R"({"data":{"co":0.004019056,"humidity":62.1,"light":true,"lpg":0.006532867,"motion":false,)"
                  R"("smoke":0.017234218,"temp":25.3},"device_id":"1c:bf:ce:15:ec:4d","ts":1594512094.000000})"
                  "\n"
                  R"({"data":{"co":0.003753385,"humidity":65.9,"light":true,"lpg":0.006214062,"motion":false,)"
                  R"("smoke":0.016338907,"temp":27.1},"device_id":"1c:bf:ce:15:ec:4d","ts":1594512098.492448})"
                  "\n"
                  R"({"data":{"co":0.004404272,"humidity":68,"light":true,"lpg":0.006995126,"motion":false,)"
                  R"("smoke":0.018532396,"temp":28.7},"device_id":"1c:bf:ce:15:ec:4d","ts":1594512102.748013})"
                  "\n");
}

TEST(Generator, TimeStartsWhereItWasToldAndGoesOnByAboutFiveSeconds) {
  const auto messages = Generate(kWarm, 1, 1'000);
  EXPECT_EQ(messages.front().ts, kStart);
  for (std::size_t i = 1; i < messages.size(); ++i) {
    const auto gap = messages[i].ts - messages[i - 1].ts;
    ASSERT_TRUE(gap >= std::chrono::seconds(4) && gap < std::chrono::seconds(6));
  }
}

TEST(Generator, SwitchesChangeNowAndThen) {
  const auto messages = Generate(kWarm, 1, 1'000);
  const auto lit = std::count_if(messages.begin(), messages.end(), [](const auto& m) { return m.light; });
  const auto moved = std::count_if(messages.begin(), messages.end(), [](const auto& m) { return m.motion; });
  EXPECT_TRUE(lit > 0 && lit < 1'000);
  EXPECT_TRUE(moved > 0 && moved < 100);
}

TEST(Generator, DeviceIdIsCheckedAndLowerCased) {
  EXPECT_FALSE(Generator::Create("../x", 1, kStart).ok());
  EXPECT_EQ(Generate("B8:27:EB:BF:9D:51", 1, 1).front(), Generate(kWarm, 1, 1).front());
}

TEST(Generator, WhatItMakesIsReadBackTheSame) {
  for (const SensorMessage& message : Generate("greenhouse-7", 5, 200)) {
    std::string json;
    AppendJson(message, json);
    const auto back = ParseTelemetry(json);
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(*back, message);
  }
}

}  // namespace
}  // namespace inferometer::telemetry
