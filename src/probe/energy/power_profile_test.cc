#include "probe/energy/power_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const char* const kGolden = INFEROMETER_SOURCE_DIR "/src/probe/energy/testdata/power_profile.json";

PowerProfile Sample() {
  return {.machine = "Raspberry Pi 5 Model B Rev 1.0, 4 CPUs",
          .measured_at = "2026-11-25T10:00:00.000000Z",
          .source = "external",
          .scope = "system",
          .model_name = "SmolLM2-135M-Instruct.Q4_1",
          .threads = 4,
          .idle = {3.25, 0.031},
          .prefill = {9.5, 0.2},
          .decode = {8.123457, 0}};
}

std::string WithReplaced(std::string_view from, std::string_view to) {
  std::string json = PowerProfileAsJson(Sample());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

TEST(PowerProfileTest, FileIsAsTheGoldenOne) {
  const std::string json = PowerProfileAsJson(Sample());
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(kGolden, std::ios::binary) << json;
  std::ostringstream golden;
  golden << std::ifstream(kGolden, std::ios::binary).rdbuf();
  EXPECT_EQ(json, golden.str());
}

TEST(PowerProfileTest, ReadsWhatItWrote) {
  const os::TemporaryFolder folder;
  const auto file = folder.path() / "new/folders/profile.json";
  ASSERT_TRUE(WritePowerProfile(os::SystemFileCalls(), file, Sample()).ok());
  const auto back = ReadPowerProfile(file);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(PowerProfileAsJson(*back), PowerProfileAsJson(Sample()));
  EXPECT_EQ(back->threads, 4);
  EXPECT_DOUBLE_EQ(back->decode.watts, 8.123457);
  EXPECT_DOUBLE_EQ(back->idle.sd_watts, 0.031);
}

TEST(PowerProfileTest, TextsWithQuotesAndControlsComeBack) {
  PowerProfile profile = Sample();
  profile.model_name = "a\"b\\c\n\x1b[31m\xc3\xa9";
  const auto back = ParsePowerProfile(PowerProfileAsJson(profile));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->model_name, profile.model_name);
}

TEST(PowerProfileTest, LongFractionsAreReadRight) {
  const auto profile = ParsePowerProfile(WithReplaced("\"watts\":9.5", "\"watts\":0.95000000000000000000"));
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_DOUBLE_EQ(profile->prefill.watts, 0.95);
}

TEST(PowerProfileTest, UnknownKeysArePassedOver) {
  EXPECT_TRUE(ParsePowerProfile(WithReplaced("{\"schema", "{\"new\":[{\"idle\":1}],\"schema")).ok());
  EXPECT_TRUE(ParsePowerProfile(WithReplaced("{\"watts\":3.25", "{\"volts\":5,\"watts\":3.25")).ok());
}

struct Refused {
  const char* from;
  const char* to;
  const char* words;
};

