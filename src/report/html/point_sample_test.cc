#include "report/html/point_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace inferometer::report::html {
namespace {

using ::testing::Contains;

std::uint64_t HashOf(std::uint64_t number) { return (number + 1) * 0x9e3779b97f4a7c15; }

std::vector<std::pair<std::uint64_t, Point>> ManyPoints() {
  std::vector<std::pair<std::uint64_t, Point>> points;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    points.emplace_back(HashOf(i), Point{static_cast<double>(i % 71), static_cast<double>(i * 37 % 1'009)});
  }
  return points;
}

TEST(PointSample, EmptyHasNoPoints) { EXPECT_TRUE(PointSample(3).Points().empty()); }

TEST(PointSample, FewPointsAreAllKept) {
  PointSample sample(3);
  for (std::uint64_t i = 0; i < 3; ++i) sample.Add(HashOf(i), {static_cast<double>(i), -5});
  EXPECT_EQ(sample.Points().size(), 3U);
}

TEST(PointSample, OfManyThoseWithTheSmallestHashesAreKept) {
  PointSample sample(2);
  for (const std::uint64_t hash : {7U, 3U, 9U, 1U, 5U}) sample.Add(hash, {static_cast<double>(hash), 0});
  EXPECT_EQ(sample.Points(), (std::vector<Point>{{1, 0}, {3, 0}, {9, 0}}));  // 9 is the outermost
}

TEST(PointSample, OutermostPointsAreKeptWhateverTheirHash) {
  PointSample sample(10);
  for (const auto& [hash, point] : ManyPoints()) sample.Add(hash, point);
  const Point outermost[] = {{-100, 3}, {900, 4}, {5, -2e3}, {6, 1e9}};
  for (const Point& point : outermost) sample.Add(~std::uint64_t{0}, point);
  for (const Point& point : outermost) EXPECT_THAT(sample.Points(), Contains(point));
  EXPECT_LE(sample.Points().size(), 14U);
  EXPECT_EQ(sample.seen(), 5'004U);
}

TEST(PointSample, OrderDoesNotMatter) {
  auto points = ManyPoints();
  PointSample forwards(50);
  for (const auto& [hash, point] : points) forwards.Add(hash, point);
  std::reverse(points.begin(), points.end());
  PointSample backwards(50);
  for (const auto& [hash, point] : points) backwards.Add(hash, point);
  std::rotate(points.begin(), points.begin() + 1'234, points.end());
  PointSample rotated(50);
  for (const auto& [hash, point] : points) rotated.Add(hash, point);
  EXPECT_EQ(forwards.Points(), backwards.Points());
  EXPECT_EQ(forwards.Points(), rotated.Points());
}

}  // namespace
}  // namespace inferometer::report::html
