#include "base/record_key.h"

#include <gtest/gtest.h>

#include <vector>

namespace inferometer::base {
namespace {

const std::string kDevice = "00:0f:00:70:91:0a";

TEST(Stream, IsSixteenLowerCaseHexDigits) {
  EXPECT_EQ(StreamText(0), "0000000000000000");
  EXPECT_EQ(StreamText(0x0123456789abcdefU), "0123456789abcdef");
  EXPECT_EQ(StreamText(~std::uint64_t{0}), "ffffffffffffffff");
}

TEST(Stream, ReadsWhatItWrites) {
  for (const std::uint64_t stream :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xfedcba9876543210U}, ~std::uint64_t{0}}) {
    EXPECT_EQ(ParseStream(StreamText(stream)), stream);
  }
}

TEST(Stream, OtherSpellingsAreNone) {
  for (const char* text : {"", "0", "000000000000000", "00000000000000000", "0123456789ABCDEF", "0x00000000000000",
                           "-000000000000001", "+000000000000001", " 000000000000001", "000000000000000g"}) {
    EXPECT_FALSE(ParseStream(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseStream(std::string_view("\0"
                                            "000000000000000",
                                            16))
                   .has_value());
}

TEST(Sequence, IsDecimalFromOne) {
  EXPECT_EQ(ParseSequence("1"), 1U);
  EXPECT_EQ(ParseSequence("9223372036854775807"), kLargestSequence);
}

TEST(Sequence, OtherSpellingsAreNone) {
  for (const char* text : {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808",
                           "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_FALSE(ParseSequence(text).has_value()) << text;
  }
}

TEST(RecordId, IsDeviceStreamAndSequence) {
  EXPECT_EQ(RecordIdText({kDevice, 0xabcU, 42}), "00:0f:00:70:91:0a/0000000000000abc/42");
}

TEST(RecordId, LongestIsAsLongAsItSays) {
  const RecordKey key{std::string(64, 'a'), ~std::uint64_t{0}, kLargestSequence};
  const std::string text = RecordIdText(key);
  EXPECT_EQ(text.size(), kLongestRecordId);
  const auto back = ParseRecordId(text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, key);
}

TEST(RecordId, ReadsWhatItWrites) {
  for (const RecordKey& key : {RecordKey{kDevice, 0, 1}, RecordKey{"edge-1", 0xfedcba9876543210U, 1'000'000}}) {
    const auto back = ParseRecordId(RecordIdText(key));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, key);
  }
}

TEST(RecordId, WrongPartIsNamed) {
  const std::string stream = "/0000000000000abc/";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "three parts"},
      {"edge-1/0000000000000abc", "three parts"},
      {"edge-1" + stream + "1/", "three parts"},
      {"/edge-1" + stream + "1", "three parts"},
      {std::string(200, '/'), "longer"},
      {"Edge-1" + stream + "1", "the device"},
      {".." + stream + "1", "the device"},
      {stream + "1", "the device"},
      {std::string("ed\0ge", 5) + stream + "1", "the device"},
      {"edge-1/abc/1", "the stream"},
      {"edge-1/0000000000000ABC/1", "the stream"},
      {"edge-1//1", "the stream"},
      {"edge-1" + stream, "the sequence"},
      {"edge-1" + stream + "007", "the sequence"},
      {"edge-1" + stream + "1\n", "the sequence"},
  };
  for (const auto& [text, part] : cases) {
    const auto key = ParseRecordId(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_NE(key.status().message().find(part), std::string::npos) << text << ": " << key.status().message();
  }
}

}  // namespace
}  // namespace inferometer::base
