#include "probe/survey/heat_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/as_nobody.h"
#include "os/temporary_folder.h"
#include "probe/fake_mailbox.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class HeatFindingsTest : public testing::Test {
 protected:
  HeatSurvey Survey(const std::function<void()>& meanwhile = [] {}) {
    HeatSurveyor surveyor({folder_.path(), &clock_, mailboxes_, mailbox_});
    clock_.Advance(std::chrono::milliseconds(200));
    meanwhile();
    return surveyor.Survey(false);
  }
  static const Finding& Of(const HeatSurvey& survey, std::string_view name) {
    for (const Finding& finding : survey.findings) {
      if (finding.name == name) return finding;
    }
    ADD_FAILURE() << "no finding " << name;
    return survey.findings.front();
  }
  void SetTemperature(const std::string& millidegrees) const {
    folder_.Put("class/thermal/thermal_zone0/type", "cpu-thermal\n");
    folder_.Put("class/thermal/thermal_zone0/temp", millidegrees + "\n");
  }
  void SetThrottleCount(const std::string& count) const {
    folder_.Put("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", count + "\n");
  }
  void SetAlarm(const std::string& state) const {
    folder_.Put("class/hwmon/hwmon0/name", "ina3221\n");
    folder_.Put("class/hwmon/hwmon0/curr1_crit_alarm", state + "\n");
  }
  void SetFirmware(const std::string& bits) {
    if (mailbox_ == nullptr) mailbox_ = std::make_shared<FakeMailbox>();
    mailbox_->Answer("get_throttled", "throttled=" + bits);
  }

  os::TemporaryFolder folder_;
  ManualClock clock_;
  std::vector<std::filesystem::path> mailboxes_;
  std::shared_ptr<FakeMailbox> mailbox_;  // null: none
};

TEST_F(HeatFindingsTest, WhereNothingTellsThrottlingIsNotRuledOut) {
  const HeatSurvey survey = Survey();
  for (const char* name : {"temperature", "throttling", "frequency"}) {
    EXPECT_EQ(Of(survey, name).state, FindingState::kAbsent) << name;
  }
  EXPECT_THAT(Of(survey, "throttling").detail, HasSubstr("cannot rule out throttling"));
  EXPECT_FALSE(survey.outlook.tells_temperature || survey.outlook.tells_throttling || survey.outlook.is_denied);
}

TEST_F(HeatFindingsTest, TemperatureIsThatOfNowWithItsSensorAndCost) {
  SetTemperature("45000");
  const HeatSurvey survey = Survey([this] { SetTemperature("52300"); });
  const Finding& temperature = Of(survey, "temperature");
  EXPECT_EQ(temperature.state, FindingState::kUsed);
  EXPECT_THAT(temperature.detail, AllOf(HasSubstr("cpu-thermal"), HasSubstr("52.3 degrees C")));
  EXPECT_THAT(temperature.detail, Not(HasSubstr("sampler")));
  EXPECT_TRUE(temperature.cost_us.has_value());
  EXPECT_TRUE(survey.outlook.tells_temperature);
}

TEST_F(HeatFindingsTest, TemperatureThatFailsIsUnusable) {
  SetTemperature("45000");
  const HeatSurvey survey = Survey([this] { SetTemperature("-256000"); });
  EXPECT_EQ(Of(survey, "temperature").state, FindingState::kUnusable);
  EXPECT_FALSE(survey.outlook.tells_temperature);
}

TEST_F(HeatFindingsTest, CountersTellWhatTheyCountedMeanwhile) {
  SetThrottleCount("7");
  EXPECT_THAT(Of(Survey(), "throttling: thermal_throttle").detail, AllOf(HasSubstr("not now"), HasSubstr("0 events")));
  const HeatSurvey survey = Survey([this] { SetThrottleCount("10"); });
  EXPECT_EQ(Of(survey, "throttling: thermal_throttle").state, FindingState::kUsed);
  EXPECT_THAT(Of(survey, "throttling: thermal_throttle").detail, HasSubstr("3 events"));
  EXPECT_TRUE(survey.outlook.tells_throttling);
  EXPECT_EQ(survey.outlook.reasons, std::vector<std::string>{"thermal"});
}

TEST_F(HeatFindingsTest, FirmwareTellsWhatIsLive) {
  SetFirmware("0x50005");
  const HeatSurvey survey = Survey();
  EXPECT_THAT(Of(survey, "throttling: firmware").detail, HasSubstr("throttled now, thermal, under_voltage"));
  EXPECT_EQ(survey.outlook.reasons.size(), 2U);
}

TEST_F(HeatFindingsTest, SlowSourceIsReadByTheSamplerAloneAndStillSeen) {
  SetFirmware("0x0");
  mailbox_->meanwhile = [this] { clock_.Advance(std::chrono::milliseconds(1)); };
  const HeatSurvey survey = Survey();
  const Finding& firmware = Of(survey, "throttling: firmware");
  EXPECT_EQ(firmware.state, FindingState::kUsed);
  EXPECT_THAT(firmware.detail, AllOf(HasSubstr("not now"), HasSubstr("only the sampler")));
  EXPECT_DOUBLE_EQ(firmware.cost_us.value_or(0), 1000);
  EXPECT_TRUE(survey.outlook.tells_throttling);
}

TEST_F(HeatFindingsTest, AlarmsOfCurrentAloneDoNotRuleOutThrottling) {
  SetAlarm("0");
  const HeatSurvey survey = Survey();
  EXPECT_THAT(Of(survey, "throttling: alarms").detail, HasSubstr("tells nothing of heat"));
  EXPECT_FALSE(survey.outlook.tells_throttling);
}

TEST_F(HeatFindingsTest, ClosedFirmwareComesWithTheNextStep) {
  const auto device = folder_.Put("vcio", "");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(device, std::filesystem::perms::none);
  mailboxes_ = {device};
  const os::AsNobody nobody;
  const HeatSurvey survey = Survey();
  EXPECT_EQ(Of(survey, "throttling: firmware").state, FindingState::kDenied);
  EXPECT_THAT(Of(survey, "throttling: firmware").detail, Not(HasSubstr("sudo")));
  EXPECT_THAT(Of(survey, "throttling: firmware").next_steps, Contains(HasSubstr("usermod -aG video")));
  EXPECT_TRUE(survey.outlook.is_denied);
}

TEST_F(HeatFindingsTest, FrequencyThatWasOnlyAskedForIsSaidToBe) {
  folder_.Put("devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1500000\n");
  const HeatSurvey survey = Survey();
  EXPECT_EQ(Of(survey, "frequency").state, FindingState::kUsed);
  EXPECT_THAT(Of(survey, "frequency").detail, AllOf(HasSubstr("asked of the CPUs"), HasSubstr("1500 MHz")));
}

}  // namespace
}  // namespace inferometer::probe
