#include "analyze/index_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

namespace inferometer::analyze {
namespace {

using ::testing::ElementsAreArray;

constexpr std::size_t kRealHead = 1;       // decimals
constexpr std::size_t kWholeHead = 1 + 8;  // width and base

std::vector<std::uint64_t> BitsOf(std::span<const double> values) {
  std::vector<std::uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

// These write numbers, read them back, and return the bytes that it took.
std::size_t RealBytes(const std::vector<double>& values) {
  std::string bytes;
  AppendRealColumn(values, bytes);
  IndexReader in(bytes);
  std::vector<double> back(values.size());
  ReadRealColumn(in, back);
  EXPECT_TRUE(in.is_at_end());
  EXPECT_THAT(BitsOf(back), ElementsAreArray(BitsOf(values)));
  return bytes.size();
}

std::size_t WholeBytes(const std::vector<std::int64_t>& values) {
  std::string bytes;
  AppendWholeColumn(values, bytes);
  IndexReader in(bytes);
  std::vector<std::int64_t> back(values.size());
  ReadWholeColumn(in, back);
  EXPECT_TRUE(in.is_at_end());
  EXPECT_THAT(back, ElementsAreArray(values));
  return bytes.size();
}

TEST(IndexColumn, WholeNumbersTakeTheBytesOfTheirRange) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(WholeBytes({7, 7, 7}), kWholeHead);
  EXPECT_EQ(WholeBytes({kMost}), kWholeHead);
  EXPECT_EQ(WholeBytes({7, 8, 7}), kWholeHead + 3);
  EXPECT_EQ(WholeBytes({-5, 250}), kWholeHead + 2);
  EXPECT_EQ(WholeBytes({-5, 251}), kWholeHead + 2 * 2);
  EXPECT_EQ(WholeBytes({1, 65'536}), kWholeHead + 2 * 2);
  EXPECT_EQ(WholeBytes({1, 65'537}), kWholeHead + 2 * 4);
  EXPECT_EQ(WholeBytes({0, 4'294'967'295}), kWholeHead + 2 * 4);
  EXPECT_EQ(WholeBytes({0, 4'294'967'296}), kWholeHead + 2 * 8);
  EXPECT_EQ(WholeBytes({kLeast, 0, kMost}), kWholeHead + 3 * 8);
  EXPECT_EQ(WholeBytes({}), 0U);
}

TEST(IndexColumn, NumbersOfFewDecimalsAreKeptAsWholeOnes) {
  EXPECT_EQ(RealBytes({1, 2, 3}), kRealHead + kWholeHead + 3);
  EXPECT_EQ(RealBytes({163.29, 214.05, 156.41}), kRealHead + kWholeHead + 3 * 2);
  EXPECT_EQ(RealBytes({548.784, 235.503, 0.1}), kRealHead + kWholeHead + 3 * 4);
  EXPECT_EQ(RealBytes({-0.5, 0.5, 0.25}), kRealHead + kWholeHead + 3);
  EXPECT_EQ(RealBytes({0.25, 0.25, 0.25}), kRealHead + kWholeHead);
  EXPECT_EQ(RealBytes({0.000001, 0.000002, 0}), kRealHead + kWholeHead + 3);
}

TEST(IndexColumn, OthersStayAsTheyLie) {
  EXPECT_EQ(RealBytes({1.0, 2.0}), kRealHead + 2 * 8);  // too few to gain by it
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double other : {0.0000001, 2.1918800000000003, 1.0 / 3, -0.0, kInfinity, -kInfinity, std::nan(""),
                             std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(), 0x1p50}) {
    EXPECT_EQ(RealBytes({other}), kRealHead + 8) << other;
    EXPECT_EQ(RealBytes({1.5, other, 2.5}), kRealHead + 3 * 8) << other;
  }
}

TEST(IndexColumn, WhateverIsPrintedComesBackToTheLastBit) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<double> values(1 + random() % 50);
    const auto decimals = static_cast<int>(random() % 9);
    const double most = std::pow(10, static_cast<double>(random() % 12));
    for (double& value : values) {
      char text[64];
      const double any = (static_cast<double>(random() % 2'000'001) / 1'000'000 - 1) * most;
      const auto end = std::to_chars(text, text + sizeof text, any, std::chars_format::fixed, decimals);
      std::from_chars(text, end.ptr, value);
    }
    RealBytes(values);
  }
}

TEST(IndexColumn, OtherBytesFail) {
  std::string bytes;
  AppendRealColumn(std::vector<double>{1.5, 2.5, 3.25}, bytes);
  std::vector<double> values(3);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    IndexReader cut(std::string_view(bytes).substr(0, length));
    ReadRealColumn(cut, values);
    EXPECT_FALSE(cut.ok()) << length;
  }
  for (const auto& [at, byte] : {std::pair<std::size_t, char>{0, '\x07'}, {1, '\x03'}, {1, '\x09'}}) {
    std::string changed = bytes;
    changed[at] = byte;
    changed.append(64, '\0');
    IndexReader in(changed);
    ReadRealColumn(in, values);
    EXPECT_FALSE(in.ok()) << at << ' ' << static_cast<int>(byte);
  }
}

}  // namespace
}  // namespace inferometer::analyze
