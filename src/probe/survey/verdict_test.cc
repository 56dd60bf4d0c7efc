#include "probe/survey/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::probe {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A quiet machine on which all is measured.
Outlook Perfect() {
  Outlook outlook;
  outlook.machine.background_percent = 0.5;
  outlook.machine.steal_percent = 0;
  outlook.energy = {EnergyOutlook::Basis::kMeasured, "rapl", "package", 1.0, false, ""};
  outlook.heat.tells_temperature = true;
  outlook.heat.tells_throttling = true;
  return outlook;
}

Verdict Of(const Outlook& outlook, std::string_view figure) {
  for (const Verdict& one : JudgeFigures(outlook)) {
    if (one.figure == figure) return one;
  }
  ADD_FAILURE() << figure;
  return {};
}

TEST(VerdictTest, QuietMachineThatMeasuresAllCanPublishAll) {
  const auto figures = JudgeFigures(Perfect());
  EXPECT_EQ(figures.size(), 6U);
  for (const Verdict& one : figures) EXPECT_EQ(one.level, Publishable::kYes) << one.figure << one.reason;
  EXPECT_EQ(JudgeAll(figures).level, Publishable::kYes);
}

TEST(VerdictTest, ModelledEnergyIsNotPublished) {
  Outlook outlook = Perfect();
  outlook.energy = {};
  EXPECT_EQ(Of(outlook, "energy").level, Publishable::kNo);
  EXPECT_THAT(Of(outlook, "energy").reason, HasSubstr("60 %"));
  outlook.energy.is_denied = true;
  EXPECT_THAT(Of(outlook, "energy").reason, HasSubstr("may not be read"));
}

TEST(VerdictTest, CalibratedEnergyAndCoarseStepsWantCare) {
  Outlook outlook = Perfect();
  outlook.energy.basis = EnergyOutlook::Basis::kCalibrated;
  EXPECT_EQ(Of(outlook, "energy").level, Publishable::kWithCare);
  outlook = Perfect();
  outlook.energy.step_ms = 1000;
  EXPECT_EQ(Of(outlook, "energy").level, Publishable::kWithCare);
}

TEST(VerdictTest, MeasuredEnergyNamesItsScope) { EXPECT_THAT(Of(Perfect(), "energy").reason, HasSubstr("package")); }

TEST(VerdictTest, LoadOfOthersWantsARepetition) {
  Outlook outlook = Perfect();
  outlook.machine.background_percent = 5.1;
  EXPECT_EQ(Of(outlook, "time").level, Publishable::kWithCare);
  EXPECT_THAT(Of(outlook, "time").reason, HasSubstr("repeat on a quiet machine"));
  outlook.machine.background_percent = 5.0;
  EXPECT_EQ(Of(outlook, "time").level, Publishable::kYes);
  outlook.machine.steal_percent = 6;
  EXPECT_EQ(Of(outlook, "time").level, Publishable::kWithCare);
  EXPECT_EQ(Of(outlook, "cpu").level, Publishable::kWithCare);
  outlook = Perfect();
  outlook.machine.background_percent.reset();
  EXPECT_EQ(Of(outlook, "time").level, Publishable::kWithCare);
}

TEST(VerdictTest, LaggingClockWantsCareForCpuOnly) {
  Outlook outlook = Perfect();
  outlook.process.cpu_clock_is_exact = false;
  EXPECT_EQ(Of(outlook, "cpu").level, Publishable::kWithCare);
  EXPECT_EQ(Of(outlook, "time").level, Publishable::kYes);
}

TEST(VerdictTest, PeaksOfALifeWantCareAndNoMemoryIsNone) {
  Outlook outlook = Perfect();
  outlook.process.peak_can_be_reset = false;
  EXPECT_EQ(Of(outlook, "memory").level, Publishable::kWithCare);
  outlook.process.memory_is_known = false;
  EXPECT_EQ(Of(outlook, "memory").level, Publishable::kNo);
}

TEST(VerdictTest, WithoutThrottleSourceThrottlingIsNotRuledOut) {
  Outlook outlook = Perfect();
  outlook.heat.tells_throttling = false;
  EXPECT_EQ(Of(outlook, "heat").level, Publishable::kWithCare);
  EXPECT_EQ(Of(outlook, "heat").reason, "cannot rule out throttling");
  outlook.heat.tells_temperature = false;
  EXPECT_EQ(Of(outlook, "heat").level, Publishable::kNo);
}

TEST(VerdictTest, MachineThatThrottlesNowWantsARepetition) {
  Outlook outlook = Perfect();
  outlook.heat.reasons = {"thermal", "under_voltage"};
  EXPECT_EQ(Of(outlook, "heat").level, Publishable::kWithCare);
  EXPECT_THAT(Of(outlook, "heat").reason, HasSubstr("(thermal, under_voltage)"));
}

TEST(VerdictTest, ClosedSourceOfThrottlingIsSaid) {
  Outlook outlook = Perfect();
  outlook.heat.tells_throttling = false;
  outlook.heat.is_denied = true;
  EXPECT_THAT(Of(outlook, "heat").reason, HasSubstr("may not be read"));
}

TEST(VerdictTest, MeterThatWasNamedAndFailsLeavesNoEnergy) {
  Outlook outlook = Perfect();
  outlook.energy = {};
  outlook.energy.basis = EnergyOutlook::Basis::kRefused;
  EXPECT_EQ(Of(outlook, "energy").level, Publishable::kNo);
  EXPECT_THAT(Of(outlook, "energy").reason, HasSubstr("meter that was named"));
}

TEST(VerdictTest, MeasuredGpuIsSaidBesideTheModel) {
  Outlook outlook = Perfect();
  outlook.energy = {};
  outlook.energy.gpu_source = "nvml";
  EXPECT_EQ(Of(outlook, "energy").level, Publishable::kNo);
  EXPECT_THAT(Of(outlook, "energy").reason, HasSubstr("measured by nvml"));
}

TEST(VerdictTest, WholeIsAsGoodAsItsWorstFigureAndNamesAll) {
  Outlook outlook = Perfect();
  outlook.energy = {};
  outlook.heat.tells_throttling = false;
  const Verdict all = JudgeAll(JudgeFigures(outlook));
  EXPECT_EQ(all.level, Publishable::kNo);
  EXPECT_EQ(all.reason, "can be published: time, tokens, cpu, memory; with care: heat; not: energy");
}

}  // namespace
}  // namespace inferometer::probe
