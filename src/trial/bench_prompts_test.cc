#include "trial/bench_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::trial {
namespace {

using testing::HasSubstr;

std::vector<std::string> Texts(std::string_view file) {
  std::vector<std::string> texts;
  const auto prompts = ParsePrompts(file);
  EXPECT_TRUE(prompts.ok()) << prompts.status().message();
  if (prompts.ok()) {
    for (const BenchPrompt& one : *prompts) texts.push_back(one.id + "=" + one.text);
  }
  return texts;
}
std::string Refusal(std::string_view file) { return ParsePrompts(file).status().message(); }

using Strings = std::vector<std::string>;

TEST(ParsePrompts, EachLineIsAPromptWhereNoBlankLineStandsBetween) {
  EXPECT_EQ(Texts("one\ntwo"), (Strings{"prompt-1=one", "prompt-2=two"}));
  EXPECT_EQ(Texts("\n\n  one \r\n two\r\n\n\n"), (Strings{"prompt-1=one", "prompt-2=two"}));
}

TEST(ParsePrompts, BlankLinesStandBetweenPromptsOfSeveralLines) {
  EXPECT_EQ(Texts("one\nmore\n \ntwo\n"), (Strings{"prompt-1=one\nmore", "prompt-2=two"}));
}

TEST(ParsePrompts, JsonLinesMayNameTheirPrompts) {
  EXPECT_EQ(Texts("{\"prompt\":\"a\\nb\",\"id\":\"first\",\"x\":1}\n\n{\"prompt\":\"c\"}\n"),
            (Strings{"first=a\nb", "prompt-2=c"}));
}

TEST(ParsePrompts, RefusalSaysTheLine) {
  EXPECT_EQ(Refusal(""), "holds no prompt");
  EXPECT_EQ(Refusal(" \n \n"), "holds no prompt");
  EXPECT_THAT(Refusal("{\"prompt\":\"a\"}\nno json"), HasSubstr("line 2: "));
  EXPECT_THAT(Refusal("{\"prompt\":7}"), HasSubstr("line 1: no text under \"prompt\""));
  EXPECT_THAT(Refusal("{\"id\":\"x\"}"), HasSubstr("no text under \"prompt\""));
  EXPECT_THAT(Refusal("{\"prompt\":\" \"}"), HasSubstr("line 1: an empty prompt"));
  EXPECT_THAT(Refusal("{\"prompt\":\"a\",\"id\":3}"), HasSubstr("\"id\" is no text"));
  EXPECT_THAT(Refusal("{\"prompt\":\"a\",\"id\":\"x\"}\n{\"prompt\":\"b\",\"id\":\"x\"}"), HasSubstr("line 2: the id"));
  EXPECT_THAT(Refusal("one\n\xff\xfe"), HasSubstr("line 2: not UTF-8"));
  EXPECT_THAT(Refusal("{\"prompt\":\"a\",\"id\":\"" + std::string(kLongestPromptId + 1, 'i') + "\"}"),
              HasSubstr("an id of more than"));
}

TEST(ParsePrompts, NumberOfPromptsIsBounded) {
  std::string file;
  for (std::size_t i = 0; i < kMostPrompts; ++i) file += "x\n";
  EXPECT_EQ(Texts(file).size(), kMostPrompts);
  EXPECT_THAT(Refusal(file + "x\n"), HasSubstr("line 10001: more than 10000 prompts"));
}

}  // namespace
}  // namespace inferometer::trial
