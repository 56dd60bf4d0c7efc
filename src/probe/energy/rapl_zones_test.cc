#include "probe/energy/rapl_zones.h"

#include <gtest/gtest.h>

#include "probe/energy/fake_powercap.h"

namespace inferometer::probe {
namespace {

std::vector<std::string> Names(const std::vector<RaplZone>& zones) {
  std::vector<std::string> names;
  names.reserve(zones.size());
  for (const RaplZone& zone : zones) names.push_back(zone.package + "/" + zone.name);
  return names;
}

using Strings = std::vector<std::string>;

TEST(ParseZoneName, TakesOneWord) { EXPECT_EQ(*ParseZoneName("package-0\n"), "package-0"); }

TEST(ParseZoneName, RefusesTheRest) {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("a b"), std::string("\xff\xfe"),
                                  std::string("a\0b", 3), std::string(65, 'a')}) {
    EXPECT_EQ(ParseZoneName(text).status().code(), Code::kDataLoss) << text;
  }
}

TEST(FindRaplZones, NoneWithoutPowercap) {
  const FakePowercap powercap;
  EXPECT_TRUE(FindRaplZones(powercap.sysfs()).empty());
}

TEST(FindRaplZones, NamesDecideNotTheIndices) {
  const FakePowercap powercap;
  powercap.Put("intel-rapl", "enabled", "1\n");
  powercap.Add("intel-rapl:0", "psys", 1);
  powercap.Add("intel-rapl:1", "package-1", 1);
  powercap.Add("intel-rapl:1:0", "dram", 1);
  powercap.Add("intel-rapl:2", "package-0", 1);
  powercap.Add("intel-rapl:2:1", "core", 1);
  powercap.Add("intel-rapl:2:0", "dram", 1);
  EXPECT_EQ(Names(FindRaplZones(powercap.sysfs())), (Strings{"package-0/core", "package-0/dram", "package-0/package-0",
                                                             "package-1/dram", "package-1/package-1", "psys/psys"}));
}

TEST(FindRaplZones, TheSameZoneByAnotherProviderIsListedOnce) {
  const FakePowercap powercap;
  powercap.Add("intel-rapl-mmio:0", "package-0", 1);
  powercap.Add("intel-rapl-mmio:0:0", "dram", 1);
  powercap.Add("intel-rapl:3", "package-0", 1);
  const auto zones = FindRaplZones(powercap.sysfs());
  EXPECT_EQ(Names(zones), (Strings{"package-0/dram", "package-0/package-0"}));
  EXPECT_EQ(zones.back().folder.filename(), "intel-rapl:3");
}

TEST(FindRaplZones, FoldersThatAreNoZonesArePassedOver) {
  const FakePowercap powercap;
  powercap.Add("dtpm:0", "package-0", 1);
  powercap.Put("intel-rapl:0", "energy_uj", "1\n");  // no name
  powercap.Put("intel-rapl:1", "name", "two words\n");
  powercap.Add("intel-rapl:7:0", "dram", 1);  // no parent
  EXPECT_TRUE(FindRaplZones(powercap.sysfs()).empty());
}

TEST(FindRaplZones, RangeThatIsNotBelievableIsNone) {
  const FakePowercap powercap;
  powercap.Add("intel-rapl:0", "package-0", 1, 10);
  powercap.Add("intel-rapl:1", "package-1", 1);
  powercap.Put("intel-rapl:1", "max_energy_range_uj", "many\n");
  for (const RaplZone& zone : FindRaplZones(powercap.sysfs())) EXPECT_EQ(zone.limits.range_uj, 0U) << zone.name;
}

TEST(FindRaplZones, MostPowerIsTheHighestLimitWithinReason) {
  const FakePowercap powercap;
  powercap.Add("intel-rapl:0", "package-0", 1);
  const auto most_watts = [&] { return FindRaplZones(powercap.sysfs()).at(0).limits.most_watts; };
  EXPECT_EQ(most_watts(), 500.0);
  powercap.Put("intel-rapl:0", "constraint_0_max_power_uw", "15000000\n");
  EXPECT_EQ(most_watts(), 50.0);
  powercap.Put("intel-rapl:0", "constraint_1_power_limit_uw", "64000000\n");
  EXPECT_EQ(most_watts(), 64.0);
  powercap.Put("intel-rapl:0", "constraint_2_power_limit_uw", "4095875000\n");
  EXPECT_EQ(most_watts(), 500.0);
}

}  // namespace
}  // namespace inferometer::probe
