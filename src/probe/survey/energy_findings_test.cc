#include "probe/survey/energy_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "os/as_nobody.h"
#include "probe/energy/fake_powercap.h"
#include "probe/energy/nvml_for_tests.h"
#include "probe/energy/power_profile.h"

namespace inferometer::probe {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

constexpr std::chrono::milliseconds kStep{5};

// Its counter goes up by 1 J every kStep of its life.
class SteppingSource final : public EnergySource {
 public:
  explicit SteppingSource(std::chrono::nanoseconds step) : step_(step) {}
  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Read() override {
    EnergyReading reading;
    reading.total_mj = 1000.0 * static_cast<double>((clock_.Steady() - since_) / step_);
    return reading;
  }
  [[nodiscard]] Result<Energy> Between(const EnergyReading&, const EnergyReading&,
                                       std::chrono::nanoseconds) const override {
    return {Code::kUnavailable, "not asked for"};
  }

 private:
  const base::SystemClock clock_;
  const std::chrono::nanoseconds step_;
  const std::chrono::nanoseconds since_ = clock_.Steady();
  const EnergySourceFacts facts_{};
};

class EnergyFindingsTest : public testing::Test {
 protected:
  EnergySurvey Survey() {
    EnergyQuestion question;
    question.roots.sysfs = powercap_.sysfs();
    question.roots.clock = &clock_;
    question.roots.pause = [] {};
    question.roots.mailboxes = {};
    question.roots.nvml_library = nvml_library_;
    question.roots.external_meter = meter_;
    question.wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(150)); };
    question.profile = profile_;
    question.machine_name = "board, 4 CPUs";
    question.in_container = in_container_;
    question.is_virtual = is_virtual_;
    return SurveyEnergy(question);
  }
  static const Finding& Of(const EnergySurvey& survey, std::string_view name) {
    for (const Finding& finding : survey.findings) {
      if (finding.name == name) return finding;
    }
    ADD_FAILURE() << "no finding " << name;
    return survey.findings.front();
  }
  // Counts up while `work` runs.
  template <typename Work>
  auto WhileItCounts(const Work& work) {
    const std::jthread counting([this](const std::stop_token& stop) {
      for (std::uint64_t uj = 1; !stop.stop_requested(); uj += 10'000) {
        powercap_.Set("intel-rapl:0", uj);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
    return work();
  }
  // A machine that runs on its battery, or on its mains.
  void PutBattery(bool mains_online) {
    const std::pair<const char*, const char*> files[] = {{"BAT0/type", "Battery"},
                                                         {"BAT0/status", "Discharging"},
                                                         {"BAT0/energy_now", "30000000"},
                                                         {"AC/type", "Mains"},
                                                         {"AC/online", mains_online ? "1" : "0"}};
    for (const auto& [name, text] : files) {
      const auto path = powercap_.sysfs() / "class/power_supply" / name;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path) << text << '\n';
    }
  }
  void PutProfile(const std::string& machine) {
    const PowerProfile profile{.machine = machine,
                               .measured_at = "2026-11-25T10:00:00.000000Z",
                               .source = "external",
                               .scope = "system",
                               .model_name = "m",
                               .threads = 4,
                               .idle = {3, 0},
                               .prefill = {9, 0},
                               .decode = {8, 0}};
    profile_ = powercap_.sysfs() / "profile.json";
    ASSERT_TRUE(WritePowerProfile(os::SystemFileCalls(), profile_, profile).ok());
  }

  FakePowercap powercap_;
  base::SystemClock clock_;
  std::filesystem::path profile_;
  std::filesystem::path meter_;
  std::string nvml_library_;
  bool in_container_ = false;
  bool is_virtual_ = false;
};

TEST_F(EnergyFindingsTest, StepOfACounterIsMeasured) {
  SteppingSource source(kStep);
  const auto step_ms = MeasuredStepMs(source, clock_);
  ASSERT_TRUE(step_ms.has_value());
  // A thread that loses its CPU sees a change late.
  EXPECT_GT(*step_ms, 0.1);
  EXPECT_LT(*step_ms, 150);
  SteppingSource stands(std::chrono::hours(1));
  EXPECT_FALSE(MeasuredStepMs(stands, clock_).has_value());
}

TEST_F(EnergyFindingsTest, CounterThatMovesIsUsed) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  const EnergySurvey survey = WhileItCounts([this] { return Survey(); });
  const Finding& rapl = Of(survey, "rapl");
  EXPECT_EQ(rapl.state, FindingState::kUsed) << rapl.detail;
  EXPECT_TRUE(rapl.cost_us.has_value() && *rapl.cost_us > 0);
  EXPECT_TRUE(rapl.step_ms.has_value());
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kMeasured);
  EXPECT_EQ(survey.outlook.scope, "package");
  EXPECT_EQ(Of(survey, "board's model").state, FindingState::kAvailable);
}

