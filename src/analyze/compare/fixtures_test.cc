// The statistics equal those of NumPy and SciPy on the samples of testdata/scipy.json (bench/statistics_fixtures.py).
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "analyze/compare/drift.h"
#include "analyze/compare/median_interval.h"
#include "analyze/compare/rank_tests.h"
#include "base/quantile.h"

namespace inferometer::analyze {
namespace {

using simdjson::dom::element;

class FixturesTest : public ::testing::Test {
 protected:
  FixturesTest() {
    const std::string path = std::string(INFEROMETER_SOURCE_DIR) + "/src/analyze/compare/testdata/scipy.json";
    EXPECT_FALSE(parser_.load(path).get(fixtures_)) << path;
  }

  // Calls `each` for every case of that function.
  template <typename Each>
  void ForEach(const char* function, Each each) const {
    simdjson::dom::array cases;
    ASSERT_FALSE(fixtures_[function].get(cases));
    ASSERT_GT(cases.size(), 0U);
    for (const element one : cases) each(one);
  }

  static std::vector<double> Values(element one, const char* key) {
    std::vector<double> values;
    for (const element value : one[key]) values.push_back(double(value));
    return values;
  }
  static double Number(element one, const char* key) { return double(one[key]); }

  static void ExpectEqual(double found, double theirs, std::size_t n) {
    EXPECT_NEAR(found, theirs, 1e-9 * std::max(1e-3, std::abs(theirs))) << n << " values";
  }

 private:
  simdjson::dom::parser parser_;
  element fixtures_;
};

TEST_F(FixturesTest, MannWhitneyEqualsSciPys) {
  ForEach("mannwhitneyu", [](element one) {
    const std::vector<double> a = Values(one, "a");
    const MannWhitney test = CompareRanks(a, Values(one, "b"));
    EXPECT_EQ(test.u, Number(one, "u"));
    ExpectEqual(test.p, Number(one, "p"), a.size());
    ExpectEqual(test.delta, Number(one, "delta"), a.size());
  });
}

TEST_F(FixturesTest, SignedRankEqualsSciPys) {
  ForEach("wilcoxon", [](element one) {
    const std::vector<double> differences = Values(one, "differences");
    ExpectEqual(SignedRankP(differences), Number(one, "p"), differences.size());
  });
}

TEST_F(FixturesTest, SpearmanAndTheAutocorrelationOfRanksEqualTheirs) {
  ForEach("spearmanr", [](element one) {
    const std::vector<double> values = Values(one, "values");
    const std::vector<std::span<const double>> series = {values};
    const auto trend = CorrelateWithOrder(values);
    ASSERT_TRUE(trend);
    ExpectEqual(trend->rho, Number(one, "rho"), series[0].size());
    ExpectEqual(trend->p, Number(one, "p"), series[0].size());
    ExpectEqual(*FindDrift(series).autocorrelation, Number(one, "autocorrelation"), series[0].size());
  });
}

TEST_F(FixturesTest, TheMediansIntervalIsSciPysOfTheQuantileTest) {
  ForEach("median", [](element one) {
    const MedianFigure figure = MedianOf(Values(one, "values"));
    ExpectEqual(figure.median, Number(one, "median"), figure.n);
    ASSERT_EQ(figure.interval.has_value(), !one["interval"].is_null()) << figure.n;
    if (!figure.interval) return;
    const std::vector<double> theirs = Values(one, "interval");
    EXPECT_EQ(figure.interval->low, theirs[0]) << figure.n;
    EXPECT_EQ(figure.interval->high, theirs[1]) << figure.n;
  });
}

TEST_F(FixturesTest, QuantilesEqualNumPys) {
  ForEach("quantile", [](element one) {
    std::vector<double> values = Values(one, "values");
    const std::vector<double> asked = Values(one, "q");
    const std::vector<double> theirs = Values(one, "quantiles");
    for (std::size_t i = 0; i < asked.size(); ++i) {
      ExpectEqual(base::QuantileType7(values, asked[i]), theirs[i], values.size());
    }
  });
}

}  // namespace
}  // namespace inferometer::analyze
