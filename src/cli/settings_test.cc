#include "cli/settings.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <cstdlib>

#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    CLI::App* device = root_.add_subcommand("device", "");
    device->add_option("--interval", interval_)->check(CLI::Range(1, 100))->envname("TEST_INTERVAL");
    device->add_option("--device-id", id_);
    device->add_flag("--portable-names", portable_);
    CLI::App* keys = root_.add_subcommand("keys", "");
    keys->add_subcommand("hub", "")->add_option("--days", days_);
    keys->add_subcommand("crl", "")->add_option("--days", crl_days_);
    NameEnvironment(*keys);
    root_.add_subcommand("analyze", "")->add_option("--device", id_);
    NameEnvironment(*device);
  }
  void TearDown() override {
    ::unsetenv("TEST_INTERVAL");
    ::unsetenv("INFEROMETER_DAYS");
    ::unsetenv("INFEROMETER_DEVICE_ID");
  }
  Status Apply(const std::string& toml) { return ApplyFile(folder_.Put("a.toml", toml), root_); }
  void Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    root_.parse(arguments);
  }

  os::TemporaryFolder folder_;
  CLI::App root_;
  int interval_ = 5;
  int days_ = 1;
  int crl_days_ = 1;
  std::string id_ = "none";
  bool portable_ = false;
};

TEST_F(SettingsTest, FileGivesDefaults) {
  ASSERT_TRUE(Apply("[device]\ninterval = 7\ndevice_id = \"abc\"\nportable-names = true\n").ok());
  Parse({"device"});
  EXPECT_EQ(interval_, 7);
  EXPECT_EQ(id_, "abc");
  EXPECT_TRUE(portable_);
}

TEST_F(SettingsTest, EnvironmentBeatsFileAndCommandLineBeatsBoth) {
  ::setenv("TEST_INTERVAL", "8", 1);
  ::setenv("INFEROMETER_DEVICE_ID", "from-environment", 1);
  ASSERT_TRUE(Apply("[device]\ninterval = 7\ndevice-id = \"abc\"\n").ok());
  Parse({"device"});
  EXPECT_EQ(interval_, 8);
  EXPECT_EQ(id_, "from-environment");
  Parse({"device", "--interval", "9"});
  EXPECT_EQ(interval_, 9);
}

TEST_F(SettingsTest, SubcommandOfASubcommandTakesItsTablesKeysAndTheEnvironment) {
  ASSERT_TRUE(Apply("[keys]\ndays = 7\n").ok());
  Parse({"keys", "hub"});
  EXPECT_EQ(days_, 7);
  EXPECT_EQ(crl_days_, 7);
  ::setenv("INFEROMETER_DAYS", "8", 1);
  Parse({"keys", "hub"});
  EXPECT_EQ(days_, 8);
  Parse({"keys", "hub", "--days", "9"});
  EXPECT_EQ(days_, 9);
}

TEST_F(SettingsTest, TopLevelKeyIsForEverySubcommandThatKnowsIt) {
  ASSERT_TRUE(Apply("interval = 7\n").ok());
  Parse({"device"});
  EXPECT_EQ(interval_, 7);
}

// Tests of all the error paths follow: each names file, line and key.

TEST_F(SettingsTest, ErrorsNameFileLineAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"[device]\n\nnonsense = 1\n", "a.toml:3: device has no option \"nonsense\""},
      {"nonsense = 1\n", "a.toml:1: no subcommand has an option \"nonsense\""},
      {"[nonsense]\n", "a.toml:1: there is no subcommand \"nonsense\""},
      {"[device]\ninterval = 101\n", "a.toml:2: \"interval\""},
      {"[device]\ninterval = \"x\"\n", "a.toml:2: \"interval\""},
      {"[device]\ninterval = [1]\n", "a.toml:2: \"interval\" must be"},
      {"[device\n", "a.toml:1: "},
  };
  for (const auto& [toml, words] : cases) {
    const Status status = Apply(toml);
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << toml;
    EXPECT_NE(status.message().find(words), std::string::npos) << status.message();
  }
  EXPECT_EQ(ApplyFile(folder_.path() / "none.toml", root_).code(), Code::kNotFound);
}

TEST(ConfigFile, ComesFromTheCommandLineOrTheEnvironment) {
  const auto find = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "inferometer");
    return ConfigFile(static_cast<int>(arguments.size()), arguments.data());
  };
  EXPECT_EQ(find({"device"}), std::nullopt);
  EXPECT_EQ(find({"device", "--config", "a.toml"}), "a.toml");
  EXPECT_EQ(find({"device", "--config=a.toml"}), "a.toml");
  EXPECT_EQ(find({"device", "--config"}), std::nullopt);
  EXPECT_EQ(find({"measure", "--", "--config", "a.toml"}), std::nullopt);
  ::setenv("INFEROMETER_CONFIG", "b.toml", 1);
  EXPECT_EQ(find({"device"}), "b.toml");
  EXPECT_EQ(find({"device", "--config", "a.toml"}), "a.toml");
  ::unsetenv("INFEROMETER_CONFIG");
}

}  // namespace
}  // namespace inferometer::cli
