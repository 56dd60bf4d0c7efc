#include "cli/number_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<int> Numbers(const std::vector<std::string>& words) {
  const auto numbers = ParseNumberList(words, 0, 1'000'000);
  EXPECT_TRUE(numbers.ok()) << numbers.status().message();
  return numbers.ok() ? *numbers : std::vector<int>();
}

std::string Refusal(const std::vector<std::string>& words, int least = 1, int most = 512) {
  const auto numbers = ParseNumberList(words, least, most);
  EXPECT_FALSE(numbers.ok());
  return numbers.ok() ? "" : numbers.status().message();
}

// What llama-bench makes of the same words.

TEST(NumberListTest, RangesAreThoseOfLlamaBench) {
  EXPECT_THAT(Numbers({"512"}), ElementsAre(512));
  EXPECT_THAT(Numbers({"1-4"}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Numbers({"2-9+3"}), ElementsAre(2, 5, 8));
  EXPECT_THAT(Numbers({"128-1024*2"}), ElementsAre(128, 256, 512, 1024));
  EXPECT_THAT(Numbers({"100-1000*3"}), ElementsAre(100, 300, 900));
  EXPECT_THAT(Numbers({"7-7"}), ElementsAre(7));
  EXPECT_THAT(Numbers({"0-2"}), ElementsAre(0, 1, 2));
}

TEST(NumberListTest, WordsOfBothKindsStandInTheirOrder) {
  EXPECT_THAT(Numbers({"1", "2-8+2", "3", "16-64*4"}), ElementsAre(1, 2, 4, 6, 8, 3, 16, 64));
}

TEST(NumberListTest, ARangeEndsAlsoWhereNumbersEnd) {
  EXPECT_THAT(ParseNumberList({"1000000000-2147483647*2"}, 0, 2147483647).value(), ElementsAre(1000000000, 2000000000));
  EXPECT_THAT(ParseNumberList({"2147483646-2147483647"}, 0, 2147483647).value(), ElementsAre(2147483646, 2147483647));
}

TEST(NumberListTest, AsManyAsThereMayBe) {
  EXPECT_THAT(Numbers({"1-255", "256"}), SizeIs(256));
  EXPECT_THAT(Refusal({"1-255", "256", "257"}), HasSubstr("257 makes more than 256 numbers"));
  EXPECT_THAT(Refusal({"1-512"}), HasSubstr("1-512 makes more than 256 numbers"));
}

// Tests of all the error paths follow.

TEST(NumberListTest, OtherWordsAreNamed) {
  for (const char* word : {"", "x", "-1", "+1", "1.5", "1-", "1-2-3", "1-8+", "1-8x2", "1-8/2", "1-8+2x", "1-8+-2",
                           " 1", "1 ", "99999999999", "1-99999999999", "1-8+99999999999"}) {
    EXPECT_THAT(Refusal({"1", word}), HasSubstr(std::string(word) + " is no whole number and no range like")) << word;
  }
}

TEST(NumberListTest, NumbersOutOfBoundsAreNamed) {
  for (const char* word : {"0", "513", "0-4", "500-513"}) {
    EXPECT_THAT(Refusal({word}), HasSubstr(std::string(word) + " is not from 1 to 512"));
  }
}

TEST(NumberListTest, ARangeThatEndsNowhereIsRefused) {
  EXPECT_THAT(Refusal({"8-2"}), HasSubstr("8-2 is a range without a number"));
  for (const char* word : {"1-8+0", "1-8*1", "1-8*0", "7-7*1"}) {
    EXPECT_THAT(Refusal({word}), HasSubstr(std::string(word) + " never comes to its last number"));
  }
  EXPECT_THAT(Refusal({"0-8*2"}, 0), HasSubstr("0-8*2 never comes to its last number"));
}

}  // namespace
}  // namespace inferometer::cli