TEST_F(EnergyFindingsTest, CounterThatStandsStillIsUnusable) {
  powercap_.Add("intel-rapl:0", "package-0", 5);
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "rapl").state, FindingState::kUnusable);
  EXPECT_THAT(Of(survey, "rapl").detail, HasSubstr("stood still"));
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kModel);
}

TEST_F(EnergyFindingsTest, NoSensorLeavesTheModel) {
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "rapl").state, FindingState::kAbsent);
  EXPECT_TRUE(Of(survey, "rapl").next_steps.empty());
  EXPECT_EQ(Of(survey, "power profile").state, FindingState::kAbsent);
  EXPECT_EQ(Of(survey, "board's model").state, FindingState::kUsed);
  EXPECT_FALSE(survey.outlook.is_denied);
}

TEST_F(EnergyFindingsTest, ContainerWithoutCountersIsToldHowToMountThem) {
  in_container_ = true;
  EXPECT_THAT(Of(Survey(), "rapl").next_steps, Contains(HasSubstr("-v /sys:/host/sys:ro")));
  is_virtual_ = true;  // its host's counters are out of reach
  EXPECT_TRUE(Of(Survey(), "rapl").next_steps.empty());
}

TEST_F(EnergyFindingsTest, DeniedCounterComesWithTheUdevRule) {
  powercap_.Add("intel-rapl:0", "package-0", 5);
  const auto file = powercap_.Zone("intel-rapl:0") / "energy_uj";
  std::filesystem::permissions(powercap_.sysfs(), std::filesystem::perms(0755));
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const os::AsNobody nobody;
  const EnergySurvey survey = Survey();
  const Finding& rapl = Of(survey, "rapl");
  EXPECT_EQ(rapl.state, FindingState::kDenied) << rapl.detail;
  EXPECT_THAT(rapl.detail, testing::Not(HasSubstr("sudo")));
  EXPECT_THAT(rapl.next_steps, Contains(AllOf(HasSubstr("/etc/udev/rules.d/"), HasSubstr("0440"), HasSubstr("%p"))));
  EXPECT_THAT(rapl.next_steps, Contains(HasSubstr("sudo chgrp inferometer")));
  EXPECT_TRUE(survey.outlook.is_denied);
}

TEST_F(EnergyFindingsTest, StepsOfOtherSourcesAreThoseOfTheirMessage) {
  EXPECT_EQ(StepsToAllow("hwmon", "may not read; allow it: sudo chmod 440 x", "/sys", false),
            std::vector<std::string>{"sudo chmod 440 x"});
  EXPECT_TRUE(StepsToAllow("hwmon", "may not read", "/sys", false).empty());
  EXPECT_THAT(StepsToAllow("pmic", "", "/sys", false), Contains(HasSubstr("usermod -aG video")));
  EXPECT_THAT(StepsToAllow("pmic", "", "/sys", true), Contains(HasSubstr("--device /dev/vcio")));
}

TEST_F(EnergyFindingsTest, BatteryIsUsedForLongWindowsWhereNothingElseMeasures) {
  EXPECT_EQ(Of(Survey(), "battery").state, FindingState::kAbsent);
  PutBattery(false);
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "battery").state, FindingState::kUsed) << Of(survey, "battery").detail;
  EXPECT_THAT(Of(survey, "battery").detail, HasSubstr("windows of 600 s or more"));
  EXPECT_EQ(Of(survey, "battery").step_ms, 60'000);
  EXPECT_EQ(Of(survey, "board's model").state, FindingState::kUsed);  // for the others
}

