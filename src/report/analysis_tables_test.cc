#include "report/analysis_tables.h"

#include <gtest/gtest.h>

namespace inferometer::report {
namespace {

TEST(ComparisonTables, EnergyBelowResolutionIsNamedAndHasNoRank) {
  analyze::Group group;
  group.key = {"a1", "edge\x1b", "m", "cpu", "rapl", "package"};
  group.total_inferences = 1;
  analyze::Spread energy;
  energy.avg = 10;
  group.spreads[static_cast<std::size_t>(analyze::Block::kEnergy)] = energy;
  group.energy_uncertainty = {6, 6};
  const std::vector<analyze::Group> groups = {group, group};
  const std::string text = ComparisonTables(analyze::Compare(groups), {}, TableFormat::kText);
  EXPECT_NE(text.find("Not ranked: edge"), std::string::npos) << text;
  EXPECT_NE(text.find("uncertainty of its energy is above half of it"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

}  // namespace
}  // namespace inferometer::report
