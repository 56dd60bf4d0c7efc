#include "mqtt/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace inferometer::mqtt {
namespace {

using testing::HasSubstr;

const std::string kMac = "00:0f:00:70:91:0a";

TEST(Topics, AreThoseOfTheDesign) {
  EXPECT_EQ(MakeTopic(TopicKind::kTelemetry, kMac), "iot/telemetry/00:0f:00:70:91:0a");
  EXPECT_EQ(MakeTopic(TopicKind::kMetrics, kMac), "iot/metrics/00:0f:00:70:91:0a");
  EXPECT_EQ(MakeTopic(TopicKind::kSummary, kMac), "iot/metrics/00:0f:00:70:91:0a/summary");
  EXPECT_EQ(MakeTopic(TopicKind::kAnalysis, kMac), "iot/analysis/00:0f:00:70:91:0a");
  EXPECT_EQ(MakeTopic(TopicKind::kStatus, kMac), "iot/status/00:0f:00:70:91:0a");
  EXPECT_EQ(MakeTopic(TopicKind::kAck, kMac), "iot/ack/00:0f:00:70:91:0a");
}

TEST(Topics, FilterTakesEveryDevice) {
  EXPECT_EQ(MakeFilter(TopicKind::kMetrics), "iot/metrics/+");
  EXPECT_EQ(MakeFilter(TopicKind::kSummary), "iot/metrics/+/summary");
}

TEST(Topics, WhatIsMadeIsParsed) {
  for (const TopicKind kind : {TopicKind::kTelemetry, TopicKind::kMetrics, TopicKind::kSummary, TopicKind::kAnalysis,
                               TopicKind::kStatus, TopicKind::kAck}) {
    for (const std::string& id : {kMac, std::string("abc"), std::string(64, 'z'), std::string("summary")}) {
      const auto topic = ParseTopic(MakeTopic(kind, id));
      ASSERT_TRUE(topic.ok()) << topic.status().message();
      EXPECT_EQ(*topic, (Topic{kind, id}));
    }
  }
}

struct Wrong {
  std::string topic;
  std::string message;
};

// Each with a message that holds the given part, can be printed and is short.
void ExpectRefused(const std::vector<Wrong>& topics) {
  for (const Wrong& wrong : topics) {
    const auto topic = ParseTopic(wrong.topic);
    ASSERT_FALSE(topic.ok()) << wrong.message;
    const std::string& message = topic.status().message();
    EXPECT_THAT(message, HasSubstr(wrong.message));
    EXPECT_LT(message.size(), 250U);
    EXPECT_TRUE(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; })) << message;
  }
}

TEST(Topics, RootOtherThanOursIsRefused) {
  ExpectRefused({{"", "begin with \"iot/\" but with \"\""},
                 {"/", "but with \"\""},
                 {"/iot/metrics/abc", "but with \"\""},
                 {"IOT/metrics/abc", "but with \"IOT\""},
                 {"iot ", "but with \"iot \""},
                 {"$SYS/broker/version", "but with \"$SYS\""},
                 {"$share/g/iot/metrics/abc", "but with \"$share\""},
                 {"../iot/metrics/abc", "but with \"..\""},
                 {std::string(65'535, 'a'), "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..."},
                 {std::string(65'535, '/'), "but with \"\""}});
}

TEST(Topics, UnknownKindIsRefused) {
  ExpectRefused({{"iot", "under \"\""},
                 {"iot/", "under \"\""},
                 {"iot//abc", "under \"\""},
                 {"iot/metric/abc", "under \"metric\""},
                 {"iot/Metrics/abc", "under \"Metrics\""},
                 {"iot/summary/abc", "under \"summary\""},
                 {"iot/+/abc", "under \"+\""},
                 {"iot/../metrics/abc", "under \"..\""}});
}

TEST(Topics, WhatIsNoCanonicalDeviceIdIsRefused) {
  ExpectRefused({{"iot/metrics", "no device id is \"\""},
                 {"iot/metrics/", "no device id is \"\""},
                 {"iot/metrics//", "no device id is \"\""},
                 {"iot/metrics//summary", "no device id is \"\""},
                 {"iot/metrics/ABC", "must be in lower case, not \"ABC\""},
                 {"iot/metrics/AA:BB:CC:DD:EE:FF", "must be in lower case, not \"AA:BB:CC:DD:EE:FF\""},
                 {"iot/metrics/.", "no device id is \".\""},
                 {"iot/metrics/..", "no device id is \"..\""},
                 {"iot/metrics/../", "no device id is \"..\""},
                 {"iot/metrics/../../etc", "no device id is \"..\""},
                 {"iot/metrics/a/../../etc", "no device id is \"a\""},
                 {"iot/metrics/+", "no device id is \"+\""},
                 {"iot/metrics/#", "no device id is \"#\""},
                 {"iot/metrics/nul.json", "no device id is \"nul.json\""},
                 {"iot/metrics/abc.", "no device id is \"abc.\""},
                 {"iot/metrics/abc ", "no device id is \"abc \""},
                 {"iot/metrics/a\\b", "no device id is \"a\\x5cb\""},
                 {std::string("iot/metrics/abc\0", 16), "no device id is \"abc\\x00\""},
                 {"iot/metrics/abc\n", "no device id is \"abc\\x0a\""},
                 {"iot/metrics/abc\nFAKE LOG LINE", "\"abc\\x0aFAKE LOG LINE\""},
                 {"iot/metrics/\x1b[2J", "\"\\x1b[2J\""},
                 {"iot/metrics/\xff\xfe\xfd", "\"\\xff\\xfe\\xfd\""},
                 {"iot/metrics/" + std::string(65, 'a'), "\"..."},
                 {"iot/metrics/" + std::string(300, 'a'), "\"..."},
                 {"iot/metrics/" + std::string(65'535 - 12, 'a'), "\"..."}});
}

TEST(Topics, LettersThatOnlyLookLikeOursAreRefused) {
  ExpectRefused({{"iot/m\xd0\xb5trics/abc", "under \"m\\xd0\\xb5trics\""},                // a Cyrillic e
                 {"iot/metrics/xy\xd0\xb0", "is \"xy\\xd0\\xb0\""},                       // a Cyrillic a
                 {"iot/metrics/xy\xef\xbd\x81", "is \"xy\\xef\\xbd\\x81\""},              // a wide a
                 {"iot\xe2\x88\x95metrics/abc", "with \"iot\\xe2\\x88\\x95metrics\""}});  // a division slash
}

TEST(Topics, AnythingBehindTheIdButASummaryIsRefused) {
  ExpectRefused({{"iot/metrics/abc/", "behind the device id stands \"\""},
                 {"iot/metrics/abc/Summary", "stands \"Summary\""},
                 {"iot/metrics/abc/summary/", "stands \"summary/\""},
                 {"iot/metrics/abc/summary/x", "stands \"summary/x\""},
                 {"iot/ack/abc/summary", "stands \"summary\""},
                 {"iot/status/abc/..", "stands \"..\""},
                 {"iot/metrics/abc/" + std::string(65'535 - 16, '/'), "\"..."}});
}

}  // namespace
}  // namespace inferometer::mqtt
