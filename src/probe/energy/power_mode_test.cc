#include "probe/energy/power_mode.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

constexpr const char* kConf = R"(# comment
< PARAM TYPE=FILE NAME=CPU_ONLINE >
< POWER_MODEL ID=0 NAME=15W >
CPU_ONLINE CORE_0 1
<  POWER_MODEL ID=2  NAME=MAXN_SUPER >
< PM_CONFIG DEFAULT=2 >
)";

TEST(ParseNvpmodelStatus, ReadsTheMode) {
  EXPECT_EQ(*ParseNvpmodelStatus("pmode:0002"), 2U);
  EXPECT_EQ(*ParseNvpmodelStatus("pmode:0000\n"), 0U);
  for (const auto& [text, at] : {std::pair{"", 0U},
                                 {"mode:0002", 0U},
                                 {"pmode:", 6U},
                                 {"pmode:2x", 6U},
                                 {"pmode:99999", 6U},
                                 {"pmode:-1", 6U}}) {
    EXPECT_EQ(ParseNvpmodelStatus(text).status().offset_bytes(), at) << text;
  }
}

TEST(NvpmodelName, IsThatOfTheMode) {
  EXPECT_EQ(NvpmodelName(kConf, 0), "15W");
  EXPECT_EQ(NvpmodelName(kConf, 2), "MAXN_SUPER");
  EXPECT_FALSE(NvpmodelName(kConf, 1).has_value());
  EXPECT_FALSE(NvpmodelName("< POWER_MODEL ID=1 NAME= >", 1).has_value());
}

class PowerModeTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<std::string> Read() const {
    return ReadPowerMode({folder_.path(), folder_.path() / "status", folder_.path() / "nvpmodel.conf"});
  }
  void PutGovernor() const { folder_.Put("devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n"); }
  void PutZone(const std::string& file, const std::string& text) const {
    folder_.Put("class/powercap/intel-rapl:0/" + file, text);
  }

  os::TemporaryFolder folder_;
};

TEST_F(PowerModeTest, MachineThatTellsNothingHasNone) { EXPECT_FALSE(Read().has_value()); }

TEST_F(PowerModeTest, IsTheGovernorAndTheLimits) {
  PutGovernor();
  EXPECT_EQ(Read(), "governor=schedutil");
  PutZone("name", "package-0\n");
  PutZone("constraint_1_name", "short_term\n");
  PutZone("constraint_1_power_limit_uw", "25000000\n");
  EXPECT_EQ(Read(), "governor=schedutil, PL2=25 W");
  PutZone("constraint_0_name", "long_term\n");
  PutZone("constraint_0_power_limit_uw", "15500000\n");
  EXPECT_EQ(Read(), "governor=schedutil, PL1=15.5 W, PL2=25 W");
  PutZone("constraint_0_power_limit_uw", "garbage\n");
  EXPECT_EQ(Read(), "governor=schedutil, PL2=25 W");
}

TEST_F(PowerModeTest, ModeOfAJetsonComesFirst) {
  PutGovernor();
  folder_.Put("status", "pmode:0002");
  EXPECT_EQ(Read(), "nvpmodel=2");
  folder_.Put("nvpmodel.conf", kConf);
  EXPECT_EQ(Read(), "nvpmodel=2 (MAXN_SUPER)");
  folder_.Put("status", "garbage");
  EXPECT_EQ(Read(), "governor=schedutil");
}

}  // namespace
}  // namespace inferometer::probe
