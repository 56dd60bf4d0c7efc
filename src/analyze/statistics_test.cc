#include "analyze/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferometer::analyze {
namespace {

Sample Of(std::initializer_list<std::pair<Quantity, double>> values) {
  Sample sample;
  for (const auto& [quantity, value] : values) sample.Set(quantity, value);
  return sample;
}

TEST(Columns, SpreadOfOneQuantity) {
  Columns columns;
  for (const double value : {4.0, 1.0, 3.0, 2.0}) columns.Add(Of({{Quantity::kEnergyMj, value}}));
  const auto spread = columns.SpreadOf(Block::kEnergy);
  ASSERT_TRUE(spread.has_value());
  EXPECT_EQ(spread->min, 1);
  EXPECT_EQ(spread->max, 4);
  EXPECT_EQ(spread->avg, 2.5);
  EXPECT_EQ(spread->total, 10);
  EXPECT_EQ(spread->p50, 2.5);
  EXPECT_FALSE(columns.SpreadOf(Block::kMemoryUsage).has_value());
}

// Of whole records, of those without a speed of their own, and of those without tokens.
std::vector<Sample> SomeSamples() {
  using Q = Quantity;
  std::vector<Sample> samples = {
      Of({{Q::kInferenceTimeMs, 10}, {Q::kMemoryUsedMb, 5}, {Q::kCpuPercent, 90}, {Q::kTimeToFirstTokenMs, 4}}),
      Of({{Q::kEnergyMj, 60}, {Q::kGeneratedTokens, 11}, {Q::kDecodeMs, 1000}}),
      Of({{Q::kEnergyMj, 70}, {Q::kGeneratedTokens, 1}, {Q::kDecodeMs, 0}}),
      Of({{Q::kEnergyMj, 80}, {Q::kGeneratedTokens, 0}}),
      Of({{Q::kEnergyMj, 90}, {Q::kGeneratedTokens, 5}, {Q::kTokensPerSecond, 20}}),
      Of({{Q::kGeneratedTokens, 5}, {Q::kTokensPerSecond, 0}}),
  };
  samples.push_back(samples[1]);
  samples.back().failed = true;
  return samples;
}

TEST(Columns, SpreadIsOfWhatValueOfGivesForEachRecord) {
  Columns columns;
  for (const Sample& sample : SomeSamples()) columns.Add(sample);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const auto block = static_cast<Block>(i);
    std::vector<double> values;
    for (const Sample& sample : SomeSamples()) {
      if (const auto value = ValueOf(sample, block)) values.push_back(*value);
    }
    const auto spread = columns.SpreadOf(block).value();
    EXPECT_EQ(spread.count, values.size()) << NameOf(block);
    EXPECT_EQ(spread.min, *std::min_element(values.begin(), values.end())) << NameOf(block);
    EXPECT_EQ(spread.max, *std::max_element(values.begin(), values.end())) << NameOf(block);
  }
}

TEST(Columns, FailedInferencesAreCountedAndInNoAverage) {
  Columns columns;
  columns.Add(Of({{Quantity::kInferenceTimeMs, 10}}));
  Sample failed = Of({{Quantity::kInferenceTimeMs, 1000}});
  failed.failed = true;
  columns.Add(failed);
  EXPECT_EQ(columns.total_inferences(), 2U);
  EXPECT_EQ(columns.failed_inferences(), 1U);
  EXPECT_EQ(columns.SpreadOf(Block::kInferenceTime)->avg, 10);
}

TEST(Columns, QuantilesAppearWhenEnoughValuesBoundThem) {
  Columns columns;
  auto grow_to = [&, n = 0](int count) mutable {
    for (; n < count; ++n) columns.Add(Of({{Quantity::kInferenceTimeMs, n}}));
    return columns.SpreadOf(Block::kInferenceTime).value();
  };
  EXPECT_FALSE(grow_to(58).p95.has_value());
  EXPECT_DOUBLE_EQ(grow_to(59).p95.value(), 55.1);
  EXPECT_FALSE(grow_to(298).p99.has_value());
  EXPECT_DOUBLE_EQ(grow_to(299).p99.value(), 295.02);
  EXPECT_FALSE(columns.SpreadOf(Block::kInferenceTime)->total.has_value());
}

