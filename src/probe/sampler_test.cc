#include "probe/sampler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr double kAll = 1;  // the machine is ours
constexpr SamplingPlan kQuickPlan{milliseconds(2), milliseconds(20), milliseconds(10), kAll};

class SamplerTest : public testing::Test {
 protected:
  // A sampler whose task notes when it ran, and then takes `busy_for`.
  void Make(SamplingPlan plan, milliseconds busy_for = milliseconds(0)) {
    const auto task = [this, busy_for] {
      {
        const std::lock_guard lock(mutex_);
        ticks_.push_back(SteadyClock::now());
      }
      if (busy_for.count() > 0) std::this_thread::sleep_for(busy_for);
    };
    sampler_.emplace(std::vector<SampledTask>{{task, task_interval_}}, plan);
  }
  std::size_t Ticks() {
    const std::lock_guard lock(mutex_);
    return ticks_.size();
  }
  bool AwaitTicks(std::size_t at_least) {
    const auto deadline = SteadyClock::now() + seconds(20);
    while (Ticks() < at_least) {
      if (SteadyClock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
  }

  std::mutex mutex_;
  std::vector<SteadyClock::time_point> ticks_;  // under mutex_
  milliseconds task_interval_{0};
  std::optional<Sampler> sampler_;
};

TEST_F(SamplerTest, SleepsWhileNoWindowIsOpen) {
  Make(kQuickPlan);
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(Ticks(), 0U);
  EXPECT_EQ(sampler_->CpuTime().count(), 0);
}

TEST_F(SamplerTest, TicksWhileAWindowIsOpenAndStopsAfterIt) {
  Make(kQuickPlan);
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(5));
  sampler_->Close();
  std::this_thread::sleep_for(milliseconds(15));  // one that was under way may end
  const std::size_t ticks = Ticks();
  std::this_thread::sleep_for(milliseconds(40));
  EXPECT_EQ(Ticks(), ticks);
  EXPECT_EQ(sampler_->ticks(), ticks);
  EXPECT_GT(sampler_->CpuTime().count(), 0);
}

TEST_F(SamplerTest, ClosingOneOfTwoWindowsLeavesTheOther) {
  Make(kQuickPlan);
  sampler_->Open();
  sampler_->Open();
  sampler_->Close();
  EXPECT_TRUE(AwaitTicks(3));
  sampler_->Close();
}

TEST_F(SamplerTest, NeverTicksMoreOftenThanPlanned) {
  Make({milliseconds(5), milliseconds(0), milliseconds(5), kAll});
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(6));
  sampler_->Close();
  const std::lock_guard lock(mutex_);
  EXPECT_GE(ticks_[5] - ticks_[1], milliseconds(19));
}

TEST_F(SamplerTest, SlowSensorIsReadOneTenthOfTheTimeAtMost) {
  Make({milliseconds(1), milliseconds(10'000), milliseconds(1), kAll}, milliseconds(5));
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(4));
  sampler_->Close();
  const std::lock_guard lock(mutex_);
  EXPECT_GE(ticks_[3] - ticks_[0], milliseconds(3 * 54));
}

TEST_F(SamplerTest, TicksThatCostMuchComeLessOftenButStillCome) {
  Make({milliseconds(1), milliseconds(10'000), milliseconds(1), 1e-9});
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(4));
  sampler_->Close();
  const std::lock_guard lock(mutex_);
  EXPECT_GE(ticks_[3] - ticks_[0], milliseconds(3 * 249));
}

TEST_F(SamplerTest, TaskThatIsNotDueWaitsForALaterTick) {
  task_interval_ = milliseconds(50);
  Make(kQuickPlan);
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(3));
  sampler_->Close();
  EXPECT_GT(sampler_->ticks(), 5U);
  const std::lock_guard lock(mutex_);
  EXPECT_GE(ticks_[2] - ticks_[0], milliseconds(99));
}

TEST_F(SamplerTest, EndsAtOnceWhileAWindowIsOpen) {
  Make({seconds(10), seconds(10), seconds(10), kAll});
  sampler_->Open();
  EXPECT_TRUE(AwaitTicks(1));
  const auto begin = SteadyClock::now();
  sampler_.reset();
  EXPECT_LT(SteadyClock::now() - begin, seconds(5));
}

}  // namespace
}  // namespace inferometer::probe
