#include "probe/heat/cpu_frequency.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ParseTimeInState, AddsUpTimeAndCycles) {
  const auto sum = ParseTimeInState("600000 100\n2400000 300\n");
  ASSERT_TRUE(sum.ok()) << sum.status().message();
  EXPECT_EQ(sum->ticks, 400U);
  EXPECT_EQ(sum->khz_ticks, 600000U * 100 + 2400000ULL * 300);
}

TEST(ParseTimeInState, GarbageNamesTheByte) {
  for (const auto& [text, at] : {std::pair{"", 0U},
                                 {"x 1\n", 0U},
                                 {"600000\n", 6U},
                                 {"600000 x\n", 7U},
                                 {"600000 1", 8U},
                                 {"600000 1 2\n", 8U},
                                 {"600000 1\n\n", 9U},
                                 {"600000 99999999999999999\n", 7U},
                                 {"99999999 1\n", 0U}}) {
    const auto sum = ParseTimeInState(text);
    ASSERT_EQ(sum.status().code(), Code::kDataLoss) << text;
    EXPECT_EQ(sum.status().offset_bytes(), at) << text;
  }
}

TEST(ParseMhz, TakesOnlyFrequenciesThatCanBe) {
  EXPECT_DOUBLE_EQ(*ParseMhz("2400000\n"), 2400.0);
  for (const char* text : {"", "0\n", "<unknown>\n", "2400000 x\n", "99999999\n"}) {
    EXPECT_EQ(ParseMhz(text).status().code(), Code::kDataLoss) << text;
  }
}

TEST(ParseCpuCount, CountsTheList) {
  EXPECT_EQ(*ParseCpuCount("0 1 2 3\n"), 4U);
  EXPECT_EQ(*ParseCpuCount("7"), 1U);
  for (const char* text : {"", "\n", "0 x\n", "0-3\n"}) EXPECT_FALSE(ParseCpuCount(text).ok()) << text;
}

class CpuFrequencyTest : public testing::Test {
 protected:
  void Put(int policy, const std::string& file, const std::string& text) const {
    folder_.Put("devices/system/cpu/cpufreq/policy" + std::to_string(policy) + "/" + file, text);
  }
  void OpenOrDie() {
    auto source = OpenCpuFrequency(folder_.path());
    ASSERT_TRUE(source.ok()) << source.status().message();
    watch_ = std::make_unique<FrequencyWatch>(std::move(source).value(), &clock_);
    clock_.Advance(seconds(10));
  }
  void Begin() {
    watch_->LookAtBegin();
    begin_ = watch_->Reading();
    began_ = clock_.Steady();
  }
  void Tick(milliseconds after) {
    clock_.Advance(after);
    watch_->LookAtTick();
  }
  std::optional<double> End(milliseconds after) {
    clock_.Advance(after);
    watch_->LookAtEnd();
    return MeanMhz(begin_, watch_->Reading(), clock_.Steady() - began_);
  }

  os::TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<FrequencyWatch> watch_;
  FrequencyReading begin_;
  std::chrono::nanoseconds began_{};
};

TEST_F(CpuFrequencyTest, MachineThatDoesNotTellIsNotFound) {
  EXPECT_EQ(OpenCpuFrequency(folder_.path()).status().code(), Code::kNotFound);
  Put(0, "related_cpus", "0 1\n");
  EXPECT_EQ(OpenCpuFrequency(folder_.path()).status().code(), Code::kNotFound);
}

TEST_F(CpuFrequencyTest, CountedTimeComesFirstThenTheHardwareThenTheRequest) {
  Put(0, "scaling_cur_freq", "1000000\n");
  OpenOrDie();
  EXPECT_EQ(watch_->name(), "scaling_cur_freq");
  Put(0, "cpuinfo_avg_freq", "1100000\n");
  OpenOrDie();
  EXPECT_EQ(watch_->name(), "cpuinfo_avg_freq");
  Put(0, "stats/time_in_state", "600000 1\n");
  OpenOrDie();
  EXPECT_EQ(watch_->name(), "time_in_state");
  Put(0, "stats/time_in_state", "garbage\n");
  OpenOrDie();
  EXPECT_EQ(watch_->name(), "cpuinfo_avg_freq");
}

