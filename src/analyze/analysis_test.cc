#include "analyze/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

// A metrics directory with verbs.
class AnalyzeTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& text) const { folder_.Put(name, text); }
  [[nodiscard]] Analysis Run(unsigned threads = 2) const {
    AnalyzeOptions options;
    options.threads = threads;
    auto analysis = Analyze(folder_.path(), options);
    EXPECT_TRUE(analysis.ok()) << analysis.status().message();
    return analysis.ok() ? *analysis : Analysis();
  }
  // The records that ForEachRecord hands out, which must be those that Analyze counts.
  [[nodiscard]] std::size_t CountRecords() const {
    std::size_t count = 0;
    const auto read = ForEachRecord(folder_.path(), [&](const RecordOrigin&, const InferenceRecord&) {
      ++count;
      return Ok();
    });
    EXPECT_TRUE(read.ok());
    return count;
  }
  os::TemporaryFolder folder_;
};

std::size_t TotalOf(const Analysis& analysis) {
  std::size_t total = 0;
  for (const Group& group : analysis.groups) total += group.total_inferences;
  return total;
}

TEST_F(AnalyzeTest, GroupsByDeviceFolderAndModel) {
  Put("edge-1/inference_metrics_a.json",
      FileWith({OurRecord({1, 100, 500, "a1", "m"}), OurRecord({2, 300, 700, "a1", "m"})}));
  Put("edge-1/inference_metrics_b.json", FileWith({OurRecord({3, 50, 90, "a1", "n"})}));
  Put("edge-2/inference_metrics_c.json", FileWith({OurRecord({1, 10, 20, "b2", "m"})}));
  const Analysis analysis = Run();
  ASSERT_EQ(analysis.groups.size(), 3U);
  EXPECT_EQ(analysis.files_read, 3U);
  const Group& first = analysis.groups[0];
  EXPECT_EQ(first.key.device_name, "edge-1");
  EXPECT_EQ(first.key.model_name, "m");
  EXPECT_EQ(first.total_inferences, 2U);
  EXPECT_EQ(first.Of(Block::kInferenceTime)->avg, 200);
  EXPECT_EQ(first.Of(Block::kEnergy)->total, 1200);
  EXPECT_DOUBLE_EQ(first.energy_uncertainty->total_mj, 720);
  EXPECT_EQ(analysis.groups[1].key.model_name, "n");
  EXPECT_EQ(analysis.groups[2].key.device_id, "b2");
}

TEST_F(AnalyzeTest, CumulativeFilesOfTheOlderSystemCountOnce) {
  std::vector<std::string> records;
  for (int save = 1; save <= 5; ++save) {
    for (int i = 0; i < 10; ++i) records.push_back(OlderRecord({(save - 1) * 10 + i}));
    Put(fmt::format("d/inference_metrics_x_{}.json", save), FileWith(records));
  }
  const Analysis analysis = Run();
  EXPECT_EQ(TotalOf(analysis), 50U);
  EXPECT_EQ(analysis.files_read, 5U);
  EXPECT_EQ(analysis.groups[0].key.energy_source, kUnspecifiedSource);
  EXPECT_EQ(CountRecords(), 50U);
}

TEST_F(AnalyzeTest, SameRecordUnderBothKindsOfNamesCountsOnce) {
  Put("d/inference_metrics_00:0f_1.json", FileWith({OurRecord({1}), OurRecord({2})}));
  Put("d/inference_metrics_00-0f_1.json", FileWith({OurRecord({1}), OurRecord({2})}));
  Put("copy/deeper/inference_metrics_00-0f_1.json", FileWith({OurRecord({2}), OurRecord({3})}));
  EXPECT_EQ(TotalOf(Run()), 3U);
  EXPECT_EQ(CountRecords(), 3U);
}

