#include "trial/bench_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "os/temporary_folder.h"

namespace inferometer::trial {
namespace {

using testing::HasSubstr;

BenchPlan Plan() {
  BenchPlan plan;
  plan.id = "20261201_001522";
  plan.seed = 7;
  plan.arms = {{"a-t1", "a.gguf", 1, "10-ab"}, {"a-t2", "a.gguf", 2, "10-ab"}, {"b\"-t1", "b.gguf", 1, "20-cd"}};
  plan.arms[2].name = "b-t1";
  plan.workloads = {TestWorkload({512, 0}), TestWorkload({0, 128})};
  return plan;
}

std::string Text(const std::vector<BenchRun>& order) {
  std::string text;
  for (const BenchRun& run : order) text += static_cast<char>('a' + run.arm) + std::to_string(run.workload) + " ";
  return text;
}

TEST(OrderOfBlock, HasEveryArmWithEveryWorkloadOnce) {
  for (const bool reloads : {false, true}) {
    BenchPlan plan = Plan();
    plan.reloads = reloads;
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (const BenchRun& run : OrderOfBlock(plan, 3)) seen.insert({run.arm, run.workload});
    EXPECT_EQ(seen.size(), 6U);
    EXPECT_EQ(OrderOfBlock(plan, 3).size(), RunsInBlock(plan));
  }
}

TEST(OrderOfBlock, IsTheSameForTheSamePlanAndOtherwiseAnother) {
  BenchPlan plan = Plan();
  std::set<std::string> orders;
  for (std::size_t block = 0; block < 20; ++block) {
    EXPECT_EQ(Text(OrderOfBlock(plan, block)), Text(OrderOfBlock(plan, block)));
    orders.insert(Text(OrderOfBlock(plan, block)));
  }
  EXPECT_GT(orders.size(), 10U);
  const std::string first = Text(OrderOfBlock(plan, 0)) + Text(OrderOfBlock(plan, 1));
  plan.seed = 8;
  EXPECT_NE(Text(OrderOfBlock(plan, 0)) + Text(OrderOfBlock(plan, 1)), first);
}

TEST(OrderOfBlock, EachArmComesFirstAboutAsOften) {
  const BenchPlan plan = Plan();
  std::map<std::size_t, int> first;
  for (std::size_t block = 0; block < 600; ++block) ++first[OrderOfBlock(plan, block).front().arm];
  for (const auto& [arm, count] : first) EXPECT_NEAR(count, 200, 60) << arm;
}

TEST(OrderOfBlock, ArmsStandNextToEachOtherOrTheWorkloadsOfAnArmWhereItIsLoadedForItsTurn) {
  BenchPlan plan = Plan();
  for (std::size_t block = 0; block < 5; ++block) {
    plan.reloads = false;
    const auto kept = OrderOfBlock(plan, block);
    EXPECT_EQ(kept[0].workload, kept[2].workload);
    plan.reloads = true;
    const auto loaded = OrderOfBlock(plan, block);
    EXPECT_EQ(loaded[0].arm, loaded[1].arm);
  }
}

TEST(BenchPlanText, IsReadBackAsItWas) {
  BenchPlan plan = Plan();
  plan.blocks = 9;
  plan.reloads = true;
  plan.delay_seconds = 0.25;
  plan.metric = "energy_consumed_mj";
  plan.arms[0].model = "dir/\"quoted\" \\ name.gguf";
  const auto read = ParsePlan(PlanJson(plan));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(PlanJson(*read), PlanJson(plan));
  EXPECT_EQ(read->arms[0].model, plan.arms[0].model);
  EXPECT_EQ(read->workloads[1].id, "tg128");
  EXPECT_EQ(WhyOther(plan, *read), "");
}

TEST(BenchPlanText, PromptsAreTheCallersToAdd) {
  BenchPlan plan = Plan();
  plan.prompts_file = "prompts.txt";
  plan.prompts_fingerprint = "30-ef";
  plan.workloads = {{"prompt-1", {}, "the secret"}};
  EXPECT_EQ(PlanJson(plan).find("secret"), std::string::npos);
  const auto read = ParsePlan(PlanJson(plan));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_TRUE(read->workloads.empty());
  EXPECT_EQ(read->prompts_file, "prompts.txt");
}

TEST(BenchPlanText, WhatIsNoPlanIsRefusedWithTheField) {
  const auto refusal = [](const std::string& from, const std::string& to) {
    std::string json = PlanJson(Plan());
    const std::size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
    const auto read = ParsePlan(json);
    EXPECT_EQ(read.status().code(), Code::kDataLoss);
    return read.status().message();
  };
  EXPECT_THAT(refusal("\"bench_version\":1", "\"bench_version\":2"), HasSubstr("bench_version"));
  EXPECT_THAT(refusal("\"threads\":2", "\"threads\":0"), HasSubstr("arms.1.threads"));
  EXPECT_THAT(refusal("\"name\":\"a-t1\"", "\"name\":\"../a\""), HasSubstr("arms.0.name"));
  EXPECT_THAT(refusal("\"effect_percent\":2", "\"effect_percent\":0"), HasSubstr("effect_percent"));
  EXPECT_THAT(refusal("\"delay_seconds\":0", "\"delay_seconds\":-1"), HasSubstr("delay_seconds"));
  EXPECT_THAT(refusal("\"prompts_file\":\"\"", "\"prompts_file\":\"x\""), HasSubstr("tests"));
  EXPECT_THAT(refusal("\"arms\"", "\"legs\""), HasSubstr("arms"));
  EXPECT_THAT(refusal("\"id\":", "id:"), HasSubstr("no plan of a bench"));
  EXPECT_FALSE(ParsePlan("").ok());
}

TEST(BenchPlanText, WhatDiffersIsNamed) {
  const BenchPlan plan = Plan();
  BenchPlan other = Plan();
  other.id = "later";
  other.seed = 99;
  EXPECT_EQ(WhyOther(plan, other), "");
  other.arms[1].threads = 4;
  EXPECT_THAT(WhyOther(plan, other), HasSubstr("\"threads\":4"));
  other = Plan();
  other.effect_percent = 5;
  EXPECT_EQ(WhyOther(plan, other), "it has \"effect_percent\":2, where this one has \"effect_percent\":5,");
}

TEST(DecidingValue, IsTimeForTestsAndRateForPromptsUnlessAnotherIsAsked) {
  BenchPlan plan = Plan();
  const Workload prompt{"p", {}, "x"};
  InferenceRecord record;
  record.inference_time_ms = 100;
  record.tokens_per_second = 7;
  EXPECT_EQ(DecidingValue(plan, plan.workloads[0], record), 100);
  EXPECT_EQ(DecidingValue(plan, prompt, record), 7);
  plan.metric = "energy_consumed_mj";
  EXPECT_EQ(DecidingValue(plan, prompt, record), std::nullopt);
  record.energy_consumed_mj = 5;
  EXPECT_EQ(DecidingValue(plan, prompt, record), 5);
  record.status = kStatusError;
  EXPECT_EQ(DecidingValue(plan, prompt, record), std::nullopt);
}

TEST(GroupsOf, TestsAreJudgedOneByOneAndPromptsTogether) {
  BenchPlan plan = Plan();
  ASSERT_EQ(GroupsOf(plan).size(), 2U);
  EXPECT_EQ(GroupsOf(plan)[1].name, "tg128");
  plan.workloads = {{"x", {}, "x"}, {"y", {}, "y"}};
  ASSERT_EQ(GroupsOf(plan).size(), 1U);
  EXPECT_EQ(GroupsOf(plan)[0].name, "prompts");
  EXPECT_EQ(GroupsOf(plan)[0].workloads.size(), 2U);
}

TEST(FingerprintOf, ChangesWithSizeAndWithBothEnds) {
  const os::TemporaryFolder folder;
  const std::string text(3U << 20U, 'x');
  const auto print = [&](const std::string& content) {
    const auto made = FingerprintOf(folder.Put("model", content));
    EXPECT_TRUE(made.ok());
    return made.ok() ? *made : "";
  };
  const std::string first = print(text);
  EXPECT_EQ(print(text), first);
  EXPECT_THAT(first, HasSubstr("3145728-"));
  std::set<std::string> prints = {
      first, print(text + "x"), print("y" + text.substr(1)), print(text.substr(1) + "y"), print("short"), print("")};
  EXPECT_EQ(prints.size(), 6U);
  EXPECT_EQ(FingerprintOf(folder.path() / "none").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::trial
