#include "trial/bench_run.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "probe/manual_clock.h"

namespace inferometer::trial {
namespace {

using std::chrono::seconds;

// An engine whose runs take the time that they are told, and a store that remembers.
class BenchRunnerTest : public testing::Test {
 protected:
  BenchRunnerTest() {
    plan_.id = "b";
    plan_.arms = {{"a", "a.gguf", 1, ""}, {"b", "b.gguf", 1, ""}};
    plan_.workloads = {TestWorkload({8, 0}), TestWorkload({0, 4})};
  }

  BenchParts Parts() {
    return {.prepare = [this](std::size_t arm) { return Prepare(arm); },
            .run = [this](std::size_t arm, const Workload& workload) { return RunOne(arm, workload); },
            .keep = [this](std::size_t arm, const InferenceRecord& record) { return Keep(arm, record); },
            .rest =
                [this] {
                  ++rests_;
                  return true;
                }};
  }

  Result<bool> Prepare(std::size_t arm) {
    if (arm == broken_arm_) return {Code::kNotFound, "no such model"};
    if (plan_.reloads && loaded_.count(arm) == 0) loaded_.clear();
    return loaded_.insert(arm).second;
  }
  InferenceRecord RunOne(std::size_t arm, const Workload& workload) {
    ++runs_;
    clock_.Advance(seconds(1));
    InferenceRecord record;
    record.status = kStatusOk;
    if (runs_ == stop_in_run_) {
      stop_.request_stop();
      record.status = kStatusError;
      record.error_type = "cancelled";
    } else if (workload.id == fails_) {
      record.status = kStatusError;
      record.error_type = "engine_error";
    } else {
      const double noise = 1 + spread_ * ((runs_ * 7919) % 13 - 6) / 6.0;
      record.inference_time_ms = (arm == 0 ? 100 : 110) * noise;
    }
    return record;
  }
  Status Keep(std::size_t arm, const InferenceRecord& record) {
    if (kept_.size() == full_after_) return {Code::kResourceExhausted, "disk full"};
    kept_.push_back(record);
    arms_.push_back(arm);
    if (kept_.size() == stop_after_) stop_.request_stop();
    return Ok();
  }

  Result<BenchOutcome> Run(DoneRuns done = {}) {
    BenchRunner runner(plan_, std::move(done), Parts(), clock_);
    return runner.Run(at_most_, stop_.get_token(), [this](const BenchProgress& progress) { seen_ = progress; });
  }
  BenchOutcome MustRun(DoneRuns done = {}) {
    const auto outcome = Run(std::move(done));
    EXPECT_TRUE(outcome.ok()) << outcome.status().message();
    return outcome.ok() ? *outcome : BenchOutcome{};
  }
  // As BenchStore and DoneOf give it back.
  DoneRuns Done() const {
    DoneRuns done;
    for (const InferenceRecord& record : kept_) {
      if (!record.warmup.value_or(false)) done.emplace(*record.run_index, record.inference_time_ms);
    }
    return done;
  }
  // What a new start of the program finds.
  void StartAgain() {
    stop_ = std::stop_source();
    stop_in_run_ = -1;
    stop_after_ = SIZE_MAX;
    loaded_.clear();
  }
  std::size_t Measured() const { return Done().size(); }

  BenchPlan plan_;
  probe::ManualClock clock_;
  std::stop_source stop_;
  std::chrono::nanoseconds at_most_ = std::chrono::hours(100);
  double spread_ = 0.001;
  std::string fails_;
  std::size_t broken_arm_ = SIZE_MAX;
  std::size_t full_after_ = SIZE_MAX;
  std::size_t stop_after_ = SIZE_MAX;
  int stop_in_run_ = -1;
  int runs_ = 0;
  int rests_ = 0;
  std::set<std::size_t> loaded_;
  std::vector<InferenceRecord> kept_;
  std::vector<std::size_t> arms_;
  BenchProgress seen_;
};

TEST_F(BenchRunnerTest, RunsTheBlocksThatWereAskedInThePlansOrder) {
  plan_.blocks = 3;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kDone);
  EXPECT_EQ(outcome.blocks, 3U);
  EXPECT_FALSE(outcome.needed.has_value());
  std::int64_t next = 0;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i].warmup.value_or(false)) continue;
    EXPECT_EQ(kept_[i].run_index, next);
    const auto block = static_cast<std::size_t>(next) / 4;
    const BenchRun planned = OrderOfBlock(plan_, block)[static_cast<std::size_t>(next) % 4];
    EXPECT_EQ(arms_[i], planned.arm);
    EXPECT_EQ(kept_[i].prompt_id, plan_.workloads[planned.workload].id);
    EXPECT_EQ(kept_[i].block_id, "b/" + std::to_string(block + 1));
    ++next;
  }
  EXPECT_EQ(next, 12);
  EXPECT_EQ(seen_.blocks, 3U);
}

TEST_F(BenchRunnerTest, EachLoadIsFollowedByWarmUpsOfEachTest) {
  plan_.blocks = 2;
  plan_.warm_ups = 2;
  MustRun();
  EXPECT_EQ(kept_.size() - Measured(), 2U * 2 * 2);  // arms, tests, warm-ups: loaded once
  EXPECT_TRUE(*kept_.front().warmup);
  EXPECT_FALSE(kept_.front().run_index.has_value());
  EXPECT_EQ(kept_.front().block_id, "b/1");
}