TEST_F(AnalyzeTest, RecordWithAnIdIsTheSameWhateverItsValues) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1, 100})}));
  Put("d/inference_metrics_b.json", FileWith({OurRecord({1, 999})}));
  const Analysis analysis = Run();
  EXPECT_EQ(TotalOf(analysis), 1U);
  EXPECT_EQ(analysis.groups[0].Of(Block::kInferenceTime)->max, 100);  // the first in path order counts
}

TEST_F(AnalyzeTest, EnergiesOfDifferentKindsAreNeverInOneBlock) {
  const auto with = [](int second, const std::string& from, const std::string& to) {
    std::string record = OurRecord({second});
    return record.replace(record.find(from), from.size(), to);
  };
  Put("d/inference_metrics_a.json",
      FileWith({OurRecord({1}), with(2, "\"model\"", "\"rapl\""), with(3, "\"board\"", "\"package\""),
                with(4, "\"cpu\"", "\"cuda:0\""), with(5, "\"energy_source\":\"model\",", "")}));
  const Analysis analysis = Run();
  ASSERT_EQ(analysis.groups.size(), 5U);
  for (const Group& group : analysis.groups) EXPECT_EQ(group.Of(Block::kEnergy)->count, 1U);
}

TEST_F(AnalyzeTest, RecordsWithoutEnergyJoinTheOnlyKindThereIs) {
  const std::string failed =
      R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"a1","model_name":"m","status":"error","error_type":"cancelled"})";
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1, 100, 500, "a1", "m"}), failed}));
  const Analysis joined = Run();
  ASSERT_EQ(joined.groups.size(), 1U);
  EXPECT_EQ(joined.groups[0].total_inferences, 2U);
  EXPECT_EQ(joined.groups[0].failed_inferences, 1U);
  EXPECT_EQ(joined.groups[0].Of(Block::kInferenceTime)->count, 1U);

  std::string other = OurRecord({2, 100, 500, "a1", "m"});
  other.replace(other.find("\"model\""), 7, "\"rapl\"");
  Put("d/inference_metrics_b.json", FileWith({other}));
  const Analysis apart = Run();
  ASSERT_EQ(apart.groups.size(), 3U);
  EXPECT_FALSE(apart.groups[0].key.energy_source.has_value());
  EXPECT_EQ(apart.groups[0].failed_inferences, 1U);
}

TEST_F(AnalyzeTest, LoadTimeIsTheNewestOfTheFolderAndModel) {
  const auto loading = [](const char* time, const char* model, double seconds) {
    return fmt::format(R"({{"timestamp":"{}","device_id":"a1","model_name":"{}","load_time_seconds":{}}})", time, model,
                       seconds);
  };
  Put("x/d/inference_metrics_a.json", FileWith({OurRecord({1, 1, 1, "a1", "m"}), OurRecord({2, 1, 1, "a1", "n"})}));
  Put("x/d/loading_metrics.json", loading("2025-10-08T10:30:15Z", "m", 2.5));
  Put("y/d/loading_metrics.json", loading("2025-10-07T10:30:15Z", "m", 1.5));
  Put("z/e/loading_metrics.json", loading("2025-10-09T10:30:15Z", "m", 9));
  const Analysis analysis = Run();
  EXPECT_EQ(analysis.groups[0].load_time_seconds, 2.5);
  EXPECT_FALSE(analysis.groups[1].load_time_seconds.has_value());
}

TEST_F(AnalyzeTest, SummaryThatDiffersByMoreThanItsRoundingIsADisagreement) {
  Put("d/inference_metrics_a.json",
      FileWith(
          {OurRecord({1, 100.04}), OurRecord({2, 200})},
          R"({"total_inferences":3,"failed_inferences":0,"inference_time_ms":{"min":100.0,"max":200.1,"p50":150.02},)"
          R"("energy_consumption_mj":{"total":1000},"tokens_per_second":{"avg":200}})"));
  Put("d/inference_metrics_b.json", FileWith({}, R"({"total_inferences":0,"inference_time_ms":{"min":0,"max":7}})"));
  const Analysis analysis = Run();
  ASSERT_EQ(analysis.disagreements.size(), 3U);
  EXPECT_EQ(analysis.disagreements[0].field, "total_inferences");
  EXPECT_EQ(analysis.disagreements[0].summary, 3);
  EXPECT_EQ(analysis.disagreements[0].records, 2);
  EXPECT_EQ(analysis.disagreements[1].field, "inference_time_ms.max");
  EXPECT_EQ(analysis.disagreements[2].field, "inference_time_ms.max");
  EXPECT_FALSE(analysis.disagreements[2].records.has_value());
  EXPECT_EQ(TotalOf(analysis), 2U);
}

