// Where a record's energy comes from.
#include <gtest/gtest.h>

#include "measure/recorder_for_tests.h"
#include "os/machine.h"
#include "probe/energy/power_profile.h"

namespace inferometer {
namespace {

class RecorderEnergyTest : public RecorderTest {
 protected:
  // 9 W in prompts, 8 W in decoding.
  void PutProfile(const std::string& machine) {
    const probe::PowerProfile profile{.machine = machine,
                                      .measured_at = "2026-11-25T10:00:00.000000Z",
                                      .source = "external",
                                      .scope = "system",
                                      .model_name = "m",
                                      .threads = 2,
                                      .idle = {3, 0},
                                      .prefill = {9, 0},
                                      .decode = {8, 0}};
    options_.power_profile = powercap_.sysfs() / "profile.json";
    ASSERT_TRUE(probe::WritePowerProfile(os::SystemFileCalls(), options_.power_profile, profile).ok());
  }
};

TEST_F(RecorderEnergyTest, CounterGivesTheEnergy) {
  powercap_.Add("intel-rapl:0", "package-0", 1'000'000);
  Make();
  Inference inference = Begin();
  Generate(inference, 3);
  powercap_.Set("intel-rapl:0", 3'100'000);
  const InferenceRecord record = inference.End("stop");
  EXPECT_EQ(record.energy_source, "rapl");
  EXPECT_EQ(record.energy_scope, "package");
  EXPECT_DOUBLE_EQ(*record.energy_consumed_mj, 2'100);
  EXPECT_DOUBLE_EQ(*record.average_power_mw, 10'000);
  EXPECT_FALSE(record.energy_unavailable_reason.has_value());
}

TEST_F(RecorderEnergyTest, FailedCounterLeavesTheModelWithTheReason) {
  powercap_.Add("intel-rapl:0", "package-0", 1'000'000);
  Make();
  Inference inference = Begin();
  Generate(inference, 3);
  powercap_.Break("intel-rapl:0", "garbage\n");
  const InferenceRecord record = inference.End("stop");
  EXPECT_EQ(record.energy_source, "model");
  EXPECT_GT(*record.energy_consumed_mj, 0);
  EXPECT_NE(record.energy_unavailable_reason->find("not a number"), std::string::npos);
}

TEST_F(RecorderEnergyTest, ProfileOfThisMachineIsUsedWhereNothingMeasures) {
  PutProfile(probe::MachineNameOf(os::DescribeMachine(options_.procfs, options_.sysfs)));
  Make();
  const InferenceRecord record = Measure(3);  // 110 ms to the first token, 100 ms after it
  EXPECT_EQ(record.energy_source, "model_calibrated");
  EXPECT_EQ(record.energy_scope, "system");
  ASSERT_TRUE(record.energy_consumed_mj.has_value());
  EXPECT_NEAR(*record.energy_consumed_mj, 110 * 9 + 100 * 8, 0.01);
}

TEST_F(RecorderEnergyTest, ProfileOfAnotherMachineIsNotUsedAndTheRecordSaysSo) {
  PutProfile("another machine, 4 CPUs");
  Make();
  const InferenceRecord record = Measure(3);
  EXPECT_EQ(record.energy_source, "model");
  ASSERT_TRUE(record.energy_unavailable_reason.has_value());
  EXPECT_NE(record.energy_unavailable_reason->find("profile of another machine"), std::string::npos);
}

TEST_F(RecorderEnergyTest, BadProfileIsAnErrorThatNamesTheFile) {
  powercap_.Put("p", "profile.json", "{}");
  options_.power_profile = powercap_.Zone("p") / "profile.json";
  const auto bad = measure::RecorderState::MakeRecorder(options_, {&clock_, &occupancy_, kSession});
  EXPECT_EQ(bad.status().code(), Code::kDataLoss);
  EXPECT_NE(bad.status().message().find("profile.json"), std::string::npos);
  options_.power_profile = powercap_.Zone("p") / "none.json";
  const auto none = measure::RecorderState::MakeRecorder(options_, {&clock_, &occupancy_, kSession});
  EXPECT_EQ(none.status().code(), Code::kNotFound);
  options_.energy = EnergyChoice::kNone;  // nobody asks for it then
  Make();
}

TEST_F(RecorderEnergyTest, BadProfileThatNobodyNamedIsNotUsedAndTheRecordSaysSo) {
  powercap_.Put("p", "profile.json", "{}");
  options_.power_profile = powercap_.Zone("p") / "profile.json";
  options_.power_profile_must_be_readable = false;
  Make();
  const InferenceRecord record = Measure(3);
  EXPECT_EQ(record.energy_source, "model");
  EXPECT_NE(record.energy_unavailable_reason.value_or("").find("power profile unusable"), std::string::npos);
  EXPECT_NE(recorder_->EnergyDescription().find("profile.json"), std::string::npos);
}

TEST_F(RecorderEnergyTest, WhatAGpuComputedGetsNoEnergyFromTheModelOfACpu) {
  Make();
  Inference inference = recorder_->Begin({"SmolLM2", "vulkan:0"});
  Generate(inference, 3);
  const InferenceRecord record = inference.End("stop");
  EXPECT_FALSE(record.energy_consumed_mj.has_value());
  EXPECT_FALSE(record.energy_source.has_value());
  EXPECT_EQ(record.energy_unavailable_reason, "no energy sensor; the model covers CPUs only");
  EXPECT_TRUE(record.cpu_time_ms.has_value());
}

TEST_F(RecorderEnergyTest, DescribesItsEnergyInOneLine) {
  options_.energy = EnergyChoice::kNone;
  Make();
  EXPECT_EQ(recorder_->EnergyDescription(), "none (turned off)");
}

}  // namespace
}  // namespace inferometer
