#include "report/html/escape.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

// What a browser or a person could take for something else than the text.
constexpr std::string_view kDangerous = "<>\"'`";

TEST(Escaped, NoByteAloneOpensMarkupOrEndsAnAttribute) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = Escaped(std::string(1, static_cast<char>(byte)));
    EXPECT_EQ(text.find_first_of(kDangerous), std::string::npos) << byte;
    const bool is_entity = text.starts_with("&") && text.ends_with(";");
    EXPECT_TRUE(text.find('&') == std::string::npos || is_entity) << byte;
    for (const char c : text) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << byte;
      EXPECT_LT(static_cast<unsigned char>(c), 0x7f) << byte;
    }
  }
}

TEST(Escaped, NoPairOfBytesMakesMarkupOrInvalidUtf8) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = Escaped(std::string{static_cast<char>(first), static_cast<char>(second)});
      ASSERT_EQ(text.find_first_of(kDangerous), std::string::npos) << first << ' ' << second;
      const bool is_two_byte_character = first >= 0xc2 && first < 0xe0 && second >= 0x80 && second < 0xc0;
      const bool is_c1_control = first == 0xc2 && second < 0xa0;
      for (const char c : text) {
        const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
        ASSERT_TRUE(is_ascii || (is_two_byte_character && !is_c1_control)) << first << ' ' << second;
      }
    }
  }
}

TEST(Escaped, FiveCharactersAndTheBacktickBecomeEntities) {
  EXPECT_EQ(Escaped("<b a=\"1\" c='2'>&`"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&#96;");
}

TEST(Escaped, WhatIsEscapedAlreadyStandsForItself) { EXPECT_EQ(Escaped("&lt;"), "&amp;lt;"); }

TEST(Escaped, ControlCharactersAreShown) {
  EXPECT_EQ(Escaped(std::string_view("a\0b\x1b[31m\n\t\x7f", 11)), "a\\x00b\\x1b[31m\\x0a\\x09\\x7f");
}

TEST(Escaped, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(Escaped("\xff\xc0\xaf\xed\xa0\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
  EXPECT_EQ(Escaped("\xe2\x82"), "\\xe2\\x82");
}

TEST(Escaped, MarksThatTurnTheDirectionOfWritingAreShown) {
  for (const auto& [mark, shown] : {std::pair("\u202e", "\\u202e"), std::pair("\u2066", "\\u2066"),
                                    std::pair("\u200f", "\\u200f"), std::pair("\u2028", "\\u2028")}) {
    EXPECT_EQ(Escaped(mark), shown);
  }
}

TEST(Escaped, OtherLettersStay) { EXPECT_EQ(Escaped("Größe 日本 עברית"), "Größe 日本 עברית"); }

TEST(ShortName, NameThatFitsStays) {
  EXPECT_EQ(ShortName(std::string(64, 'x')), std::string(64, 'x'));
  EXPECT_EQ(ShortName(""), "");
}

TEST(ShortName, LongNamesAreBoundedAndStayApart) {
  const std::string one = std::string(5'000, 'x') + "1" + std::string(5'000, 'x');
  const std::string two = std::string(5'000, 'x') + "2" + std::string(5'000, 'x');
  EXPECT_LE(ShortName(one).size(), kMostNameCharacters + 2);  // "…" has three bytes
  EXPECT_NE(ShortName(one), ShortName(two));
  EXPECT_EQ(ShortName(one), ShortName(one));
}

TEST(ShortName, NoCharacterIsCut) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "日";
  EXPECT_EQ(Escaped(ShortName(name)).find('\\'), std::string::npos);
}

}  // namespace
}  // namespace inferometer::report::html
