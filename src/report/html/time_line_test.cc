#include "report/html/time_line.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferometer::report::html {
namespace {

Moment At(std::int64_t second, double ms, bool failed = false, bool throttled = false) {
  Moment moment;
  moment.time = WallTime(std::chrono::seconds(1'790'000'000 + second));
  if (!failed) moment.values[0] = ms;
  moment.failed = failed;
  moment.throttled = throttled;
  return moment;
}

TEST(TimeLine, EmptyHasNothing) {
  TimeLine line(10);
  line.Finish();
  EXPECT_EQ(line.count(), 0U);
  EXPECT_TRUE(line.moments().empty() && line.Slices().empty());
}

TEST(TimeLine, FewInferencesAreAllKeptByTime) {
  TimeLine line(3);
  for (const int second : {5, 1, 3}) line.Add(At(second, second));
  line.Finish();
  ASSERT_EQ(line.moments().size(), 3U);
  EXPECT_EQ(line.moments()[0], At(1, 1));
  EXPECT_EQ(line.moments()[2], At(5, 5));
  EXPECT_TRUE(line.Slices().empty());
  EXPECT_TRUE(line.Has(Row::kInferenceTimeMs));
  EXPECT_FALSE(line.Has(Row::kTemperatureC));
}

// A hundred thousand inferences with two gaps and one value that stands out.
std::vector<Moment> ManyMoments() {
  std::vector<Moment> moments;
  for (int i = 0; i < 100'000; ++i) {
    moments.push_back(At(i * 2 + i / 40'000 * 86'400, 100 + i * 37 % 1'009, i % 977 == 3, i % 1'999 == 5));
  }
  moments[54'321] = At(moments[54'321].time.time_since_epoch().count() / 1'000'000 - 1'790'000'000, 1e6);
  return moments;
}

TEST(TimeLine, ManyInferencesBecomeSlicesThatKeepExtremesAndCounts) {
  TimeLine line(1'000);
  std::size_t failed = 0;
  std::size_t throttled = 0;
  for (const Moment& moment : ManyMoments()) {
    line.Add(moment);
    failed += static_cast<std::size_t>(moment.failed);
    throttled += static_cast<std::size_t>(moment.throttled);
  }
  line.Finish();
  EXPECT_TRUE(line.is_sliced() && line.moments().empty());
  const std::vector<Slice> slices = line.Slices();
  EXPECT_LE(slices.size(), TimeLine::kMostSlices);
  EXPECT_GT(slices.size(), TimeLine::kMostSlices / 4);
  double most = 0;
  for (const Slice& slice : slices) {
    most = std::max(most, slice.ranges[0]->most);
    EXPECT_GE(slice.ranges[0]->least, 100);
    failed -= slice.failed;
    throttled -= slice.throttled;
    EXPECT_LE(slice.last - slice.first, line.slice_length());
  }
  EXPECT_EQ(most, 1e6);
  EXPECT_EQ(failed, 0U);
  EXPECT_EQ(throttled, 0U);
  EXPECT_EQ(slices.front().first, ManyMoments().front().time);
  EXPECT_EQ(slices.back().last, ManyMoments().back().time);
}

TEST(TimeLine, SlicesDoNotDependOnTheOrder) {
  std::vector<Moment> moments = ManyMoments();
  const auto ranges = [&] {
    TimeLine line(500);
    for (const Moment& moment : moments) line.Add(moment);
    line.Finish();
    std::vector<std::tuple<WallTime, WallTime, double, double>> all;
    for (const Slice& slice : line.Slices()) {
      all.emplace_back(slice.first, slice.last, slice.ranges[0]->least, slice.ranges[0]->most);
    }
    return all;
  };
  const auto forwards = ranges();
  std::reverse(moments.begin(), moments.end());
  EXPECT_EQ(ranges(), forwards);
  std::rotate(moments.begin(), moments.begin() + 33'333, moments.end());
  EXPECT_EQ(ranges(), forwards);
}

TEST(TimeLine, AllAtOneTimeIsOneSlice) {
  TimeLine line(2);
  for (int i = 0; i < 5; ++i) line.Add(At(7, i));
  line.Finish();
  ASSERT_EQ(line.Slices().size(), 1U);
  EXPECT_EQ(line.Slices()[0].ranges[0]->most, 4);
}

}  // namespace
}  // namespace inferometer::report::html
