#include "mqtt/acknowledgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/record_key.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::uint64_t kLargest = base::kLargestSequence;

Acknowledgement Example() {
  Acknowledgement ack;
  ack.store_id = 0xab;
  ack.acks = {{0x0123456789abcdefU, 42}, {0xfedcba9876543210U, 0}};
  ack.rejected = {{0x0123456789abcdefU, 41, RejectCode::kTooLarge}, {0xfedcba9876543210U, 7, RejectCode::kConflict}};
  ack.losses_upto = 3;
  ack.pace = milliseconds(250);
  return ack;
}

const std::string kExample =
    R"({"v":1,"store_id":"00000000000000ab",)"
    R"("acks":[{"stream":"0123456789abcdef","upto":42},{"stream":"fedcba9876543210","upto":0}],)"
    R"("rejected":[{"stream":"0123456789abcdef","seq":41,"code":"too_large"},)"
    R"({"stream":"fedcba9876543210","seq":7,"code":"conflict"}],"losses_upto":3,"pace_ms":250})";

std::string Written(const Acknowledgement& ack) {
  std::string json;
  AppendJson(ack, json);
  return json;
}

TEST(Acknowledgement, IsWrittenAsTheHubSaysIt) { EXPECT_EQ(Written(Example()), kExample); }

TEST(Acknowledgement, ReadsWhatItWrites) {
  const auto back = ParseAcknowledgement(kExample);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, Example());
}

TEST(Acknowledgement, ShortestHasNothingToAcknowledge) {
  Acknowledgement empty;
  EXPECT_EQ(Written(empty), R"({"v":1,"store_id":"0000000000000000","acks":[]})");
  const auto back = ParseAcknowledgement(Written(empty));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, empty);
}

TEST(Acknowledgement, LargestIsWithinTheBound) {
  Acknowledgement largest;
  largest.acks.assign(kMostAcks, {~std::uint64_t{0}, kLargest});
  largest.rejected.assign(kMostRejected, {~std::uint64_t{0}, kLargest, RejectCode::kUnknownVersion});
  largest.losses_upto = kLargest;
  largest.pace = milliseconds(kLargest);
  const std::string json = Written(largest);
  EXPECT_LE(json.size(), kLargestAcknowledgementBytes);
  const auto back = ParseAcknowledgement(json);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, largest);
}

TEST(Acknowledgement, EveryCodeHasItsName) {
  for (const auto& [code, name] : {std::pair{RejectCode::kMalformed, "malformed"},
                                   {RejectCode::kTooLarge, "too_large"},
                                   {RejectCode::kWrongDevice, "wrong_device"},
                                   {RejectCode::kConflict, "conflict"},
                                   {RejectCode::kUnknownVersion, "unknown_version"},
                                   {RejectCode::kOther, "other"}}) {
    EXPECT_EQ(RejectCodeText(code), name);
    Acknowledgement ack;
    ack.rejected = {{1, 1, code}};
    EXPECT_EQ(ParseAcknowledgement(Written(ack))->rejected.front().code, code);
  }
}

TEST(Acknowledgement, CodeOfANewerHubIsSomeOtherReason) {
  const auto ack = ParseAcknowledgement(
      R"({"v":1,"store_id":"00000000000000ab","acks":[],"rejected":[{"stream":"00000000000000ab","seq":1,"code":"boring"}]})");
  ASSERT_TRUE(ack.ok()) << ack.status().message();
  EXPECT_EQ(ack->rejected.front().code, RejectCode::kOther);
}

TEST(Acknowledgement, OrderAndUnknownKeysDoNotMatter) {
  const auto ack = ParseAcknowledgement(
      R"( {"new":{"a":[1,2,{"v":9}]},"acks":[{"more":[],"upto":1,"stream":"00000000000000cd"}],"store_id":"00000000000000ab","v":1} )");
  ASSERT_TRUE(ack.ok()) << ack.status().message();
  EXPECT_EQ(ack->acks, (std::vector<Acknowledgement::Upto>{{0xcd, 1}}));
  EXPECT_FALSE(ack->pace.has_value());
  EXPECT_FALSE(ack->losses_upto.has_value());
}

// A whole message around one part that is wrong.
std::string With(const std::string& more, const std::string& acks = "[]") {
  return R"({"v":1,"store_id":"00000000000000ab","acks":)" + acks + more + "}";
}
std::string WithAck(const std::string& item) { return With("", "[" + item + "]"); }
std::string WithRejected(const std::string& items) { return With(",\"rejected\":" + items); }

void ExpectRefused(const std::vector<std::pair<std::string, std::string>>& cases) {
  for (const auto& [json, message] : cases) {
    const auto ack = ParseAcknowledgement(json);
    ASSERT_FALSE(ack.ok()) << json;
    EXPECT_THAT(ack.status().message(), HasSubstr(message)) << json;
  }
}

TEST(Acknowledgement, WhatMissesOrStandsTwiceIsNamed) {
  ExpectRefused({
      {"{}", "field \"v\": missing"},
      {R"({"v":1,"acks":[]})", "field \"store_id\": missing"},
      {R"({"v":1,"store_id":"00000000000000ab"})", "field \"acks\": missing"},
      {WithAck("{}"), "field \"stream\": missing"},
      {WithAck(R"({"stream":"00000000000000ab"})"), "field \"upto\": missing"},
      {WithRejected(R"([{"stream":"00000000000000ab","seq":1}])"), "field \"code\": missing"},
      {With(",\"v\":1"), "field \"v\": stands twice"},
      {With(",\"acks\":[]"), "field \"acks\": stands twice"},
      {With(",\"pace_ms\":1,\"pace_ms\":2"), "field \"pace_ms\": stands twice"},
      {WithAck(R"({"stream":"00000000000000ab","upto":1,"upto":2})"), "field \"upto\": stands twice"},
  });
}

