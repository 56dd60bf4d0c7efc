#include "base/quantile.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace inferometer::base