TEST_F(CpuFrequencyTest, CountedTimeOfTheWindowAloneIsTheMean) {
  Put(0, "stats/time_in_state", "600000 1000\n2400000 50\n");
  OpenOrDie();
  Put(0, "stats/time_in_state", "600000 2000\n2400000 50\n");  // idle before the window
  Begin();
  Put(0, "stats/time_in_state", "600000 2025\n2400000 125\n");
  const auto mhz = End(seconds(1));
  ASSERT_TRUE(mhz.has_value());
  EXPECT_DOUBLE_EQ(*mhz, 0.25 * 600 + 0.75 * 2400);
}

TEST_F(CpuFrequencyTest, PoliciesWeighAsManyCpusAsTheyHave) {
  Put(0, "related_cpus", "0 1 2\n");
  Put(0, "stats/time_in_state", "1000000 0\n");
  Put(3, "related_cpus", "3\n");
  Put(3, "stats/time_in_state", "2000000 0\n");
  OpenOrDie();
  Begin();
  Put(0, "stats/time_in_state", "1000000 100\n");
  Put(3, "stats/time_in_state", "2000000 100\n");
  EXPECT_DOUBLE_EQ(End(seconds(1)).value_or(0), 1250.0);
}

TEST_F(CpuFrequencyTest, CounterThatWentBackwardsIsNoFrequencyAndBeginsAnew) {
  Put(0, "stats/time_in_state", "600000 1000\n");
  OpenOrDie();
  Begin();
  Put(0, "stats/time_in_state", "600000 100\n");
  EXPECT_FALSE(End(seconds(1)).has_value());
  Begin();
  Put(0, "stats/time_in_state", "600000 200\n");
  EXPECT_DOUBLE_EQ(End(seconds(1)).value_or(0), 600.0);
}

TEST_F(CpuFrequencyTest, CounterThatStandsIsNoFrequency) {
  Put(0, "stats/time_in_state", "600000 1000\n");
  OpenOrDie();
  Begin();
  EXPECT_FALSE(End(seconds(1)).has_value());
}

TEST_F(CpuFrequencyTest, SamplesWeighTheTimeBetweenThem) {
  Put(0, "scaling_cur_freq", "600000\n");
  OpenOrDie();
  Begin();
  Put(0, "scaling_cur_freq", "2400000\n");
  Tick(milliseconds(100));
  EXPECT_DOUBLE_EQ(End(milliseconds(900)).value_or(0), (150.0 + 0.9 * 2400));
}

TEST_F(CpuFrequencyTest, WhatWasBeforeTheWindowIsNotInIt) {
  Put(0, "scaling_cur_freq", "600000\n");
  OpenOrDie();
  watch_->LookAtTick();
  Put(0, "scaling_cur_freq", "2400000\n");
  clock_.Advance(seconds(5));
  Begin();
  EXPECT_DOUBLE_EQ(End(seconds(1)).value_or(0), 2400.0);
}

TEST_F(CpuFrequencyTest, LookThatBeginsAnewTellsNothingOfThePause) {
  for (const char* file : {"scaling_cur_freq", "stats/time_in_state"}) {
    const bool is_count = std::string_view(file).starts_with("stats");
    Put(0, file, is_count ? "600000 0\n" : "600000\n");
    auto source = OpenCpuFrequency(folder_.path());
    ASSERT_TRUE(source.ok());
    static_cast<void>((*source)->Look(seconds(1), false));
    if (is_count) Put(0, file, "600000 100\n");
    EXPECT_EQ((*source)->Look(seconds(2), true)->seconds, 0.0) << file;
    if (is_count) Put(0, file, "600000 200\n");
    EXPECT_DOUBLE_EQ((*source)->Look(seconds(3), false)->seconds, 1.0) << file;
  }
}

TEST_F(CpuFrequencyTest, FailedSampleIsNoFrequency) {
  Put(0, "scaling_cur_freq", "600000\n");
  OpenOrDie();
  Begin();
  Put(0, "scaling_cur_freq", "");
  Tick(milliseconds(100));
  Put(0, "scaling_cur_freq", "600000\n");
  EXPECT_FALSE(End(milliseconds(900)).has_value());
}

TEST_F(CpuFrequencyTest, HalfOfTheWindowUnseenIsNoFrequency) {
  FrequencyReading end;
  end.seconds = 0.49;
  end.mhz_seconds = 490;
  EXPECT_FALSE(MeanMhz({}, end, seconds(1)).has_value());
  end.seconds = 0.5;
  EXPECT_TRUE(MeanMhz({}, end, seconds(1)).has_value());
}

}  // namespace
}  // namespace inferometer::probe
