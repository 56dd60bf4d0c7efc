#include "report/html/histogram.h"

#include <gtest/gtest.h>

#include <numeric>

namespace inferometer::report::html {
namespace {

TEST(Histogram, ExtremesAreInTheFirstAndTheLastBar) {
  Histogram histogram(10, 20, 100);
  for (const double value : {10.0, 20.0, 19.999}) histogram.Add(value);
  EXPECT_EQ(histogram.counts().size(), 10U);
  EXPECT_EQ(histogram.counts().front(), 1U);
  EXPECT_EQ(histogram.counts().back(), 2U);
  EXPECT_EQ(histogram.EdgeOf(0), 10);
  EXPECT_EQ(histogram.EdgeOf(10), 20);
}

TEST(Histogram, EveryValueCountsOnce) {
  Histogram histogram(0, 1, 1'000'000);
  EXPECT_EQ(histogram.counts().size(), Histogram::kMostBars);
  for (int i = 0; i <= 10'000; ++i) histogram.Add(i / 10'000.0);
  EXPECT_EQ(histogram.total(), 10'001U);
  EXPECT_EQ(std::accumulate(histogram.counts().begin(), histogram.counts().end(), std::uint64_t{0}), 10'001U);
}

TEST(Histogram, EqualValuesAreOneBar) {
  Histogram histogram(5, 5, 40);
  histogram.Add(5);
  EXPECT_EQ(histogram.counts(), std::vector<std::uint64_t>{1});
}

TEST(Histogram, ValuesBeyondTheEndsAndWhatIsNoNumberAreNotCounted) {
  Histogram histogram(-5, 5, 4);
  for (const double value : {-5.1, 5.1, std::numeric_limits<double>::quiet_NaN()}) histogram.Add(value);
  EXPECT_EQ(histogram.total(), 0U);
  histogram.Add(-4.9);
  EXPECT_EQ(histogram.counts().front(), 1U);
}

TEST(Histogram, BarsOfWideValuesAreEquallyWideOnALogScale) {
  Histogram histogram(1, 10'000, 16);
  ASSERT_EQ(histogram.counts().size(), 4U);
  EXPECT_NEAR(histogram.EdgeOf(1), 10, 1e-9);
  EXPECT_NEAR(histogram.EdgeOf(4), 10'000, 1e-6);
  for (const double value : {1.0, 9.0, 11.0, 10'000.0}) histogram.Add(value);
  EXPECT_EQ(histogram.counts(), (std::vector<std::uint64_t>{2, 1, 0, 1}));
}

}  // namespace
}  // namespace inferometer::report::html
