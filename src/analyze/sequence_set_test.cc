#include "analyze/sequence_set.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace inferometer::analyze {
namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

TEST(SequenceSet, SequencesInOrderAreOneRange) {
  SequenceSet set;
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_TRUE(set.Insert(i));
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_FALSE(set.Insert(i));
  EXPECT_EQ(set.ranges(), 1U);
}

TEST(SequenceSet, WhatFillsAGapJoinsBothSides) {
  SequenceSet set;
  for (const std::uint32_t one : {1U, 3U, 5U}) EXPECT_TRUE(set.Insert(one));
  EXPECT_EQ(set.ranges(), 3U);
  EXPECT_TRUE(set.Insert(2));
  EXPECT_EQ(set.ranges(), 2U);
  EXPECT_TRUE(set.Insert(4));
  EXPECT_EQ(set.ranges(), 1U);
  EXPECT_FALSE(set.Insert(3));
}

TEST(SequenceSet, TheGreatestIsOneLikeTheOthers) {
  SequenceSet set;
  for (const std::uint32_t one : {kMost, kMost - 1, kMost - 3, kMost - 2, 0U}) {
    EXPECT_FALSE(set.Contains(one));
    EXPECT_TRUE(set.Insert(one));
    EXPECT_TRUE(set.Contains(one));
  }
  EXPECT_EQ(set.ranges(), 2U);
  EXPECT_FALSE(set.Insert(kMost));
  EXPECT_FALSE(set.Insert(0)) << "behind the greatest comes nothing";
}

// Against a set of single numbers: dense ones, so that ranges grow, meet and are hit again.
TEST(SequenceSet, HoldsWhatASetOfNumbersHolds) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    SequenceSet set;
    std::set<std::uint32_t> numbers;
    std::uint32_t next = 0;
    const std::uint32_t base = round % 2 == 0 ? 0 : kMost - 63;
    for (int i = 0; i < 100; ++i) {
      next = random() % 3 == 0 ? random() % 64 : (next + 1) % 64;
      ASSERT_EQ(set.Insert(base + next), numbers.insert(base + next).second);
    }
    std::size_t ranges = 0;
    for (const std::uint32_t one : numbers) ranges += static_cast<std::size_t>(one == 0 || !numbers.contains(one - 1));
    EXPECT_EQ(set.ranges(), ranges);
    for (std::uint32_t i = 0; i < 64; ++i) ASSERT_EQ(set.Contains(base + i), numbers.contains(base + i));
  }
}

}  // namespace
}  // namespace inferometer::analyze
