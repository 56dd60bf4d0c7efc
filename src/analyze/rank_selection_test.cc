#include "analyze/rank_selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "base/quantile.h"

namespace inferometer::analyze {
namespace {

constexpr std::array kQuantiles = {0.5, 0.95, 0.99};
constexpr std::size_t kCount = 100'000;

std::vector<double> TrueQuantiles(std::vector<double> values) {
  std::vector<double> found;
  for (const double q : kQuantiles) found.push_back(base::QuantileType7(values, q));
  return found;
}

// What a selection that holds at most `most` numbers says, and in how many passes it came to that.
struct Answer {
  std::vector<double> quantiles;
  int passes = 0;
  std::size_t most_kept = 0;
};

Answer Select(const std::vector<double>& values, std::size_t most, std::size_t at_a_time = 512) {
  RankSelection selection(kQuantiles);
  Answer answer;
  do {
    ++answer.passes;
    for (std::size_t i = 0; i < values.size(); i += at_a_time) {
      selection.Take(std::span(values).subspan(i, std::min(at_a_time, values.size() - i)));
      answer.most_kept = std::max(answer.most_kept, selection.kept());
      if (selection.kept() > most) selection.Narrow(most / 2);
    }
  } while (!selection.End(most));
  answer.quantiles = selection.Quantiles();
  return answer;
}

std::vector<double> Numbers(const std::function<double(std::size_t)>& of) {
  std::vector<double> values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = of(i);
  return values;
}

TEST(RankSelectionTest, NumbersLikeOneAnotherTakeOnePass) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> spread(5, 0.3);
  const std::vector<double> values = Numbers([&](std::size_t) { return spread(random); });
  const Answer answer = Select(values, 20'000);
  EXPECT_EQ(answer.quantiles, TrueQuantiles(values));
  EXPECT_EQ(answer.passes, 1);
  EXPECT_LE(answer.most_kept, 20'000U + 512U);
}

TEST(RankSelectionTest, NumbersThatRiseTakeAnotherPassAndAreExact) {
  const std::vector<double> values = Numbers([](std::size_t i) { return static_cast<double>(i) * 0.01; });
  const Answer answer = Select(values, 2'000);
  EXPECT_EQ(answer.quantiles, TrueQuantiles(values));
  EXPECT_GT(answer.passes, 1);
  EXPECT_LE(answer.passes, 7);
  EXPECT_LE(answer.most_kept, 2'000U + 512U);
}

TEST(RankSelectionTest, NumbersOfAllMagnitudesFallingAreExact) {
  const std::vector<double> values =
      Numbers([](std::size_t i) { return std::ldexp(i % 2 == 0 ? 1.0 : -1.0, 500 - static_cast<int>(i / 100)); });
  const Answer answer = Select(values, 100, 64);
  EXPECT_EQ(answer.quantiles, TrueQuantiles(values));
  EXPECT_LE(answer.passes, 7);
}

TEST(RankSelectionTest, OneNumberAgainAndAgainNeedsNoRoom) {
  std::vector<double> values = Numbers([](std::size_t i) { return i % 1000 == 0 ? 1.0 : 160.5; });
  const Answer answer = Select(values, 5'000);
  EXPECT_EQ(answer.quantiles, TrueQuantiles(values));
  EXPECT_EQ(answer.passes, 1);
}

TEST(RankSelectionTest, FewDifferentNumbersInTurnAreExact) {
  for (const std::size_t most : {6U, 60U, 600U, 60'000U}) {
    const std::vector<double> values = Numbers([](std::size_t i) { return static_cast<double>((i / 7'000) % 5); });
    EXPECT_EQ(Select(values, most).quantiles, TrueQuantiles(values)) << most;
  }
}

TEST(RankSelectionTest, AnyNumbersInAnyOrderAreExact) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<double> values(1 + random() % 3'000);
    const auto kind = random() % 4;
    for (double& value : values) {
      value = static_cast<double>(random() % (kind == 0 ? 10 : 100'000)) / (kind == 1 ? 1000 : 1) - 500;
    }
    if (kind == 2) std::sort(values.begin(), values.end());
    if (kind == 3) std::sort(values.rbegin(), values.rend());
    EXPECT_EQ(Select(values, 6 + random() % 500, 1 + random() % 200).quantiles, TrueQuantiles(values)) << seed;
  }
}

}  // namespace
}  // namespace inferometer::analyze
