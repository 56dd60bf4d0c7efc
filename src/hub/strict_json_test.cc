#include "hub/strict_json.h"

#include <gtest/gtest.h>

namespace inferometer::hub {
namespace {

// CheckEscapes by itself: what it lets pass here, simdjson may refuse, in one release and not in another.

TEST(CheckEscapes, HalfASurrogatePairIsRefusedWithItsPlace) {
  for (const char* text : {R"("\ud800")", R"("\ud800x")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\udc00")",
                           R"("\udfff\ud800")", R"("\uDBFF\n")", R"("\ud83d\ude00\ude00")"}) {
    EXPECT_FALSE(CheckEscapes(text).ok()) << text;
  }
  EXPECT_EQ(CheckEscapes(R"({"a":"b\ud800"})").offset_bytes(), 7U);
}

TEST(CheckEscapes, WholePairsAndWhatOnlyLooksLikeAnEscapeAreFine) {
  for (const char* text : {"", R"("")", R"("\ud83d\ude00")", R"("\uD83D\uDE00\n")", R"("\\ud800")", R"("\\\\u0000")",
                           R"("\"\/\b\f\n\r\t\u0001")", R"("\u00e4")", R"("\ud7ff\ue000")"}) {
    EXPECT_TRUE(CheckEscapes(text).ok()) << text;
  }
}

TEST(CheckEscapes, ANulIsRefusedHoweverManyBackslashesStandBefore) {
  EXPECT_FALSE(CheckEscapes(R"("\u0000")").ok());
  EXPECT_FALSE(CheckEscapes(R"("\\\u0000")").ok());
}

TEST(CheckEscapes, TextThatEndsTooSoonIsNotReadBeyond) {
  for (const char* text : {"\\", "\\u", "\\u0", "\\u000", "\\ud800", "\\ud800\\", "\\ud800\\udc0"}) {
    EXPECT_EQ(CheckEscapes(text).ok(), std::string_view(text).size() < 6) << text;
  }
}

class StrictJsonTest : public testing::Test {
 protected:
  Status Check(std::string_view text) {
    RETURN_IF_ERROR(strict_.Load(text));
    return strict_.CheckWhole();
  }
  StrictJson strict_{1000};
};

// simdjson's own answer to one changed between its releases.
TEST_F(StrictJsonTest, AByteOrderMarkIsNamed) {
  EXPECT_NE(Check("\xef\xbb\xbf{}").message().find("byte order mark"), std::string::npos);
}

TEST_F(StrictJsonTest, OneDocumentFollowsAnother) {
  EXPECT_TRUE(Check(R"({"a":[1,2,3],"b":"a long text"})").ok());
  EXPECT_FALSE(Check("{").ok());
  EXPECT_TRUE(Check("{}").ok());
  EXPECT_EQ(strict_.text(), "{}");
  EXPECT_FALSE(Check("").ok());
  EXPECT_TRUE(strict_.text().empty());
}

TEST_F(StrictJsonTest, TooLongIsSaidSo) {
  EXPECT_TRUE(Check("\"" + std::string(998, 'x') + "\"").ok());
  EXPECT_EQ(Check("\"" + std::string(999, 'x') + "\"").code(), Code::kResourceExhausted);
}

TEST_F(StrictJsonTest, DepthIsBoundedToTheLevel) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Check(nested(kMostJsonDepth - 1)).ok());
  EXPECT_FALSE(Check(nested(kMostJsonDepth + 1)).ok());
}

TEST_F(StrictJsonTest, MinifiedKeepsWhatStandsInStrings) {
  ASSERT_TRUE(Check(" {\r\n\t\"a b\" : [ 1.50 , \" \\n \" ] } ").ok());
  EXPECT_EQ(strict_.Minified(), R"({"a b":[1.50," \n "]})");
}

TEST_F(StrictJsonTest, KeysThatStandTwiceAreFoundAtEveryDepth) {
  ASSERT_TRUE(Check(R"({"a":{"b":1},"c":[{"b":1},{"b":1}]})").ok());
  EXPECT_TRUE(strict_.CheckKeysOnce().ok());
  ASSERT_TRUE(Check(R"({"a":1,"c":[[{"b":{"x":1,"y":2,"\u0078":3}}]]})").ok());
  EXPECT_NE(strict_.CheckKeysOnce().message().find("\"x\""), std::string::npos);
}

}  // namespace
}  // namespace inferometer::hub
