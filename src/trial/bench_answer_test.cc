#include "trial/bench_answer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/timestamp.h"

namespace inferometer::trial {
namespace {

class BenchAnswerTest : public testing::Test {
 protected:
  BenchAnswerTest() {
    plan_.id = "b";
    plan_.arms = {{"a-t1", "a.gguf", 1, ""}, {"a-t2", "a.gguf", 2, ""}};
    stored_.contexts = {{{"engine_version", "0.5.0"},
                         {"quantization", "Q4"},
                         {"parameters", std::int64_t{9}},
                         {"threads", std::int64_t{1}},
                         {"gpu_layers", std::int64_t{0}},
                         {kModelTypeKey, "llama"},
                         {kModelSizeKey, std::int64_t{77}},
                         {kBackendsKey, "CPU"},
                         {kBatchKey, std::int64_t{2048}},
                         {kUbatchKey, std::int64_t{512}}}};
    stored_.contexts.push_back(stored_.contexts[0]);
    stored_.contexts[1][3].second = std::int64_t{2};
  }

  InferenceRecord& Add(std::size_t arm, std::size_t block, const std::string& workload, double ms) {
    StoredRun run{arm, arm, {}};
    run.record.timestamp =
        base::ParseTimestamp("2026-12-01T00:15:22.9Z").value() + std::chrono::seconds(stored_.runs.size());
    run.record.device_id = "test-device";
    run.record.model_name = "a";
    run.record.compute_device = "cpu";
    run.record.status = kStatusOk;
    run.record.inference_time_ms = ms;
    run.record.block_id = BlockId(plan_, block);
    run.record.run_index = static_cast<std::int64_t>(stored_.runs.size());
    run.record.prompt_id = workload;
    stored_.runs.push_back(run);
    return stored_.runs.back().record;
  }
  // Blocks of a test in which the second arm takes `ratio` of the first one's time.
  void AddBlocks(std::size_t count, double ratio) {
    for (std::size_t block = 0; block < count; ++block) {
      const double level = 100 + static_cast<double>((block * 7) % 5);
      Add(0, block, "tg4", level);
      Add(1, block, "tg4", level * ratio * (1 + 0.001 * static_cast<double>((block * 3) % 4)));
    }
  }
  const analyze::MetricComparison& Overall(const BenchVerdict& verdict) {
    return verdict.answer.comparisons.at(0).comparison;
  }

  BenchPlan plan_;
  StoredRuns stored_;
};

TEST_F(BenchAnswerTest, TestIsARowWithTheTimesOfItsRuns) {
  plan_.workloads = {TestWorkload({16, 0}), TestWorkload({0, 4})};
  Add(1, 0, "tg4", 50);
  Add(0, 0, "pp16", 800.5);
  Add(0, 1, "pp16", 790);
  Add(0, 0, "pp16", 5).warmup = true;
  Add(0, 2, "pp16", 5).status = kStatusError;
  const auto rows = RowsOf(stored_, plan_);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].n_prompt, 16);
  EXPECT_EQ(rows[0].n_gen, 0);
  EXPECT_EQ(rows[0].samples_ns, (std::vector<std::int64_t>{800500000, 790000000}));
  EXPECT_EQ(rows[0].test_time, "2026-12-01T00:15:23Z");
  EXPECT_EQ(rows[0].model_type, "llama");
  EXPECT_EQ(rows[0].model_size, 77);
  EXPECT_EQ(rows[0].build_commit, "0.5.0");
  EXPECT_EQ(rows[1].n_threads, 2);
  EXPECT_EQ(rows[1].n_gen, 4);
}

TEST_F(BenchAnswerTest, PromptGivesItsEvaluationAndItsTokensBehindTheFirst) {
  plan_.workloads = {{"p", {}, "hi"}};
  InferenceRecord& record = Add(0, 0, "p", 300);
  record.prompt_tokens = 30;
  record.generated_tokens = 9;
  record.prefill_ms = 200;
  record.decode_ms = 80;
  const auto rows = RowsOf(stored_, plan_);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].n_prompt, 30);
  EXPECT_EQ(rows[0].n_depth, 0);
  EXPECT_EQ(rows[0].samples_ns.front(), 200000000);
  EXPECT_EQ(rows[1].n_gen, 8);
  EXPECT_EQ(rows[1].n_depth, 30);
  EXPECT_EQ(rows[1].samples_ns.front(), 80000000);
}

TEST_F(BenchAnswerTest, AnswerOfOneTokenHasNoRateOfTokens) {
  plan_.workloads = {{"p", {}, "hi"}};
  InferenceRecord& record = Add(0, 0, "p", 300);
  record.prompt_tokens = 30;
  record.generated_tokens = 1;
  record.prefill_ms = 200;
  EXPECT_EQ(RowsOf(stored_, plan_).size(), 1U);
}

TEST_F(BenchAnswerTest, AnswersOfOtherLengthAreRowsOfTheirOwn) {
  plan_.workloads = {{"p", {}, "hi"}};
  for (const int tokens : {9, 9, 5}) {
    InferenceRecord& record = Add(0, 0, "p", 300);
    record.prompt_tokens = 30;
    record.generated_tokens = tokens;
    record.prefill_ms = 200;
    record.decode_ms = 80;
  }
  const auto rows = RowsOf(stored_, plan_);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].samples_ns.size() + rows[1].samples_ns.size() + rows[2].samples_ns.size(), 6U);
}

TEST_F(BenchAnswerTest, VerdictIsOfThePairedBlocks) {
  plan_.workloads = {TestWorkload({0, 4})};
  AddBlocks(8, 0.9);
  const auto verdicts = VerdictsOf(stored_, plan_, {});
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].name, "tg4");
  EXPECT_EQ(verdicts[0].answer.groups, (std::vector<std::string>{"a-t1", "a-t2"}));
  const auto& one = Overall(verdicts[0]).comparison;
  EXPECT_EQ(one.verdict, analyze::Verdict::kLower);
  EXPECT_EQ(one.units, analyze::Units::kPairedBlocks);
  EXPECT_NEAR(*one.ratio, 0.9, 0.01);
}

TEST_F(BenchAnswerTest, BlockThatWasBrokenOffCountsForNothing) {
  plan_.workloads = {TestWorkload({0, 4})};
  AddBlocks(8, 0.9);
  Add(0, 8, "tg4", 5000);
  Add(1, 3, "tg4", 5000).warmup = true;
  const auto verdicts = VerdictsOf(stored_, plan_, {});
  EXPECT_EQ(Overall(verdicts[0]).comparison.n, (std::array<std::size_t, 2>{8, 8}));
}

TEST_F(BenchAnswerTest, OneMetricWhereOneWasAsked) {
  plan_.workloads = {TestWorkload({0, 4})};
  AddBlocks(6, 1);
  EXPECT_EQ(VerdictsOf(stored_, plan_, {})[0].answer.comparisons.size(), 3U);
  plan_.metric = "energy_consumed_mj";
  const auto verdicts = VerdictsOf(stored_, plan_, {});
  ASSERT_EQ(verdicts[0].answer.comparisons.size(), 1U);
  EXPECT_EQ(Overall(verdicts[0]).comparison.verdict, analyze::Verdict::kNotComparable);
}

TEST_F(BenchAnswerTest, SingleArmIsHeldAgainstNothing) {
  plan_.workloads = {TestWorkload({0, 4})};
  plan_.arms.pop_back();
  EXPECT_TRUE(VerdictsOf(stored_, plan_, {}).empty());
}

}  // namespace
}  // namespace inferometer::trial