TEST_F(AnalyzeTest, DamagedFileIsNamedOnceAndTheRestIsAnswered) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  const std::string good = FileWith({OurRecord({2}), OurRecord({3})});
  Put("d/inference_metrics_b.json", good.substr(0, good.size() / 2));
  Put("d/inference_metrics_c.json", "");
  Put("d/loading_metrics.json", "{");
  const Analysis analysis = Run();
  EXPECT_EQ(TotalOf(analysis), 1U);
  EXPECT_EQ(analysis.files_read, 1U);
  ASSERT_EQ(analysis.damaged.size(), 3U);
  EXPECT_THAT(analysis.damaged[0].file, HasSubstr("metrics_b.json"));
  EXPECT_TRUE(analysis.damaged[0].offset_bytes.has_value());
  EXPECT_THAT(analysis.damaged[2].file, HasSubstr("loading_metrics.json"));
  EXPECT_EQ(CountRecords(), 1U);
}

TEST_F(AnalyzeTest, FileThatCannotBeReadIsNamedWithoutAPlace) {
  std::filesystem::create_symlink("/nowhere/at/all", folder_.path() / "inference_metrics_a.json");
  const Analysis analysis = Run();
  ASSERT_EQ(analysis.damaged.size(), 1U);
  EXPECT_FALSE(analysis.damaged[0].offset_bytes.has_value());
  EXPECT_THAT(analysis.damaged[0].error, HasSubstr("open"));
}

TEST_F(AnalyzeTest, MissingFolderIsNotFound) {
  EXPECT_EQ(Analyze(folder_.path() / "no", {}).status().code(), Code::kNotFound);
  const auto nothing = [](const RecordOrigin&, const InferenceRecord&) { return Ok(); };
  EXPECT_EQ(ForEachRecord(folder_.path() / "no", nothing).status().code(), Code::kNotFound);
}

TEST_F(AnalyzeTest, FailureOfTheReceiverEndsTheWalk) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1}), OurRecord({2})}));
  int calls = 0;
  const auto read = ForEachRecord(folder_.path(), [&](const RecordOrigin&, const InferenceRecord&) {
    ++calls;
    return Status(Code::kResourceExhausted, "full");
  });
  EXPECT_EQ(read.status().message(), "full");
  EXPECT_EQ(calls, 1);
}

TEST_F(AnalyzeTest, ProgressEndsWithAllFiles) {
  for (int i = 0; i < 20; ++i) Put(fmt::format("d/inference_metrics_{}.json", i), FileWith({OurRecord({i})}));
  AnalyzeOptions options;
  options.threads = 3;
  std::size_t last = 0;
  options.progress = [&](std::size_t done, std::size_t all) {
    EXPECT_EQ(done, last + 1);
    EXPECT_EQ(all, 20U);
    last = done;
  };
  ASSERT_TRUE(Analyze(folder_.path(), options).ok());
  EXPECT_EQ(last, 20U);
}

TEST(IsDevice, TakesNameOrIdInAnyCase) {
  EXPECT_TRUE(IsDevice("00:0f", "edge-1", "edge-1"));
  EXPECT_TRUE(IsDevice("00:0f", "edge-1", "00:0F"));
  EXPECT_FALSE(IsDevice("00:0f", "edge-1", "Edge-1"));
}

}  // namespace
}  // namespace inferometer::analyze
