#include "probe/survey/machine_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/process.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using testing::HasSubstr;

class MachineFindingsTest : public testing::Test {
 protected:
  [[nodiscard]] MachinePaths Paths() const {
    return {folder_.path() / "proc", folder_.path() / "sys", folder_.path() / "root"};
  }
  void PutStat(std::uint64_t busy, std::uint64_t steal) const {
    folder_.Put("proc/stat", "cpu  " + std::to_string(busy) + " 0 0 0 0 0 0 " + std::to_string(steal) + " 0 0\n");
  }
  // Ten seconds in which others and the hypervisor take the given shares of all CPUs.
  MachineSurvey Survey(double background, double steal) {
    PutStat(100, 100);
    const double all_ticks = 1000.0 * os::OnlineCpus();
    return SurveyMachine(Paths(), clock_, [&] {
      clock_.Advance(std::chrono::seconds(10));
      // In place: the file is kept open.
      PutStat(100 + static_cast<std::uint64_t>(background * all_ticks),
              100 + static_cast<std::uint64_t>(steal * all_ticks));
    });
  }
  static const Finding& Of(const MachineSurvey& survey, std::string_view name) {
    for (const Finding& finding : survey.findings) {
      if (finding.name == name) return finding;
    }
    ADD_FAILURE() << "no finding " << name;
    return survey.findings.front();
  }

  os::TemporaryFolder folder_;
  ManualClock clock_;
};

TEST_F(MachineFindingsTest, EmptyMachineTellsNothingAndNothingIsInvented) {
  const MachineSurvey survey = SurveyMachine(Paths(), clock_, [] {});
  EXPECT_FALSE(survey.outlook.background_percent.has_value());
  EXPECT_FALSE(survey.outlook.steal_percent.has_value());
  EXPECT_FALSE(survey.outlook.in_container);
  EXPECT_FALSE(survey.outlook.is_virtual);
  for (const Finding& finding : survey.findings) EXPECT_EQ(finding.state, FindingState::kAbsent) << finding.name;
}

TEST_F(MachineFindingsTest, LoadOfOthersAndStolenTimeAreSharesOfAllCpus) {
  const MachineSurvey survey = Survey(0.25, 0.1);
  ASSERT_TRUE(survey.outlook.background_percent.has_value());
  EXPECT_NEAR(*survey.outlook.background_percent, 25, 1);
  ASSERT_TRUE(survey.outlook.steal_percent.has_value());
  EXPECT_NEAR(*survey.outlook.steal_percent, 10, 0.2);
  EXPECT_FALSE(Of(survey, "background load").next_steps.empty());
}

TEST_F(MachineFindingsTest, ContainersAreKnownByTheirMarks) {
  EXPECT_EQ(ContainerOf(Paths()), std::nullopt);
  folder_.Put("proc/1/cgroup", "0::/kubepods/besteffort/pod1\n");
  EXPECT_EQ(ContainerOf(Paths()), "kubernetes");
  folder_.Put("root/run/.containerenv", "");
  EXPECT_EQ(ContainerOf(Paths()), "podman");
  folder_.Put("root/.dockerenv", "");
  EXPECT_EQ(ContainerOf(Paths()), "docker");
}

TEST_F(MachineFindingsTest, VirtualMachineIsKnownByAWholeWordOfTheFlags) {
  folder_.Put("proc/cpuinfo", "model name\t: x\nflags\t\t: fpu nohypervisor\n");
  EXPECT_FALSE(SurveyMachine(Paths(), clock_, [] {}).outlook.is_virtual);
  folder_.Put("proc/cpuinfo", "model name\t: hypervisor\nflags\t\t: fpu hypervisor\nbugs: x\n");
  EXPECT_TRUE(SurveyMachine(Paths(), clock_, [] {}).outlook.is_virtual);
}

TEST_F(MachineFindingsTest, SwapInUseIsTotalLessFree) {
  EXPECT_EQ(SwapUsedMb("SwapTotal:   2048 kB\nSwapFree:   1024 kB\n"), 1.0);
  EXPECT_EQ(SwapUsedMb("SwapTotal:   0 kB\nSwapFree:   0 kB\n"), 0.0);
  for (const char* bad : {"", "SwapTotal:", "SwapTotal: x kB\nSwapFree: 1 kB\n", "SwapTotal: 1 kB\nSwapFree: 2 kB\n"}) {
    EXPECT_EQ(SwapUsedMb(bad), std::nullopt) << bad;
  }
}

TEST_F(MachineFindingsTest, PowerModeIsThatOfTheRunsContext) {
  folder_.Put("root/var/lib/nvpmodel/status", "pmode:0002\n");
  folder_.Put("root/etc/nvpmodel.conf", "< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n");
  const MachineSurvey survey = Survey(0, 0);
  EXPECT_EQ(Of(survey, "power mode").state, FindingState::kUsed);
  EXPECT_THAT(Of(survey, "power mode").detail, HasSubstr("nvpmodel=2 (MAXN_SUPER)"));
}

TEST_F(MachineFindingsTest, GovernorIsShownAsItStands) {
  folder_.Put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n");
  EXPECT_THAT(Of(Survey(0, 0), "frequency governor").detail, HasSubstr("ondemand"));
  EXPECT_FALSE(Of(Survey(0, 0), "frequency governor").next_steps.empty());
}

}  // namespace
}  // namespace inferometer::probe
