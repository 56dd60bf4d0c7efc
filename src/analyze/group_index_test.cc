#include "analyze/group_index.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "analyze/each_record.h"
#include "analyze/row_builder.h"
#include "analyze/sample_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

Group GroupOf(GroupKey key) {
  Group group;
  group.key = std::move(key);
  return group;
}

TEST(GroupIndex, RecordWithAnEnergyCountsWhereItsKeyIs) {
  const std::vector<Group> groups = {GroupOf({"a1", "d", "m", "cpu", "model", "board"}),
                                     GroupOf({"a1", "d", "m", "cpu", "rapl", "package"})};
  const GroupIndex index(groups);
  EXPECT_EQ(index.Of(groups[0].key), 0U);
  EXPECT_EQ(index.Of(groups[1].key), 1U);
  EXPECT_EQ(index.Of({"a1", "d", "m", "cpu", "rapl", "psys"}), std::nullopt);
  EXPECT_EQ(index.Of({"a1", "e", "m", "cpu", "rapl", "package"}), std::nullopt);
}

TEST(GroupIndex, RecordWithoutAnEnergyCountsWithTheOneKindThereIs) {
  const std::vector<Group> groups = {GroupOf({"a1", "d", "l", "cpu", "model", "board"}),
                                     GroupOf({"a1", "d", "m", "cpu", "model", "board"}),
                                     GroupOf({"a1", "d", "n", "cpu", "model", "board"})};
  const GroupIndex index(groups);
  EXPECT_EQ(index.Of({"a1", "d", "m", "cpu", {}, {}}), 1U);
  EXPECT_EQ(index.Of({"a1", "d", "m", {}, {}, {}}), 1U);
  EXPECT_EQ(index.Of({"a1", "d", "m", "cuda:0", {}, {}}), std::nullopt);
  EXPECT_EQ(index.Of({"a1", "d", "k", {}, {}, {}}), std::nullopt);
}

TEST(GroupIndex, RecordWithoutAnEnergyStandsForItselfWhereThereAreSeveralKinds) {
  std::vector<Group> groups = {GroupOf({"a1", "d", "m", "cpu", "model", "board"}),
                               GroupOf({"a1", "d", "m", "cpu", "rapl", "package"})};
  EXPECT_EQ(GroupIndex(groups).Of({"a1", "d", "m", "cpu", {}, {}}), std::nullopt);
  groups.push_back(GroupOf({"a1", "d", "m", "cpu", {}, {}}));
  EXPECT_EQ(GroupIndex(groups).Of({"a1", "d", "m", "cpu", {}, {}}), 2U);
}

// The records of a directory fall into the groups as the analysis counts them.
TEST(GroupIndex, CountsAsTheAnalysisDoes) {
  const os::TemporaryFolder folder;
  const auto failed = [](int second, std::string_view more) {
    return fmt::format(R"({{"timestamp":"2025-10-07T11:30:{:02}Z","device_id":"00:0f:00:70:91:0a",)"
                       R"("model_name":"SmolLM2","status":"error","error_type":"cancelled"{}}})",
                       second, more);
  };
  const std::string other_kind = OurRecord({3, 1, 1, "b1"}, R"(,"gpu_energy_mj":1)");
  folder.Put(
      "d/inference_metrics_1.json",
      FileWith({OurRecord({1}), failed(1, ""), failed(2, R"(,"compute_device":"cpu")"), OlderRecord({1, 2, 3, "a1"})}));
  folder.Put("e/inference_metrics_1.json",
             FileWith({OurRecord({1}), OurRecord({2}), other_kind, failed(3, R"(,"compute_device":"x")")}));
  folder.Put("f/inference_metrics_1.json",
             FileWith({OurRecord({7, 1, 1, "a9", "m"}), OlderRecord({8, 1, 1, "a9", "m"}),
                       R"({"timestamp":"2025-10-07T11:30:15Z","device_id":"a9","model_name":"m",)"
                       R"("status":"error","error_type":"cancelled"})"}));
  const auto analysis = Analyze(folder.path(), {});
  ASSERT_TRUE(analysis.ok());
  const GroupIndex index(analysis->groups);
  std::map<std::size_t, std::size_t> counts;
  const auto read = ForEachRecord(folder.path(), [&](const RecordOrigin& origin, const InferenceRecord& record) {
    const RecordParts parts = PartsOf(record);
    const auto place = index.Of(parts.texts.KeyOf(origin.file.folder_name, parts.sample.Has(Quantity::kEnergyMj)));
    EXPECT_TRUE(place.has_value());
    ++counts[place.value_or(99)];
    return Ok();
  });
  ASSERT_TRUE(read.ok());
  for (std::size_t i = 0; i < analysis->groups.size(); ++i) {
    EXPECT_EQ(counts[i], analysis->groups[i].total_inferences) << i;
  }
}

}  // namespace
}  // namespace inferometer::analyze