TEST(Columns, AverageOfARateIsTheRatioOfTheSums) {
  Columns columns;
  columns.Add(Of({{Quantity::kGeneratedTokens, 11}, {Quantity::kDecodeMs, 1000}, {Quantity::kEnergyMj, 110}}));
  columns.Add(Of({{Quantity::kGeneratedTokens, 91}, {Quantity::kDecodeMs, 500}, {Quantity::kEnergyMj, 91}}));
  const auto speed = columns.SpreadOf(Block::kTokensPerSecond).value();
  EXPECT_DOUBLE_EQ(speed.min, 10);
  EXPECT_DOUBLE_EQ(speed.max, 180);
  EXPECT_DOUBLE_EQ(speed.avg, 100 / 1.5);
  const auto per_token = columns.SpreadOf(Block::kEnergyPerToken).value();
  EXPECT_DOUBLE_EQ(per_token.avg, 201.0 / 102.0);
  EXPECT_DOUBLE_EQ(per_token.max, 10);
}

TEST(Columns, SpeedWithoutDecodeTimeComesFromTheRecordsOwnRate) {
  Columns columns;
  columns.Add(Of({{Quantity::kGeneratedTokens, 11}, {Quantity::kTokensPerSecond, 20}}));
  columns.Add(Of({{Quantity::kGeneratedTokens, 1}, {Quantity::kTokensPerSecond, 7}}));  // one token has no rate
  columns.Add(Of({{Quantity::kGeneratedTokens, 5}}));
  columns.Add(Of({{Quantity::kGeneratedTokens, 5}, {Quantity::kDecodeMs, 0}}));
  const auto speed = columns.SpreadOf(Block::kTokensPerSecond).value();
  EXPECT_EQ(speed.count, 1U);
  EXPECT_DOUBLE_EQ(speed.avg, 20);
}

TEST(Columns, UncertaintyIsThereOnlyWhenEveryEnergyHasIt) {
  Columns columns;
  EXPECT_FALSE(columns.Uncertainty().has_value());
  columns.Add(Of({{Quantity::kEnergyMj, 10}, {Quantity::kEnergyUncertaintyMj, 6}}));
  columns.Add(Of({{Quantity::kEnergyMj, 20}, {Quantity::kEnergyUncertaintyMj, 12}}));
  EXPECT_DOUBLE_EQ(columns.Uncertainty()->total_mj, 18);
  EXPECT_DOUBLE_EQ(columns.Uncertainty()->avg_mj, 9);
  columns.Add(Of({{Quantity::kEnergyMj, 20}}));
  EXPECT_FALSE(columns.Uncertainty().has_value());
}

TEST(Columns, AppendTakesEverythingOver) {
  Columns first;
  first.Add(Of({{Quantity::kInferenceTimeMs, 1}, {Quantity::kGeneratedTokens, 3}, {Quantity::kDecodeMs, 100}}));
  Columns second;
  second.Add(Of({{Quantity::kInferenceTimeMs, 3}, {Quantity::kGeneratedTokens, 5}, {Quantity::kDecodeMs, 100}}));
  Sample failed;
  failed.failed = true;
  second.Add(failed);
  first.Append(second);
  EXPECT_EQ(first.total_inferences(), 3U);
  EXPECT_EQ(first.failed_inferences(), 1U);
  EXPECT_EQ(first.SpreadOf(Block::kInferenceTime)->avg, 2);
  EXPECT_DOUBLE_EQ(first.SpreadOf(Block::kTokensPerSecond)->avg, 30);
  EXPECT_EQ(second.total_inferences(), 2U);
  second.Clear();
  EXPECT_EQ(second.total_inferences(), 0U);
  EXPECT_FALSE(second.SpreadOf(Block::kInferenceTime).has_value());
}

TEST(StatisticOf, KnowsEveryName) {
  const Spread spread{5, 1, 2, 3, 4, 5, 6, 7};
  std::vector<double> values;
  values.reserve(kStatisticNames.size());
  for (const auto name : kStatisticNames) values.push_back(StatisticOf(spread, name).value());
  EXPECT_EQ(values, (std::vector<double>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_FALSE(StatisticOf(spread, "median").has_value());
}

}  // namespace
}  // namespace inferometer::analyze
