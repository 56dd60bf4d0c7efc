#include "report/survey_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::report {
namespace {

using probe::FindingGroup;
using probe::FindingState;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

probe::Survey Sample() {
  probe::Survey survey;
  survey.machine = "board, 4 CPUs";
  survey.kernel = "Linux 6.1";
  survey.findings = {
      {FindingGroup::kEnergy, "rapl", FindingState::kDenied, "may not be read", {"sudo first", "sudo second"}, {}, {}},
      {FindingGroup::kHeat, "temperature", FindingState::kAvailable, "zone \x1b[31mred\nred", {}, 1.5, 2}};
  survey.figures = {{"time", probe::Publishable::kYes, "quiet"}, {"energy", probe::Publishable::kNo, "modelled"}};
  survey.all = {"all", probe::Publishable::kNo, "can be published: time; not: energy"};
  return survey;
}

TEST(SurveyTablesTest, TellsStateCostStepsAndVerdict) {
  const std::string text = SurveyTables(Sample());
  EXPECT_THAT(text, AllOf(HasSubstr("board, 4 CPUs; Linux 6.1"), HasSubstr("denied"), HasSubstr("1.50  2000.00"),
                          HasSubstr("rapl:\n  sudo first\n  sudo second\n")));
  EXPECT_TRUE(text.ends_with("Verdict: no (can be published: time; not: energy)\n")) << text;
}

TEST(SurveyTablesTest, TextsOfFilesCannotDriveTheTerminal) {
  EXPECT_THAT(SurveyTables(Sample()), AllOf(Not(HasSubstr("\x1b")), HasSubstr("zone \\x1b[31mred")));
}

TEST(SurveyTablesTest, NothingToDoSaysNothing) {
  probe::Survey survey = Sample();
  survey.findings.front().next_steps.clear();
  EXPECT_THAT(SurveyTables(survey), Not(HasSubstr("What to do")));
}

}  // namespace
}  // namespace inferometer::report