TEST(Acknowledgement, NumbersAreWholeAndInRange) {
  for (const char* number : {"-1", "1.0", "1e3", "1.5", "9223372036854775808", "18446744073709551616", "1e999", "NaN",
                             "01", "+1", "0x1", "\"1\"", "true", "null", "[1]", "{}", ""}) {
    ExpectRefused({{With(std::string(",\"losses_upto\":") + number), "byte"},
                   {With(std::string(",\"pace_ms\":") + number), "byte"},
                   {WithAck(std::string(R"({"stream":"00000000000000ab","upto":)") + number + "}"), "byte"}});
  }
  ExpectRefused({{WithRejected(R"([{"stream":"00000000000000ab","seq":0,"code":"malformed"}])"),
                  "field \"seq\": not a whole number from 1 to 9223372036854775807"},
                 {R"({"v":2,"store_id":"00000000000000ab","acks":[]})", "a version that this program does not know"}});
}

TEST(Acknowledgement, IdsAreSixteenLowerCaseHexDigits) {
  for (const char* id : {"\"\"", "\"ab\"", "\"00000000000000AB\"", "\"00000000000000000\"", "1", "null", "[]",
                         "\"000000000000000\\u0000\"", "\"\xff\"", "\"\\ud800\""}) {
    ExpectRefused({{std::string(R"({"v":1,"acks":[],"store_id":)") + id + "}", "byte"},
                   {WithAck(std::string(R"({"upto":1,"stream":)") + id + "}"), "byte"}});
  }
}

TEST(Acknowledgement, ShapeIsKept) {
  ExpectRefused({
      {"", "byte 0"},
      {"[]", "byte 0"},
      {"1", "byte 0"},
      {"null", "byte 0"},
      {kExample + "x", "byte"},
      {kExample + kExample, "after the end"},
      {"\xef\xbb\xbf\xef\xbb\xbf" + kExample, "byte 0"},
      {With("", "{}"), "field \"acks\": not a list"},
      {With("", "null"), "field \"acks\": not a list"},
      {With("", "[1]"), "field \"acks\": an item that is not an object"},
      {WithRejected("{}"), "field \"rejected\": not a list"},
      {WithRejected(R"([{"stream":"00000000000000ab","seq":1,"code":1}])"), "field \"code\": not a valid string"},
  });
}

TEST(Acknowledgement, BoundsAreKept) {
  const std::string ack = R"({"stream":"00000000000000ab","upto":1})";
  const std::string rejected = R"({"stream":"00000000000000ab","seq":1,"code":"malformed"})";
  std::string acks = ack;
  for (std::size_t i = 1; i < kMostAcks; ++i) acks += "," + ack;
  EXPECT_TRUE(ParseAcknowledgement(WithAck(acks)).ok());
  std::string all_rejected = rejected;
  for (std::size_t i = 1; i < kMostRejected; ++i) all_rejected += "," + rejected;
  EXPECT_TRUE(ParseAcknowledgement(WithRejected("[" + all_rejected + "]")).ok());
  const std::string room(kLargestAcknowledgementBytes - kExample.size(), ' ');
  EXPECT_TRUE(ParseAcknowledgement(kExample + room).ok());
  const std::string deep = ",\"x\":" + std::string(31, '[') + std::string(31, ']');
  EXPECT_TRUE(ParseAcknowledgement(With(deep)).ok());
  ExpectRefused({
      {WithAck(acks + "," + ack), "field \"acks\": more than 64 items"},
      {WithRejected("[" + all_rejected + "," + rejected + "]"), "field \"rejected\": more than 512 items"},
      {kExample + room + " ", "more than 65536 bytes"},
      {With(",\"x\":" + std::string(32, '[') + std::string(32, ']')), "nested deeper than 32 levels"},
      {std::string(60'000, '['), "nested deeper than 32 levels"},
  });
}

TEST(Acknowledgement, BracketsInTextAreNoDepth) {
  EXPECT_TRUE(
      ParseAcknowledgement(With(",\"x\":\"" + std::string(40, '[') + "\\\"" + std::string(40, '{') + "\"")).ok());
}

// --- Whatever happens on the way.

// Nothing but an error with its place, or a message that can be written and read again.
void ExpectErrorOrMessage(const std::string& json) {
  const auto ack = ParseAcknowledgement(json);
  if (!ack.ok()) {
    EXPECT_LE(ack.status().offset_bytes().value_or(json.size() + 1), json.size()) << json;
    return;
  }
  const auto back = ParseAcknowledgement(Written(*ack));
  ASSERT_TRUE(back.ok()) << json;
  EXPECT_EQ(*back, *ack) << json;
}

TEST(DamagedAcknowledgement, EveryTruncationIsAnError) {
  for (std::size_t length = 0; length < kExample.size(); ++length) {
    EXPECT_FALSE(ParseAcknowledgement(kExample.substr(0, length)).ok()) << length;
  }
}

TEST(DamagedAcknowledgement, EveryFlippedBitAndByteIsAnErrorOrAMessage) {
  for (std::size_t place = 0; place < kExample.size(); ++place) {
    for (const int flipped : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string json = kExample;
      json[place] = static_cast<char>(json[place] ^ flipped);
      ExpectErrorOrMessage(json);
    }
  }
}

TEST(DamagedAcknowledgement, EveryLostAndEveryDoubledByteIsAnErrorOrAMessage) {
  for (std::size_t place = 0; place < kExample.size(); ++place) {
    ExpectErrorOrMessage(std::string(kExample).erase(place, 1));
    ExpectErrorOrMessage(std::string(kExample).insert(place, 1, kExample[place]));
  }
}

}  // namespace
}  // namespace inferometer::mqtt
