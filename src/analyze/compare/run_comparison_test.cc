#include "analyze/compare/run_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/compare/run_comparison_for_tests.h"

namespace inferometer::analyze {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(RunComparisonTest, ASlowerRunIsHigherInTimeAndLowerInSpeed) {
  Run(0, 30, 100);
  Run(1, 30, 110);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(Compare(kSpeed).comparison.verdict, Verdict::kLower);
  EXPECT_THAT(Compare().comparison.reason,
              HasSubstr("absent on both sides and taken for equal: gpu_layers, power_mode, cpu_governor"));
  EXPECT_EQ(answer_.comparisons.size(), 1U);
}

TEST_F(RunComparisonTest, OtherThreadsAreNotComparableUnlessTheyAreWhatIsCompared) {
  Run(0, 30, 100);
  SetContext("threads", std::int64_t{8});
  Run(1, 30, 60);
  const MetricComparison refused = Compare();
  EXPECT_EQ(refused.comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(refused.comparison.reason,
              StartsWith("threads is 4 in A and 8 in B; if that is what you compare, add --across threads"));
  EXPECT_THAT(answer_.unmatched, ElementsAre(30, 30));
  question_.across = {"threads"};
  const MetricComparison asked = Compare();
  EXPECT_EQ(asked.comparison.verdict, Verdict::kLower);
  EXPECT_THAT(asked.comparison.reason, HasSubstr("differs as compared: threads (4 and 8)"));
}

TEST_F(RunComparisonTest, WhatOneSideDoesNotTellIsNotTheSame) {
  Run(0, 30, 100);
  context_.pop_back();
  Run(1, 30, 100);
  EXPECT_THAT(Compare().comparison.reason, StartsWith("threads is 4 in A and not recorded in B"));
}

TEST_F(RunComparisonTest, AModelsNameCoversItsQuantisation) {
  Run(0, 30, 100);
  SetContext("quantization", std::string("Q8_0"));
  record_.model_name = "SmolLM2.Q8_0";
  Run(1, 30, 130);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kNotComparable);
  question_.across = {"model_name"};
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
}

TEST_F(RunComparisonTest, ADevicesNameCoversItsThreads) {
  Run(0, 30, 100);
  SetContext("threads", std::int64_t{6});
  record_.device_id = "jetson-01";
  Run(1, 30, 50);
  question_.across = {"device_name"};
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kLower);
}

TEST_F(RunComparisonTest, OtherTokenCountsAreNotComparableUnlessAllowed) {
  Run(0, 30, 100);
  record_.generated_tokens = 48;
  Run(1, 30, 150);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare().comparison.reason, StartsWith("generated_tokens differ: 32 and 48 on average"));
  question_.across = {"generated_tokens"};
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
}

TEST_F(RunComparisonTest, TokenCountsThatNobodyTellsCountAsEqual) {
  record_.prompt_tokens.reset();
  record_.generated_tokens.reset();
  Run(0, 30, 100);
  Run(1, 30, 110);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_THAT(Compare().comparison.reason, HasSubstr("cpu_governor, prompt_tokens, generated_tokens"));
}

TEST_F(RunComparisonTest, PromptsAreMatchedByTheirIdWhateverTheTokens) {
  for (const std::size_t arm : {std::size_t{0}, std::size_t{1}}) {
    for (const char* prompt : {"p1", "p2"}) {
      record_.prompt_id = prompt;
      record_.generated_tokens = arm == 0 ? 30 : 60;
      Run(arm, 20, arm == 0 ? 100 : 120);
    }
  }
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  record_.prompt_id = "p3";
  Run(1, 20, 120);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare().comparison.reason, StartsWith("the prompt sets differ: 33 % of the records"));
}

