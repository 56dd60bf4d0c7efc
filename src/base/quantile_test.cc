#include "base/quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace inferometer::base {
namespace {

double Quantile(std::vector<double> values, double q) { return QuantileType7(values, q); }

// Expected values: numpy.quantile of NumPy 1.26.
TEST(Quantile, EqualsNumpysDefault) {
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Quantile({15, 20, 35, 40, 50}, 0.4), 29.0);
  EXPECT_NEAR(Quantile({15, 20, 35, 40, 50}, 0.95), 48.0, 1e-12);
}

TEST(Quantile, EndsAreTheExtremes) {
  EXPECT_EQ(Quantile({3, 1, 2}, 0.0), 1);
  EXPECT_EQ(Quantile({3, 1, 2}, 1.0), 3);
}

TEST(Quantile, OfOneValueIsThatValue) { EXPECT_EQ(Quantile({7}, 0.99), 7); }

// The same answers as one by one, whatever the values look like: even, skewed, in few places, with one far away.
TEST(Quantiles, EqualTheOneByOneAnswers) {
  constexpr double kAsked[] = {0.0, 0.5, 0.95, 0.99, 1.0};
  const auto spread = [](std::size_t i) { return static_cast<double>(i * 7919 % 100'003); };
  const std::vector<std::function<double(std::size_t)>> shapes = {
      spread,
      [&](std::size_t i) { return std::exp(spread(i) / 5000); },
      [](std::size_t i) { return static_cast<double>(i % 3); },
      [&](std::size_t i) { return i == 77 ? 1e15 : spread(i); },
      [](std::size_t) { return 4.5; },
      [&](std::size_t i) { return spread(i) * 1e-320; },
  };
  for (std::size_t shape = 0; shape < shapes.size(); ++shape) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{59}, std::size_t{4096}, std::size_t{20'001}}) {
      std::vector<double> values;
      for (std::size_t i = 0; i < count; ++i) values.push_back(shapes[shape](i));
      const auto [least, most] = std::minmax_element(values.begin(), values.end());
      const std::vector<double> found = QuantilesType7(values, {*least, *most}, kAsked);
      for (std::size_t i = 0; i < std::size(kAsked); ++i) {
        EXPECT_EQ(found[i], Quantile(values, kAsked[i])) << shape << ' ' << count << ' ' << kAsked[i];
      }
    }
  }
}

}  // namespace
}  // namespace inferometer::base
