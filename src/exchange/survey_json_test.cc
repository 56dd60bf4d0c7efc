#include "exchange/survey_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

using probe::FindingGroup;
using probe::FindingState;

TEST(SurveyJsonTest, HoldsAllThatWasFoundAndNothingThatWasNot) {
  probe::Survey survey;
  survey.machine = "board \"x\", 4 CPUs";
  survey.kernel = "Linux 6.1";
  survey.findings = {
      {FindingGroup::kEnergy, "rapl", FindingState::kDenied, "may not\n\x1b[31m", {"sudo a", "b"}, {}, {}},
      {FindingGroup::kCpu, "process CPU clock", FindingState::kUsed, "exact", {}, 3.25, 2.1e-05}};
  survey.figures = {{"energy", probe::Publishable::kWithCare, "why"}};
  survey.all = {"all", probe::Publishable::kWithCare, "with care: energy"};
  EXPECT_EQ(
      SurveyJson(survey),
      "{\"schema_version\":1,\"machine\":\"board \\\"x\\\", 4 CPUs\",\"kernel\":\"Linux 6.1\",\"publishable\":"
      "\"with_care\",\"verdict\":\"with care: energy\",\"figures\":[\n"
      "  {\"figure\":\"energy\",\"publishable\":\"with_care\",\"reason\":\"why\"}\n"
      "],\"findings\":[\n"
      "  {\"group\":\"energy\",\"name\":\"rapl\",\"state\":\"denied\",\"detail\":\"may not\\n\\u001b[31m\","
      "\"next_steps\":[\"sudo a\",\"b\"]},\n"
      "  {\"group\":\"cpu\",\"name\":\"process CPU clock\",\"state\":\"used\",\"detail\":\"exact\",\"next_steps\":[],"
      "\"cost_us\":3.25,\"step_ms\":2.1e-05}\n"
      "]}\n");
}

TEST(SurveyJsonTest, EmptySurveyIsStillJson) {
  EXPECT_THAT(SurveyJson({}), testing::HasSubstr("\"figures\":[],\"findings\":[]}"));
}

}  // namespace
}  // namespace inferometer::exchange