TEST_F(RunComparisonTest, WarmUpAndFlaggedRowsAreStrataOfTheirOwnAndCounted) {
  for (const std::size_t arm : {std::size_t{0}, std::size_t{1}}) {
    Run(arm, 30, 100);
    record_.warmup = true;
    Run(arm, 1, 900);
    record_.warmup.reset();
  }
  record_.flags = {"short_window", "throttled", "swap"};
  Run(1, 7, 300);
  const MetricComparison found = Compare();
  EXPECT_THAT(found.comparison.n, ElementsAre(30, 30));
  EXPECT_THAT(found.left_out, ElementsAre(1, 8));
  EXPECT_THAT(answer_.records, ElementsAre(31, 38));
  EXPECT_THAT(answer_.unmatched, ElementsAre(0, 7));
  ASSERT_EQ(answer_.conditions.size(), 3U);
  EXPECT_EQ(answer_.conditions[0].first, "swap");
  EXPECT_THAT(answer_.conditions[1].second, ElementsAre(0, 7));
  EXPECT_EQ(answer_.conditions[2].first, "warmup");
  EXPECT_THAT(answer_.conditions[2].second, ElementsAre(1, 1));
}

TEST_F(RunComparisonTest, SeveralStrataArePutTogetherAndThenGivenOneByOne) {
  Run(0, 30, 100);
  Run(1, 10, 110);
  record_.device_id = "pi-02";  // three times as slow, with another mix of the arms
  Run(0, 10, 300);
  Run(1, 30, 330);
  const MetricComparison all = Compare();
  EXPECT_EQ(all.strata, 2U);
  EXPECT_EQ(all.comparison.verdict, Verdict::kHigher);
  EXPECT_NEAR(*all.comparison.ratio, 1.1, 0.03);
  EXPECT_FALSE(all.comparison.median[0]);
  ASSERT_EQ(answer_.comparisons.size(), 3U);
  EXPECT_EQ(answer_.comparisons[1].stratum.front().second, "pi-01");
  EXPECT_EQ(answer_.comparisons[2].stratum.front().second, "pi-02");
  EXPECT_TRUE(answer_.comparisons[2].comparison.median[0]);
}

// In each stratum one side's median hangs on 5 values; the many of the other side must not be moved by it.
TEST_F(RunComparisonTest, StrataOfVeryDifferentMixDoNotMakeTheSameDiffer) {
  variation_ = 0.1;
  std::size_t different = 0;
  for (int run = 0; run < 20; ++run) {
    rows_ = {};
    record_.device_id = "pi-01";
    Run(0, 5, 100);
    Run(1, 200, 100);
    record_.device_id = "pi-02";
    Run(0, 200, 300);
    Run(1, 5, 300);
    const Verdict verdict = Compare().comparison.verdict;
    different += verdict == Verdict::kLower || verdict == Verdict::kHigher ? 1U : 0U;
  }
  EXPECT_LE(different, 3U);
}

// Put together by time, values of two devices in turns would show no dependence.
TEST_F(RunComparisonTest, DriftOfEachStratumIsSeenThroughTheOthers) {
  const FoundFile file{"metrics/pi/inference_metrics_1.json", "pi"};
  const Noise slow{.variation = 0.03, .outliers = 0, .autocorrelation = 0.8};
  for (const std::size_t arm : {std::size_t{0}, std::size_t{1}}) {
    const std::array<std::vector<Observation>, 2> devices = {runs_.Arm(60, 100, slow), runs_.Arm(60, 300, slow)};
    for (std::size_t i = 0; i < 60; ++i) {
      for (std::size_t device = 0; device < 2; ++device) {
        record_.device_id = device == 0 ? "pi-01" : "pi-02";
        record_.timestamp = WallTime(std::chrono::seconds(++second_));
        record_.inference_time_ms = devices[device][i].value;
        rows_.Add(arm, {file, context_}, record_);
      }
    }
  }
  EXPECT_TRUE(Compare().comparison.drift.is_found);
  EXPECT_GT(*Compare().comparison.drift.autocorrelation, 0.5);
}

TEST_F(RunComparisonTest, FewSessionsAreSaidToTellNothingOfOtherRuns) {
  record_.record_id = "pi-01/5eed/1";
  Run(0, 20, 100);
  record_.record_id = "pi-01/beef/1";
  Run(1, 20, 120);
  EXPECT_THAT(Compare().comparison.reason,
              HasSubstr("; of 1 and 1 sessions, too few to tell how one run differs from the next"));
}

TEST_F(RunComparisonTest, ValuesThatAreNoNumbersAreNotMeasured) {
  Run(0, 20, 100);
  Run(1, 20, 100);
  const FoundFile file{"lake/x.parquet", std::nullopt};
  for (const double value : {std::nan(""), HUGE_VAL}) {
    record_.inference_time_ms = value;
    rows_.Add(1, {file, context_}, record_);
  }
  EXPECT_THAT(Compare().comparison.n, ElementsAre(20, 20));
}

