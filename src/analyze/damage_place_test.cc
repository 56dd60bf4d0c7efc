#include "analyze/damage_place.h"

#include <gtest/gtest.h>

#include <string>

namespace inferometer::analyze {
namespace {

std::size_t Offset(simdjson::error_code error, const std::string& text) {
  return static_cast<std::size_t>(PlaceOf(error, text) - text.data());
}

TEST(PlaceOf, FirstByteThatIsNoUtf8) {
  const std::string good = "caf\xc3\xa9 \xe6\xa8\xa1\xf0\x9f\x98\x80 ";
  std::string text;
  while (text.size() < 20'000) text += good;
  for (const std::size_t before :
       {std::size_t{0}, good.size(), good.size() * 273, good.size() * 274, text.size() / good.size() * good.size()}) {
    for (const std::string bad : {"\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
      std::string damaged = text.substr(0, before) + bad;
      EXPECT_EQ(Offset(simdjson::UTF8_ERROR, damaged), before) << before;
      damaged += "x" + good;
      EXPECT_EQ(Offset(simdjson::UTF8_ERROR, damaged), before) << before;
    }
  }
}

TEST(PlaceOf, ControlCharacterInAString) {
  EXPECT_EQ(Offset(simdjson::UNESCAPED_CHARS, "{\n\"a\\\"\": \"b\nc\"}"), 11U);
}

TEST(PlaceOf, BeginningOfTheStringThatNeverEnds) {
  EXPECT_EQ(Offset(simdjson::UNCLOSED_STRING, R"({"a": "b\")"), 6U);
  EXPECT_EQ(Offset(simdjson::UNCLOSED_STRING, R"({"a": "b\)"), 6U);
}

TEST(PlaceOf, EndOfATextThatEndsTooEarly) {
  EXPECT_EQ(Offset(simdjson::INCOMPLETE_ARRAY_OR_OBJECT, "{\"a\": 1"), 7U);
  EXPECT_EQ(Offset(simdjson::EMPTY, "  "), 2U);
  EXPECT_EQ(Offset(simdjson::INCORRECT_TYPE, "[]"), 0U);
}

}  // namespace
}  // namespace inferometer::analyze