TEST(PowerProfileTest, WhatIsNoProfileIsRefusedWithByteAndField) {
  const Refused refused[] = {
      {"\"schema_version\":1", "\"schema_version\":2", "byte 18, field \"schema_version\": 2 is not known"},
      {"\"schema_version\":1", "\"schema_version\":\"1\"", "\"schema_version\": not a whole number"},
      {"\"schema_version\":1,", "", "\"schema_version\": missing"},
      {"\"threads\":4", "\"threads\":0", "\"threads\": not a whole number from 1"},
      {"\"threads\":4", "\"threads\":4,\"threads\":4", "\"threads\": stands twice"},
      {"\"watts\":3.25", "\"watts\":0", "\"idle.watts\": not from 0.001 to 10000 W"},
      {"\"watts\":3.25", "\"watts\":-1", "\"idle.watts\": not from 0.001 to 10000 W"},
      {"\"watts\":3.25", "\"watts\":1e5", "\"idle.watts\": not from 0.001 to 10000 W"},
      {"\"watts\":3.25", "\"watts\":1e999", "\"idle.watts\": not a number"},
      {"\"watts\":3.25", "\"watts\":null", "\"idle.watts\": not a number"},
      {"\"watts\":3.25", "\"watts\":3,\"watts\":3", "\"idle.watts\": stands twice"},
      {"\"sd_watts\":0.2", "\"sd_watts\":-0.2", "\"prefill.sd_watts\": not from 0 to 10000 W"},
      {",\"sd_watts\":0.2", "", "\"prefill.sd_watts\": missing"},
      {"{\"watts\":9.5,\"sd_watts\":0.2}", "9.5", "\"prefill\": not an object"},
      {"\"source\":\"external\"", "\"source\":\"a b\"", "\"source\": not a word"},
      {"\"scope\":\"system\"", "\"scope\":\"\"", "\"scope\": not a word"},
      {"\"scope\":\"system\"", "\"scope\":1", "\"scope\": not a valid string"},
      {"\"machine\":\"R", "\"machine\":\"\",\"x\":\"R", "\"machine\": not a text of 1"},
      {"2026-11-25T", "yesterday", "\"measured_at\""},
      {"}\n", "} {}", "text after the end"},
      {"{\"schema_version\"", "[{\"schema_version\"", "byte"},
  };
  for (const Refused& one : refused) {
    const auto profile = ParsePowerProfile(WithReplaced(one.from, one.to));
    ASSERT_FALSE(profile.ok()) << one.to;
    EXPECT_EQ(profile.status().code(), Code::kDataLoss);
    EXPECT_THAT(profile.status().message(), HasSubstr(one.words));
  }
  EXPECT_FALSE(ParsePowerProfile("").ok());
  EXPECT_FALSE(ParsePowerProfile(std::string(kLargestProfileBytes + 1, ' ')).ok());
}

TEST(PowerProfileTest, EveryPrefixIsRefused) {
  const std::string json = PowerProfileAsJson(Sample());
  for (std::size_t length = 0; length + 1 < json.size(); ++length) {
    EXPECT_FALSE(ParsePowerProfile(json.substr(0, length)).ok()) << length;
  }
}

TEST(PowerProfileTest, FileIsNamedInEveryFailure) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(ReadPowerProfile(folder.path() / "none.json").status().code(), Code::kNotFound);
  const auto bad = ReadPowerProfile(folder.Put("bad.json", "{\"schema_version\":7}"));
  EXPECT_THAT(bad.status().message(), AllOf(HasSubstr("bad.json"), HasSubstr("byte 18"), HasSubstr("schema_version")));
  EXPECT_EQ(bad.status().offset_bytes(), 18U);
  const auto large = ReadPowerProfile(folder.Put("large.json", std::string(kLargestProfileBytes + 1, ' ')));
  EXPECT_THAT(large.status().message(), HasSubstr("large.json"));
}

TEST(PowerProfileTest, ProfileBelongsToOneMachine) {
  os::Machine machine;
  machine.host = "edge-1";
  machine.cpus_online = 4;
  EXPECT_EQ(MachineNameOf(machine), "edge-1, 4 CPUs");
  machine.cpu_model = "Raspberry Pi 5 Model B Rev 1.0";
  EXPECT_TRUE(CheckIsOfMachine(Sample(), MachineNameOf(machine)).ok());
  machine.cpus_online = 2;
  const Status other = CheckIsOfMachine(Sample(), MachineNameOf(machine));
  EXPECT_EQ(other.code(), Code::kFailedPrecondition);
  EXPECT_THAT(other.message(), AllOf(HasSubstr("4 CPUs"), HasSubstr("2 CPUs"), HasSubstr("--calibrate")));
}

TEST(PowerProfileTest, DefaultPathFollowsTheEnvironment) {
  ::setenv("HOME", "/home/a", 1);
  ::setenv("XDG_CONFIG_HOME", "/config", 1);
  EXPECT_EQ(DefaultPowerProfile(), "/config/inferometer/power-profile.json");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(DefaultPowerProfile(), "/home/a/.config/inferometer/power-profile.json");
  ::unsetenv("XDG_CONFIG_HOME");
  ::unsetenv("HOME");
  EXPECT_EQ(DefaultPowerProfile(), std::nullopt);
}

TEST(PowerProfileTest, EnergyIsPowerTimesTime) {
  const Energy energy = CalibratedEnergy({8, 0.1}, std::chrono::milliseconds(500));
  EXPECT_DOUBLE_EQ(energy.mj, 4000);
  EXPECT_DOUBLE_EQ(energy.uncertainty_mj, 600);
}

}  // namespace
}  // namespace inferometer::probe
