#include "probe/survey/survey.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

class SurveyTest : public testing::Test {
 protected:
  Survey Look() {
    SurveyOptions options;
    options.paths = {folder_.path() / "proc", folder_.path() / "sys", folder_.path()};
    options.energy.sysfs = options.paths.sysfs;
    options.energy.clock = &clock_;
    options.energy.mailboxes = {};
    options.energy.nvml_library = "";
    options.wait = [] {};
    return SurveyThisMachine(options);
  }
  static FindingState StateOf(const Survey& survey, std::string_view name) {
    for (const Finding& finding : survey.findings) {
      if (finding.name == name) return finding.state;
    }
    ADD_FAILURE() << "no finding " << name;
    return FindingState::kDenied;
  }

  os::TemporaryFolder folder_;
  base::SystemClock clock_;
};

TEST_F(SurveyTest, MachineThatTellsNothingIsSurveyedAllTheSame) {
  const Survey survey = Look();
  EXPECT_EQ(survey.figures.size(), 6U);
  EXPECT_EQ(survey.all.level, Publishable::kNo);
  EXPECT_EQ(StateOf(survey, "resident memory"), FindingState::kAbsent);
  EXPECT_EQ(StateOf(survey, "temperature"), FindingState::kAbsent);
  EXPECT_EQ(StateOf(survey, "throttling"), FindingState::kAbsent);
  EXPECT_FALSE(survey.machine.empty());
}

TEST_F(SurveyTest, HeatIsWhatTheRecordsUse) {
  folder_.Put("sys/class/thermal/thermal_zone0/temp", "45000\n");
  folder_.Put("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  folder_.Put("sys/class/thermal/thermal_zone1/type", "broken\n");
  folder_.Put("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "0\n");
  folder_.Put("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1500000\n");
  const Survey survey = Look();
  EXPECT_EQ(StateOf(survey, "temperature"), FindingState::kUsed);
  EXPECT_EQ(StateOf(survey, "throttling: thermal_throttle"), FindingState::kUsed);
  EXPECT_EQ(StateOf(survey, "frequency"), FindingState::kUsed);
  EXPECT_EQ(survey.figures.back().level, Publishable::kYes) << survey.figures.back().reason;
}

TEST_F(SurveyTest, FindingsOfAGroupStandTogether) {
  const Survey survey = Look();
  for (std::size_t i = 1; i < survey.findings.size(); ++i) {
    EXPECT_LE(survey.findings[i - 1].group, survey.findings[i].group) << survey.findings[i].name;
  }
}

TEST_F(SurveyTest, ThisProcessIsMeasuredWithWhatItCosts) {
  SurveyOptions options;
  options.energy.clock = &clock_;
  options.energy.sysfs = folder_.path();
  options.wait = [] {};
  const Survey survey = SurveyThisMachine(options);
  EXPECT_EQ(StateOf(survey, "process CPU clock"), FindingState::kUsed);
  EXPECT_EQ(StateOf(survey, "resident memory"), FindingState::kUsed);
  for (const Finding& finding : survey.findings) {
    if (finding.name != "process CPU clock" && finding.name != "steady clock") continue;
    ASSERT_TRUE(finding.cost_us.has_value()) << finding.name;
    EXPECT_GT(*finding.cost_us, 0);
    EXPECT_LT(*finding.cost_us, 5000);
  }
}

}  // namespace
}  // namespace inferometer::probe
