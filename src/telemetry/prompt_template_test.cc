#include "telemetry/prompt_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::telemetry {
namespace {

using testing::HasSubstr;

SensorMessage Message() {
  return {.device_id = "b8:27:eb:bf:9d:51",
          .ts = WallTime(std::chrono::microseconds(1594512094385975)),
          .co = 0.004955938648391245,
          .humidity = 51.0,
          .light = true,
          .lpg = 0.00765082227055719,
          .motion = false,
          .smoke = 0.02041127012241292,
          .temp = 22.7};
}

std::string Rendered(std::string_view text) {
  const auto prompt = PromptTemplate::Parse(text);
  EXPECT_TRUE(prompt.ok()) << prompt.status().message();
  return prompt.ok() ? prompt->Render(Message()) : "";
}

TEST(PromptTemplate, EveryPlaceIsFilled) {
  EXPECT_EQ(Rendered("{temp}|{humidity}|{co}|{lpg}|{smoke}|{light}|{motion}|{device_id}|{ts}"),
            "22.7|51.0|0.0050|0.0077|0.0204|on|no|b8:27:eb:bf:9d:51|2020-07-12T00:01:34.385975Z");
}

TEST(PromptTemplate, TextAndDoubledBracesStandAsTheyAre) {
  EXPECT_EQ(Rendered("plain"), "plain");
  EXPECT_EQ(Rendered("{{\"t\": {temp}}}"), "{\"t\": 22.7}");
  EXPECT_EQ(Rendered("{{{{}}}}{temp}{temp}"), "{{}}22.722.7");
}

TEST(PromptTemplate, DefaultIsWellAndShort) {
  const std::string prompt = Rendered(kDefaultPromptTemplate);
  EXPECT_THAT(prompt, HasSubstr("temperature 22.7 C, humidity 51.0 %"));
  EXPECT_THAT(prompt, HasSubstr("one short sentence"));
  EXPECT_LT(prompt.size(), 500U);
}

struct Mistake {
  std::string text;
  std::string said;
};

class WrongTemplate : public testing::TestWithParam<Mistake> {};

TEST_P(WrongTemplate, IsAnErrorThatNamesTheByte) {
  const auto prompt = PromptTemplate::Parse(GetParam().text);
  ASSERT_FALSE(prompt.ok());
  EXPECT_EQ(prompt.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(prompt.status().message(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongTemplate,
    testing::Values(
        Mistake{"t={temperature}",
                "byte 2: {temperature} is not known; known are {temp}, {humidity}, {co}, {lpg}, {smoke}, {light}, "
                "{motion}, {device_id}, {ts}, and {{ and }} for braces"},
        Mistake{"{}", "byte 0: {} is not known"}, Mistake{"{ temp }", "{ temp } is not known"},
        Mistake{"{te{mp}", "{te{mp} is not known"}, Mistake{"{" + std::string(9'000, 'x') + "}", "xxx} is not known"},
        Mistake{"a {temp", "byte 2: a { without its }"}, Mistake{"{{{", "byte 2: a { without its }"},
        Mistake{"{temp}}", "byte 6: a } without its {"}, Mistake{"", "is empty"},
        Mistake{std::string(kLargestTemplateBytes + 1, 'x'), "more than 16384 bytes"}));

TEST(PromptTemplate, UnknownNameIsShownOnlyInPart) {
  EXPECT_LT(PromptTemplate::Parse("{" + std::string(9'000, 'x') + "}").status().message().size(), 300U);
}

}  // namespace
}  // namespace inferometer::telemetry