TEST_F(BenchRunnerTest, WhereModelsAreLoadedForTheirTurnEveryTurnIsWarmedUp) {
  plan_.blocks = 3;
  plan_.reloads = true;
  MustRun();
  EXPECT_EQ(Measured(), 12U);
  // One load an arm and block, but where a block begins with the arm that ended the one before.
  EXPECT_GE(kept_.size() - Measured(), 2U * 4);
  EXPECT_LE(kept_.size() - Measured(), 2U * 6);
}

TEST_F(BenchRunnerTest, TheMachineRestsBetweenTwoRunsAndNotBeforeTheFirst) {
  plan_.blocks = 1;
  MustRun();
  EXPECT_EQ(rests_, runs_ - 1);
}

TEST_F(BenchRunnerTest, QuietMachineNeedsNoMoreThanThePilot) {
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kDone);
  EXPECT_EQ(outcome.blocks, 6U);
  EXPECT_EQ(outcome.needed, 6U);
}

TEST_F(BenchRunnerTest, NoiseOfThePilotDecidesHowManyMore) {
  spread_ = 0.05;
  plan_.effect_percent = 5;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kDone);
  EXPECT_GT(outcome.blocks, 6U);
  EXPECT_EQ(outcome.blocks, outcome.needed);
  EXPECT_EQ(Measured(), outcome.blocks * 4);
}

TEST_F(BenchRunnerTest, MoreThanMayBeRunIsSaid) {
  spread_ = 0.2;
  plan_.most_blocks = 8;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kMostBlocks);
  EXPECT_EQ(outcome.blocks, 8U);
  EXPECT_GT(*outcome.needed, 8U);
}

TEST_F(BenchRunnerTest, BoundBelowThePilotEndsWithoutAnEstimate) {
  plan_.most_blocks = 4;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kMostBlocks);
  EXPECT_EQ(outcome.blocks, 4U);
  EXPECT_FALSE(outcome.needed.has_value());
}

TEST_F(BenchRunnerTest, SingleArmHasFiveBlocks) {
  plan_.arms.pop_back();
  EXPECT_EQ(MustRun().blocks, 5U);
}

TEST_F(BenchRunnerTest, NoBlockIsBegunAfterTheTime) {
  at_most_ = seconds(9);
  const BenchOutcome outcome = MustRun();  // 4 warm-ups and 4 runs, then 4 runs
  EXPECT_EQ(outcome.end, BenchEnd::kMostTime);
  EXPECT_EQ(outcome.blocks, 2U);
}

TEST_F(BenchRunnerTest, StopKeepsWhatWasDoneAndNothingOfTheRunThatItBrokeOff) {
  stop_in_run_ = 11;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kStopped);
  EXPECT_EQ(kept_.size(), 10U);
  EXPECT_EQ(outcome.failed, 0U);
}

TEST_F(BenchRunnerTest, GoesOnBehindWhatIsDoneWhereverItWasStopped) {
  plan_.blocks = 2;
  MustRun();
  const DoneRuns whole = Done();
  for (std::size_t stop = 1; stop <= 12; ++stop) {
    kept_.clear();
    StartAgain();
    stop_after_ = stop;
    MustRun();
    ASSERT_EQ(kept_.size(), stop);
    StartAgain();
    MustRun(Done());
    EXPECT_EQ(Done().size(), whole.size()) << stop;
    std::set<std::int64_t> indices;
    for (const InferenceRecord& record : kept_) {
      if (!record.run_index) continue;
      EXPECT_TRUE(indices.insert(*record.run_index).second) << stop << ": " << *record.run_index;
    }
  }
}

TEST_F(BenchRunnerTest, BenchThatIsDoneRunsAndLoadsNothing) {
  MustRun();
  const DoneRuns done = Done();
  StartAgain();
  runs_ = 0;
  const BenchOutcome again = MustRun(done);
  EXPECT_EQ(again.end, BenchEnd::kDone);
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(loaded_.empty());
}

TEST_F(BenchRunnerTest, HowManyBlocksIsTheSameAfterABreak) {
  spread_ = 0.05;
  plan_.effect_percent = 5;
  const auto needed = MustRun().needed;
  kept_.clear();
  runs_ = 0;
  StartAgain();
  stop_after_ = 40;
  MustRun();
  StartAgain();
  spread_ = 0.5;  // what comes after the pilot does not count
  const BenchOutcome outcome = MustRun(Done());
  EXPECT_EQ(outcome.needed, needed);
  EXPECT_EQ(outcome.blocks, needed);
}

TEST_F(BenchRunnerTest, FailedRunIsKeptCountedAndDone) {
  fails_ = "tg4";
  plan_.blocks = 1;
  const BenchOutcome outcome = MustRun();
  EXPECT_EQ(outcome.end, BenchEnd::kDone);
  EXPECT_EQ(outcome.failed, 4U);  // with the warm-ups
  EXPECT_NE(outcome.first_failure.find("tg4: engine_error"), std::string::npos);
  EXPECT_EQ(Measured(), 4U);
}

TEST_F(BenchRunnerTest, WithoutAnyValueThePilotIsAll) {
  plan_.metric = "energy_consumed_mj";
  EXPECT_EQ(MustRun().blocks, 6U);
}

TEST_F(BenchRunnerTest, ArmThatCannotBeLoadedOrRecordThatCannotBeKeptEndsIt) {
  broken_arm_ = 1;
  EXPECT_EQ(Run().status().message(), "no such model");
  broken_arm_ = SIZE_MAX;
  full_after_ = kept_.size() + 3;
  EXPECT_EQ(Run().status().message(), "disk full");
}

}  // namespace
}  // namespace inferometer::trial
