#include "analyze/numbered_set.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace inferometer::analyze {
namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

// Of one stream, or of one whose hash is all zeros.
Fingerprint Of(std::uint32_t sequence) { return FingerprintOfId("a/b/" + std::to_string(sequence)); }
Fingerprint OfZero(std::uint32_t sequence) { return Fingerprint().Numbered(sequence); }

TEST(NumberedSet, OnesThatFollowEachOtherAreOneRange) {
  NumberedSet set;
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_TRUE(set.Insert(Of(i)));
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_FALSE(set.Insert(Of(i)));
  EXPECT_EQ(set.ranges(), 1U);
  EXPECT_EQ(set.singles(), 1U) << "the first, before anything followed it";
}

TEST(NumberedSet, OnesThatStandAloneAreInTheTable) {
  NumberedSet set;
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_TRUE(set.Insert(Of(2 * i)));
  EXPECT_EQ(set.ranges(), 0U);
  EXPECT_EQ(set.singles(), 1'000U);
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_FALSE(set.Contains(Of(2 * i + 1)));
}

TEST(NumberedSet, StreamsThatTakeTurnsHaveARangeEach) {
  NumberedSet set;
  const auto of = [](int stream, std::uint32_t i) {
    return FingerprintOfId(std::to_string(stream) + "/" + std::to_string(i));
  };
  for (std::uint32_t i = 0; i < 100; ++i) {
    for (int stream = 0; stream < 20; ++stream) EXPECT_TRUE(set.Insert(of(stream, i)));
  }
  EXPECT_EQ(set.ranges(), 20U);
  EXPECT_FALSE(set.Contains(of(19, 100)));
  EXPECT_FALSE(set.Contains(of(20, 0)));
}

TEST(NumberedSet, RangeEndsAtWhatWasThereBefore) {
  NumberedSet set;
  for (const std::uint32_t one : {5U, 6U, 7U, 3U}) EXPECT_TRUE(set.Insert(Of(one)));
  for (const std::uint32_t one : {0U, 1U, 2U}) EXPECT_TRUE(set.Insert(Of(one)));
  EXPECT_FALSE(set.Insert(Of(3))) << "it stands alone";
  EXPECT_TRUE(set.Insert(Of(4)));
  EXPECT_FALSE(set.Insert(Of(5))) << "it begins a range";
  EXPECT_FALSE(set.Insert(Of(6)));
  EXPECT_TRUE(set.Insert(Of(8)));
}

TEST(NumberedSet, TheGreatestIsFollowedByNothing) {
  for (const auto of : {Of, OfZero}) {
    NumberedSet alone;
    for (const std::uint32_t one : {kMost, 0U, 1U}) EXPECT_TRUE(alone.Insert(of(one)));
    for (const std::uint32_t one : {kMost, 0U, 1U}) EXPECT_FALSE(alone.Insert(of(one)));
    EXPECT_FALSE(alone.Contains(of(2)));
    NumberedSet set;
    EXPECT_TRUE(set.Insert(of(kMost - 1)));
    EXPECT_TRUE(set.Insert(of(kMost)));
    EXPECT_FALSE(set.Contains(of(0)));
    EXPECT_TRUE(set.Insert(of(0)));
    EXPECT_FALSE(set.Insert(of(kMost)));
    EXPECT_FALSE(set.Insert(of(0)));
  }
}

TEST(NumberedSet, GoesOnWhereItIsMovedTo) {
  NumberedSet first;
  for (const std::uint32_t one : {1U, 2U, 9U, 10U, 4U, 5U}) EXPECT_TRUE(first.Insert(Of(one)));
  NumberedSet second = std::move(first);
  for (const std::uint32_t one : {6U, 7U, 8U}) EXPECT_TRUE(second.Insert(Of(one)));
  for (const std::uint32_t one : {9U, 10U, 1U, 4U}) EXPECT_FALSE(second.Insert(Of(one)));
  EXPECT_TRUE(second.Insert(Of(11)));
}

// Against a set of numbers: dense ones, so that ranges grow, meet and are hit again.
TEST(NumberedSet, HoldsWhatASetOfNumbersHolds) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const std::uint32_t base = round % 3 == 0 ? kMost - 63 : 0;
    const auto of = round % 2 == 0 ? Of : OfZero;
    NumberedSet set;
    std::set<std::uint32_t> numbers;
    std::uint32_t next = 0;
    for (int i = 0; i < 100; ++i) {
      next = random() % 3 == 0 ? random() % 64 : (next + 1) % 64;
      ASSERT_EQ(set.Contains(of(base + next)), numbers.contains(next));
      ASSERT_EQ(set.Insert(of(base + next)), numbers.insert(next).second);
    }
    for (std::uint32_t i = 0; i < 64; ++i) ASSERT_EQ(set.Contains(of(base + i)), numbers.contains(i));
  }
}

}  // namespace
}  // namespace inferometer::analyze
