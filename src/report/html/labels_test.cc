#include "report/html/labels.h"

#include <gtest/gtest.h>

#include <set>

namespace inferometer::report::html {
namespace {

std::vector<std::string> TextsOf(std::vector<analyze::GroupKey> keys) {
  std::vector<analyze::Group> groups;
  for (analyze::GroupKey& key : keys) {
    groups.emplace_back();
    groups.back().key = std::move(key);
  }
  std::vector<std::string> texts;
  for (const Label& label : LabelsOf(groups)) texts.push_back(TextOf(label));
  return texts;
}

TEST(Labels, ModelAndDeviceAreEnoughWhereTheyTellApart) {
  EXPECT_EQ(TextsOf({{"a1", "d", "m", "cpu", "rapl", "package"}, {"a1", "d", "n", "cpu", "rapl", "package"}}),
            (std::vector<std::string>{"m on d", "n on d"}));
}

TEST(Labels, MoreIsSaidUntilNoTwoAreTheSame) {
  EXPECT_EQ(
      TextsOf({{"a1", "d", "m", "cpu", {}, {}}, {"a1", "d", "m", "cuda:0", {}, {}}, {"a1", "d", "n", "cpu", {}, {}}}),
      (std::vector<std::string>{"m on d (cpu)", "m on d (cuda:0)", "n on d"}));
  EXPECT_EQ(TextsOf({{"a1", "d", "m", "cpu", "rapl", "package"}, {"a1", "d", "m", "cpu", "rapl", "psys"}}),
            (std::vector<std::string>{"m on d (energy by rapl, covering the package)",
                                      "m on d (energy by rapl, covering the psys)"}));
  EXPECT_EQ(TextsOf({{"a1", "d", "m", {}, {}, {}}, {"b2", "d", "m", {}, {}, {}}}),
            (std::vector<std::string>{"m on d (a1)", "m on d (b2)"}));
}

TEST(Labels, MarkupIsEscaped) {
  EXPECT_EQ(MarkupOf({"<m>", "\"d\"", "<x>"}),
            "<b><bdi>&lt;m&gt;</bdi></b> on <bdi>&quot;d&quot;</bdi> (<bdi>&lt;x&gt;</bdi>)");
}

TEST(Labels, EnergyKindNamesSourceAndScope) {
  EXPECT_EQ(EnergyKindOf({"a", "d", "m", {}, "rapl", "package"}), "by rapl, covering the package");
  EXPECT_EQ(EnergyKindOf({"a", "d", "m", {}, "model", {}}), "estimated by a model of the board");
  EXPECT_EQ(EnergyKindOf({"a", "d", "m", {}, analyze::kUnspecifiedSource, {}}), "of a source not recorded");
  EXPECT_EQ(EnergyKindOf({"a", "d", "m", {}, {}, {}}), "");
}

}  // namespace
}  // namespace inferometer::report::html
