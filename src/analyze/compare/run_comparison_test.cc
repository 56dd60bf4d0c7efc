#include "analyze/compare/run_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/compare/record_choice.h"
#include "analyze/compare/simulated_runs.h"

namespace inferometer::analyze {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kTime = 0;
constexpr std::size_t kSpeed = 2;
constexpr std::size_t kEnergy = 6;

// Two arms of records, put together run by run.
class RunComparisonTest : public ::testing::Test {
 protected:
  RunComparisonTest() {
    question_.metrics = {kTime};
    context_ = {{"quantization", std::string("Q4_1")}, {"threads", std::int64_t{4}}};
    record_.device_id = "pi-01";
    record_.model_name = "SmolLM2";
    record_.compute_device = "cpu";
    record_.status = kStatusOk;
    record_.prompt_tokens = 100;
    record_.generated_tokens = 32;
    record_.energy_source = "rapl";
    record_.energy_scope = "package";
  }

  // `count` records of around `level` ms each, one a second; energy is 5 mJ a ms, off by `energy_error` at most.
  void Run(std::size_t arm, std::size_t count, double level) {
    const FoundFile file{"metrics/pi/inference_metrics_1.json", "pi"};
    for (const Observation& one : runs_.Arm(count, level, {.variation = variation_, .outliers = 0})) {
      record_.timestamp = WallTime(std::chrono::seconds(++second_));
      record_.inference_time_ms = one.value;
      record_.tokens_per_second = 31000 / one.value;
      record_.energy_consumed_mj = 5 * one.value;
      record_.energy_uncertainty_mj = 5 * one.value * energy_error_;
      rows_.Add(arm, {file, context_}, record_);
    }
  }
  void SetContext(const std::string& key, store::ContextValue value) {
    for (auto& [name, old] : context_) {
      if (name == key) old = value;
    }
  }
  MetricComparison Compare(std::size_t metric = kTime) {
    question_.metrics = {metric};
    answer_ = CompareRuns(rows_, question_);
    return answer_.comparisons.front();
  }

  SimulatedRuns runs_{5};
  int second_ = 0;
  double variation_ = 0.03;
  double energy_error_ = 0.02;
  store::Context context_;
  InferenceRecord record_;
  RunRows rows_;
  RunQuestion question_;
  RunComparison answer_;
};

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

TEST_F(RunComparisonTest, EnergiesOfOtherScopesAreNotComparable) {
  Run(0, 30, 100);
  record_.energy_scope = "psys";
  Run(1, 30, 200);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason,
              StartsWith("the energies cover different parts of the machine (package and psys)"));
}

TEST_F(RunComparisonTest, EnergiesOfOtherSourcesAreComparedOnlyBeyondTheirErrors) {
  energy_error_ = 0.2;
  Run(0, 30, 100);
  record_.energy_source = "external";
  Run(1, 30, 120);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("the energies come from different sources"));
  rows_ = {};
  Run(1, 30, 300);
  record_.energy_source = "rapl";
  Run(0, 30, 100);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kHigher);
}

TEST_F(RunComparisonTest, ModelledEnergiesOfDifferentDevicesAreNotComparable) {
  record_.energy_source = "model";
  Run(0, 30, 100);
  record_.device_id = "pi-02";
  Run(1, 30, 900);
  EXPECT_EQ(Compare().comparison.verdict, Verdict::kHigher);
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kNotComparable);
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("a modelled energy may be off by 60 %"));
}

TEST_F(RunComparisonTest, ModelledEnergiesOfOneDeviceAreComparableWhateverTheFlags) {
  record_.energy_source = "model";
  Run(0, 30, 100);
  Run(1, 30, 300);
  record_.flags = {"background_load"};
  Run(1, 30, 300);
  question_.across = {"flags"};
  EXPECT_EQ(Compare(kEnergy).comparison.verdict, Verdict::kHigher);
}

TEST_F(RunComparisonTest, EnergiesBelowResolutionAreLeftOutAndCounted) {
  Run(0, 30, 100);
  Run(1, 30, 150);
  record_.energy_quality = "below_resolution";
  Run(0, 8, 900);
  Run(1, 8, 5);
  const MetricComparison found = Compare(kEnergy);
  EXPECT_EQ(found.comparison.verdict, Verdict::kHigher);
  EXPECT_THAT(found.comparison.n, ElementsAre(30, 30));
  EXPECT_THAT(answer_.below_resolution, ElementsAre(8, 8));
}

TEST_F(RunComparisonTest, AnEnergyWithoutItsUncertaintyIsNotComparable) {
  Run(0, 30, 100);
  energy_error_ = std::nan("");
  record_.energy_uncertainty_mj.reset();
  const FoundFile file{"x", std::nullopt};
  for (int i = 0; i < 10; ++i) {
    record_.energy_consumed_mj = 500;
    record_.energy_uncertainty_mj.reset();
    rows_.Add(1, {file, context_}, record_);
  }
  EXPECT_THAT(Compare(kEnergy).comparison.reason, StartsWith("some energies do not tell their uncertainty"));
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

// What is chosen of records.
class RecordChoiceTest : public ::testing::Test {
 protected:
  RecordChoiceTest() {
    record_.device_id = "pi-01";
    record_.record_id = "pi-01/5eed/7";
    record_.generated_tokens = 32;
    record_.inference_time_ms = 12.5;
    record_.warmup = true;
  }
  [[nodiscard]] bool Holds(const std::string& text) const {
    const auto choice = RecordChoice::Parse(text);
    EXPECT_TRUE(choice.ok()) << choice.status().message();
    return choice.ok() && choice->Holds({file_, context_}, record_);
  }

  FoundFile file_{"metrics/edge-1/f.json", "edge-1"};
  store::Context context_ = {
      {"threads", std::int64_t{4}}, {"experiment", std::string("after")}, {"temperature", 0.5}, {"flash", true}};
  InferenceRecord record_;
};

TEST_F(RecordChoiceTest, TakesFieldsOfTheRecordAndOfItsRun) {
  EXPECT_TRUE(Holds("device_id=pi-01,threads=4,experiment=after"));
  EXPECT_TRUE(Holds("device_name=edge-1"));
  EXPECT_TRUE(Holds("session_id=5eed"));
  EXPECT_TRUE(Holds("generated_tokens=32"));
  EXPECT_TRUE(Holds("warmup=true,flash=true"));
  EXPECT_FALSE(Holds("threads=4,experiment=before"));
  EXPECT_FALSE(Holds("block_id=1"));
}

TEST_F(RecordChoiceTest, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(Holds("inference_time_ms=12.50"));
  EXPECT_TRUE(Holds("temperature=5e-1"));
  EXPECT_FALSE(Holds("threads=4x"));
}

TEST_F(RecordChoiceTest, RefusesWhatIsNoCondition) {
  for (const char* text : {"", "threads", "=4", "threads=", "threads=4,", "threads=4,,x=1"}) {
    const auto choice = RecordChoice::Parse(text);
    ASSERT_FALSE(choice.ok()) << text;
    EXPECT_THAT(choice.status().message(), HasSubstr("is not field=value"));
  }
  EXPECT_THAT(RecordChoice::Parse("a=1,threads").status().message(), HasSubstr("\"threads\""));
}

TEST_F(RecordChoiceTest, WithoutAFolderTheDevicesIdIsItsName) {
  file_.folder_name.reset();
  EXPECT_TRUE(Holds("device_name=pi-01"));
}

}  // namespace
}  // namespace inferometer::analyze