TEST_F(RunComparisonTest, BlocksOfOneExperimentArePairedAcrossTheArms) {
  for (const char* block : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    record_.block_id = block;
    Run(0, 1, 100);
    Run(1, 1, 130);
  }
  record_.block_id = "9";  // that the run broke off in
  Run(0, 3, 100);
  const MetricComparison found = Compare();
  EXPECT_EQ(found.comparison.units, Units::kPairedBlocks);
  EXPECT_EQ(found.comparison.verdict, Verdict::kHigher);
  EXPECT_THAT(found.comparison.n, ElementsAre(8, 8));
  EXPECT_THAT(found.left_out, ElementsAre(3, 0));
}

TEST_F(RunComparisonTest, SessionsAreTheStreamsOfRecordIds) {
  for (int session = 0; session < 12; ++session) {
    record_.record_id = "pi-01/" + std::to_string(session) + "/1";
    Run(static_cast<std::size_t>(session % 2), 5, 100);
  }
  EXPECT_EQ(Compare().comparison.units, Units::kSessions);
  EXPECT_THAT(answer_.comparisons[0].comparison.unit_counts, ElementsAre(6, 6));
}

TEST_F(RunComparisonTest, TheOrderIsThatOfTheClock) {
  Run(0, 20, 100);
  second_ = -100;
  Run(0, 20, 130);  // came later, ran before
  Run(1, 40, 100);
  EXPECT_THAT(Compare().comparison.reason, HasSubstr("drift"));
  EXPECT_LT(*Compare().comparison.drift.spearman_rho, -0.5);
}

TEST_F(RunComparisonTest, FailedRecordsAreCountedOnly) {
  Run(0, 30, 100);
  Run(1, 30, 100);
  record_.status = kStatusError;
  Run(1, 9, 5000);
  EXPECT_THAT(Compare().comparison.n, ElementsAre(30, 30));
  EXPECT_THAT(answer_.failed, ElementsAre(0, 9));
}

TEST_F(RunComparisonTest, WhatWasNotMeasuredIsSaid) {
  Run(0, 30, 100);
  Run(1, 30, 100);
  const MetricComparison found = Compare(1);
  EXPECT_EQ(found.comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(found.comparison.reason, StartsWith("not measured in A and B"));
}

TEST_F(RunComparisonTest, ARegressionIsAWorseVerdictBeyondTheMargin) {
  Run(0, 60, 100);
  Run(1, 60, 110);
  const double margin = 0.02;
  EXPECT_TRUE(IsRegression(Compare(), margin));
  EXPECT_TRUE(IsRegression(Compare(kSpeed), margin));
  EXPECT_FALSE(IsRegression(Compare(), 0.3));
  MetricComparison better = Compare();
  better.comparison.ratio = 0.9;
  better.comparison.verdict = Verdict::kLower;
  EXPECT_FALSE(IsRegression(better, margin));
  MetricComparison neither = Compare();
  neither.metric = 5;  // CPU use
  EXPECT_FALSE(IsRegression(neither, margin));
}

TEST_F(RunComparisonTest, GroupsStandAgainstTheFirstAndAMetricIsAFamily) {
  Run(2, 30, 100);
  Run(0, 30, 100);
  Run(1, 30, 120);
  question_.metrics = {kTime, kSpeed};
  const std::vector<std::size_t> arms = {2, 0, 1};
  const std::vector<GroupComparison> all = CompareGroups(rows_, arms, question_);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].group, 1U);
  EXPECT_EQ(all[1].group, 2U);
  EXPECT_EQ(all[1].comparison.metric, kTime);
  EXPECT_EQ(all[1].comparison.comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(all[3].comparison.comparison.verdict, Verdict::kLower);
  const ArmComparison& found = all[1].comparison.comparison;
  EXPECT_NEAR(*found.p_adjusted, 2 * *found.p, 1e-15);
  EXPECT_THAT(found.reason, HasSubstr("taken for equal"));
  EXPECT_TRUE(CompareGroups(rows_, std::span(arms).first(1), question_).empty());
  EXPECT_TRUE(CompareGroups(rows_, {}, question_).empty());
}

}  // namespace
}  // namespace inferometer::analyze