TEST_F(EnergyFindingsTest, BatteryIsOnlyAvailableBesideAMeter) {
  PutBattery(false);
  powercap_.Add("intel-rapl:0", "package-0", 0);
  EXPECT_EQ(Of(WhileItCounts([this] { return Survey(); }), "battery").state, FindingState::kAvailable);
}

TEST_F(EnergyFindingsTest, BatteryOfAMachineOnItsMainsTellsNothing) {
  PutBattery(true);
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "battery").state, FindingState::kUnusable);
  EXPECT_THAT(Of(survey, "battery").detail, HasSubstr("external power"));
}

TEST_F(EnergyFindingsTest, GpuThatCountsIsUsedBesideWhatMeasuresTheComputer) {
  EXPECT_EQ(Of(Survey(), "nvml").state, FindingState::kAbsent);
  const NvmlForTests driver;
  driver->step_ms = 20;
  nvml_library_ = NvmlForTests::kPath;
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "nvml").state, FindingState::kUsed) << Of(survey, "nvml").detail;
  EXPECT_TRUE(Of(survey, "nvml").cost_us.has_value());
  EXPECT_EQ(survey.outlook.gpu_source, "nvml");
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kModel);
}

TEST_F(EnergyFindingsTest, DriverThatDoesNotWorkIsUnusableWithItsWords) {
  const NvmlForTests driver;
  driver->init_result = 18;  // another version of library and driver
  nvml_library_ = NvmlForTests::kPath;
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "nvml").state, FindingState::kUnusable);
  EXPECT_FALSE(Of(survey, "nvml").detail.empty());
  EXPECT_EQ(survey.outlook.gpu_source, "");
}

TEST_F(EnergyFindingsTest, MeterThatWasNamedIsTriedWithWhatArrivesLate) {
  meter_ = powercap_.sysfs() / "meter";
  std::ofstream file(meter_, std::ios::app);
  file << "time, watts\n" << std::flush;
  const std::jthread player([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::chrono::duration<double> now = clock_.Wall().time_since_epoch();
      file << std::fixed << now.count() << " 5\n" << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "external").state, FindingState::kUsed) << Of(survey, "external").detail;
  EXPECT_THAT(Of(survey, "external").detail, HasSubstr("5.00 W now"));
  EXPECT_EQ(survey.outlook.scope, "system");
}

TEST_F(EnergyFindingsTest, NothingStandsInForAMeterThatWasNamed) {
  meter_ = powercap_.sysfs() / "none";
  powercap_.Add("intel-rapl:0", "package-0", 0);
  const EnergySurvey survey = WhileItCounts([this] { return Survey(); });
  EXPECT_EQ(Of(survey, "external").state, FindingState::kUnusable);
  EXPECT_EQ(Of(survey, "rapl").state, FindingState::kAvailable);
  EXPECT_EQ(Of(survey, "board's model").state, FindingState::kAvailable);
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kRefused);
}

TEST_F(EnergyFindingsTest, ProfileOfThisMachineBeatsTheModel) {
  PutProfile("board, 4 CPUs");
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "power profile").state, FindingState::kUsed);
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kCalibrated);
  EXPECT_EQ(Of(survey, "board's model").state, FindingState::kAvailable);
}

TEST_F(EnergyFindingsTest, ProfileOfAnotherMachineIsUnusable) {
  PutProfile("another, 4 CPUs");
  const EnergySurvey survey = Survey();
  EXPECT_EQ(Of(survey, "power profile").state, FindingState::kUnusable);
  EXPECT_THAT(Of(survey, "power profile").detail, HasSubstr("another"));
  EXPECT_EQ(survey.outlook.basis, EnergyOutlook::Basis::kModel);
}

}  // namespace
}  // namespace inferometer::probe
