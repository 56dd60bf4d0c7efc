#include "trial/observer_effect.h"

#include <gtest/gtest.h>

#include <thread>

#include "trial/spin_work.h"

namespace inferometer::trial {
namespace {

using std::chrono::milliseconds;

// Takes 2 ms, and so much more when it is measured.
class Sleeper final : public Work {
 public:
  explicit Sleeper(milliseconds more) : more_(more) {}
  Status Run(Inference* inference) override {
    ++runs;
    std::this_thread::sleep_for(milliseconds(2) + (inference != nullptr ? more_ : milliseconds(0)));
    if (inference != nullptr) inference->Token();
    return fails_at == runs ? Status(Code::kInternal, "broken") : Ok();
  }
  int runs = 0;
  int fails_at = 0;

 private:
  milliseconds more_;
};

class ObserverEffectTest : public testing::Test {
 protected:
  ObserverEffectTest() {
    auto recorder = Recorder::Create({.device_id = "trial", .energy = EnergyChoice::kNone});
    EXPECT_TRUE(recorder.ok());
    recorder_ = std::move(recorder).value();
  }
  Result<ObserverEffect> Measure(Work& work, const ObserverPlan& plan) {
    return MeasureObserverEffect(work, *recorder_, plan, clock_, stop_.get_token(), [this](const PairedEffect& so_far) {
      if (so_far.pairs == stop_after_) stop_.request_stop();
    });
  }

  base::SystemClock clock_;
  std::stop_source stop_;
  std::size_t stop_after_ = 0;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(ObserverEffectTest, SeesAnEffectThatIsThere) {
  Sleeper work(milliseconds(2));
  const auto effect = Measure(work, {.margin_percent = 10, .least_pairs = 10, .most_pairs = 20});
  ASSERT_TRUE(effect.ok());
  EXPECT_GT(effect->effect.median_percent, 50);
  EXPECT_EQ(VerdictOf(effect->effect, 10), ObserverVerdict::kBeyondMargin);
  EXPECT_GT(effect->probe_us, 0);
  EXPECT_GT(effect->run_seconds, 0.0019);
  EXPECT_FALSE(effect->sampler_machine_percent.has_value());
}

TEST_F(ObserverEffectTest, EndsAsSoonAsTheIntervalIsWithinTheMargin) {
  Sleeper work(milliseconds(0));
  const auto effect = Measure(work, {.margin_percent = 1000, .least_pairs = 8, .most_pairs = 500});
  ASSERT_TRUE(effect.ok());
  EXPECT_EQ(effect->effect.pairs, 8U);
  EXPECT_EQ(VerdictOf(effect->effect, 1000), ObserverVerdict::kWithinMargin);
}

TEST_F(ObserverEffectTest, ExactlyRunsThePairsThatWereAsked) {
  for (const std::size_t pairs : {6U, 9U}) {
    Sleeper work(milliseconds(0));
    const auto effect = Measure(work, Exactly(pairs));
    ASSERT_TRUE(effect.ok());
    EXPECT_EQ(effect->effect.pairs, pairs);
    EXPECT_EQ(work.runs, static_cast<int>(2 * pairs + 2));
  }
}

TEST_F(ObserverEffectTest, TooFewPairsForAnIntervalAreNotBegun) {
  Sleeper work(milliseconds(0));
  EXPECT_EQ(Measure(work, Exactly(5)).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(work.runs, 0);
}

TEST_F(ObserverEffectTest, TimeIsBounded) {
  Sleeper work(milliseconds(0));
  const auto effect = Measure(work, {.margin_percent = 0, .at_most = milliseconds(0)});
  ASSERT_TRUE(effect.ok());
  EXPECT_EQ(effect->effect.pairs, 6U);
}

TEST_F(ObserverEffectTest, StopTakesWhatThereIs) {
  Sleeper work(milliseconds(0));
  stop_after_ = 7;
  const auto effect = Measure(work, {.margin_percent = 0});
  ASSERT_TRUE(effect.ok());
  EXPECT_EQ(effect->effect.pairs, 7U);
}

TEST_F(ObserverEffectTest, StopBeforeSixPairsIsCancelled) {
  Sleeper work(milliseconds(0));
  stop_after_ = 3;
  EXPECT_EQ(Measure(work, {.margin_percent = 0}).status().code(), Code::kCancelled);
}

TEST_F(ObserverEffectTest, FailureOfTheWorkIsPassedOn) {
  for (const int fails_at : {1, 2, 5}) {
    Sleeper work(milliseconds(0));
    work.fails_at = fails_at;
    EXPECT_EQ(Measure(work, {}).status().message(), "broken");
  }
}

TEST(VerdictOf, FollowsTheInterval) {
  EXPECT_EQ(VerdictOf({0, -0.5, 0.5, 30}, 0.5), ObserverVerdict::kWithinMargin);
  EXPECT_EQ(VerdictOf({0, -0.6, 0.5, 30}, 0.5), ObserverVerdict::kUndecided);
  EXPECT_EQ(VerdictOf({1, 0.6, 2, 30}, 0.5), ObserverVerdict::kBeyondMargin);
  EXPECT_EQ(VerdictOf({-1, -2, -0.6, 30}, 0.5), ObserverVerdict::kBeyondMargin);
  EXPECT_EQ(VerdictOf({0, {}, {}, 5}, 0.5), ObserverVerdict::kUndecided);
}

TEST(SpinWork, TakesAboutAsLongAsWasAskedAndMarksItsTokens) {
  auto recorder = Recorder::Create({.device_id = "trial", .energy = EnergyChoice::kNone});
  ASSERT_TRUE(recorder.ok());
  SpinWork work(1, 0.02);
  Inference inference = (*recorder)->Begin({"spin", "cpu"});
  ASSERT_TRUE(work.Run(&inference).ok());
  const InferenceRecord record = inference.End("length");
  EXPECT_EQ(record.generated_tokens, 8);
  EXPECT_GT(*record.cpu_time_ms, 5);
}

}  // namespace
}  // namespace inferometer::trial
