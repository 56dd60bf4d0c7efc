#include "report/html/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html/report_for_tests.h"

namespace inferometer::report::html {
namespace {

using analyze::Block;
using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::ElementsAre;
using ::testing::Pair;

std::string Failed(int second) {
  return fmt::format(
      R"({{"timestamp":"2025-10-07T10:31:{:02}Z","device_id":"00:0f:00:70:91:0a","model_name":"SmolLM2",)"
      R"("record_id":"00:0f:00:70:91:0a/5eed/9{}","status":"error","error_type":"cancelled"}})",
      second, second);
}

class CollectorTest : public ReportTest {
 protected:
  const GroupSeries& First() { return Collect().pictured().begin()->second; }
};

TEST_F(CollectorTest, EmptyDirectoryDrawsNothing) {
  EXPECT_TRUE(Collect().pictured().empty());
  EXPECT_EQ(Collect().records(), 0U);
  EXPECT_FALSE(Collect().period().has_value());
}

TEST_F(CollectorTest, HistogramsHoldEveryValueOfTheAnalysis) {
  Put("d/inference_metrics_a.json", {OurRecord({1, 100}), OurRecord({2, 200}), OurRecord({3, 150}), Failed(4)});
  const GroupSeries& series = First();
  for (std::size_t i = 0; i < analyze::kBlocks; ++i) {
    const auto block = static_cast<Block>(i);
    ASSERT_TRUE(series.Of(block).has_value()) << NameOf(block);
    EXPECT_EQ(series.Of(block)->total(), analysis_.groups[0].Of(block)->count) << NameOf(block);
  }
  EXPECT_EQ(series.energy_by_speed().seen(), 3U);
  EXPECT_EQ(Collect().records(), 4U);
}

TEST_F(CollectorTest, CopiesCountOnce) {
  Put("d/inference_metrics_a.json", {OurRecord({1}), OurRecord({2})});
  Put("e/inference_metrics_a.json", {OurRecord({1}), OurRecord({2})});
  EXPECT_EQ(Collect().records(), 2U);
}

TEST_F(CollectorTest, FailedInferencesAreOnTheTimeLineWithoutValues) {
  Put("d/inference_metrics_a.json", {OurRecord({1}), Failed(4)});
  const GroupSeries& series = First();
  ASSERT_EQ(series.time_line().moments().size(), 2U);
  EXPECT_TRUE(series.time_line().moments()[1].failed);
  EXPECT_FALSE(series.time_line().moments()[1].values[0].has_value());
}

TEST_F(CollectorTest, HeatIsOfInferencesThatMeasuredIt) {
  Put("d/inference_metrics_a.json", {OurRecord({1}, R"(,"temperature_c":-20.5,"throttled":false)"),
                                     OurRecord({2}, R"(,"temperature_c":81,"throttled":true)"), OurRecord({3}),
                                     OurRecord({4}, R"(,"throttled":true)")});
  const GroupSeries& series = First();
  EXPECT_EQ(series.heat().measured, 2U);
  EXPECT_EQ(series.heat().coolest_c, -20.5);
  EXPECT_EQ(series.heat().hottest_c, 81);
  EXPECT_EQ(series.heat().told, 3U);
  EXPECT_EQ(series.heat().throttled, 2U);
  EXPECT_THAT(series.cool().Points(), ElementsAre(Point{-20.5, 200}));
  EXPECT_THAT(series.throttled().Points(), ElementsAre(Point{81, 200}));
}

TEST_F(CollectorTest, EachStreamAndEachSessionIsARun) {
  Put("d/inference_metrics_a.json", {OurRecord({1}), OurRecord({2}), OurRecord({3}, R"(,"session_id":"other")")});
  EXPECT_EQ(First().runs().count(), 2U);
  EXPECT_EQ(First().runs().Starts().size(), 2U);
}

TEST_F(CollectorTest, OlderRecordsTellOfNoRun) {
  Put("d/inference_metrics_a.json", {OlderRecord({1})});
  EXPECT_EQ(First().runs().count(), 0U);
}

TEST_F(CollectorTest, TimesOfAnUnsetClockAreOnNoTimeLine) {
  Put("d/inference_metrics_a.json", {OurRecord({1}), OurRecord({2}, R"(,"clock_state":"unsynchronised")"),
                                     OurRecord({3}, R"(,"clock_state":"unsynchronised","timestamp_rule":"anchor")")});
  EXPECT_EQ(First().without_time(), 1U);
  EXPECT_EQ(First().time_line().count(), 2U);
}

TEST_F(CollectorTest, FlagsAreCounted) {
  Put("d/inference_metrics_a.json",
      {OurRecord({1}, R"(,"flags":["swap","steal"])"), OurRecord({2}, R"(,"flags":["swap"])")});
  EXPECT_THAT(First().flags(), ElementsAre(Pair("steal", 1U), Pair("swap", 2U)));
}

TEST_F(CollectorTest, LargestGroupsGetPictures) {
  for (std::size_t i = 0; i < Collector::kMostPictured + 5; ++i) {
    std::vector<std::string> records;
    for (std::size_t k = 0; k <= i % 7; ++k) {
      records.push_back(
          OurRecord({static_cast<int>(k), 100, 500, "a1", fmt::format("m{}", i)}, fmt::format(R"(,"x":{})", i)));
    }
    std::string text = analyze::FileWith(records);
    for (std::size_t at = text.find("/5eed/"); at != std::string::npos; at = text.find("/5eed/", at + 1)) {
      text.replace(at, 6, fmt::format("/{:04}/", i));
    }
    folder_.Put(fmt::format("d/inference_metrics_{}.json", i), text);
  }
  const Collector& collector = Collect();
  EXPECT_EQ(collector.pictured().size(), Collector::kMostPictured);
  for (std::size_t i = 0; i < analysis_.groups.size(); ++i) {
    if (collector.pictured().contains(i)) continue;
    EXPECT_EQ(analysis_.groups[i].total_inferences, 1U);
  }
  EXPECT_LT(collector.most_moments(), Limits().moments);
}

TEST(RunStarts, TooManyAreNotKept) {
  RunStarts runs;
  for (std::size_t i = 0; i < RunStarts::kMostRuns; ++i) runs.Add(fmt::format("s{}", i), WallTime());
  EXPECT_EQ(runs.count(), RunStarts::kMostRuns);
  runs.Add("one more", WallTime());
  EXPECT_TRUE(runs.too_many());
  EXPECT_TRUE(runs.Starts().empty());
}

TEST(RunStarts, RunBeginsWithItsEarliestRecord) {
  RunStarts runs;
  for (const int second : {5, 2, 9}) runs.Add("s", WallTime(std::chrono::seconds(second)));
  EXPECT_THAT(runs.Starts(), ElementsAre(WallTime(std::chrono::seconds(2))));
}

}  // namespace
}  // namespace inferometer::report::html
