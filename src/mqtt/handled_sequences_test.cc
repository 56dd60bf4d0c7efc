#include "mqtt/handled_sequences.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace inferometer::mqtt {
namespace {

TEST(HandledSequences, WatermarkMovesOverWhatIsAddedBehindIt) {
  HandledSequences handled(10);
  EXPECT_EQ(handled.Add(11, 15), 5U);
  EXPECT_EQ(handled.upto(), 15U);
  EXPECT_EQ(handled.Add(1, 20), 5U);
  EXPECT_EQ(handled.upto(), 20U);
  EXPECT_EQ(handled.Add(3, 7), 0U);
}

TEST(HandledSequences, WatermarkWaitsForAGapAndThenJumps) {
  HandledSequences handled(0);
  EXPECT_EQ(handled.Add(2, 2), 1U);
  EXPECT_EQ(handled.Add(4, 6), 3U);
  EXPECT_EQ(handled.upto(), 0U);
  EXPECT_EQ(handled.above(), 4U);
  EXPECT_EQ(handled.Add(1, 1), 1U);
  EXPECT_EQ(handled.upto(), 2U);
  EXPECT_EQ(handled.Add(3, 3), 1U);
  EXPECT_EQ(handled.upto(), 6U);
  EXPECT_EQ(handled.above(), 0U);
}

TEST(HandledSequences, RunEndsWhereTheNextIsMissing) {
  HandledSequences handled(3);
  handled.Add(6, 8);
  EXPECT_EQ(handled.EndOfRun(0), 3U);
  EXPECT_EQ(handled.EndOfRun(3), 3U);
  EXPECT_EQ(handled.EndOfRun(4), 4U);
  EXPECT_EQ(handled.EndOfRun(5), 8U);
  EXPECT_EQ(handled.EndOfRun(7), 8U);
  EXPECT_EQ(handled.EndOfRun(8), 8U);
  EXPECT_EQ(handled.EndOfRun(9), 9U);
}

TEST(HandledSequences, AreThoseThatWereAdded) {
  std::mt19937 random(20251126);
  for (int round = 0; round < 300; ++round) {
    constexpr std::uint64_t kLast = 60;
    HandledSequences handled(0);
    std::set<std::uint64_t> expected;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t from = 1 + random() % kLast;
      const std::uint64_t to = std::min<std::uint64_t>(kLast, from + random() % 6);
      std::uint64_t added = 0;
      for (std::uint64_t s = from; s <= to; ++s) added += expected.insert(s).second ? 1U : 0U;
      EXPECT_EQ(handled.Add(from, to), added);
      std::uint64_t upto = 0;
      while (expected.count(upto + 1) > 0) ++upto;
      EXPECT_EQ(handled.upto(), upto);
      EXPECT_EQ(handled.above(), expected.size() - upto);
      for (std::uint64_t s = 1; s <= kLast + 1; ++s) EXPECT_EQ(handled.Contains(s), expected.count(s) > 0) << s;
    }
  }
}

TEST(HandledSequences, OpenOnesAreCountedUpToTheLastOnly) {
  HandledSequences handled(10);
  handled.Add(13, 14);
  handled.Add(20, 29);
  EXPECT_EQ(handled.OpenUpTo(9), 0U);
  EXPECT_EQ(handled.OpenUpTo(10), 0U);
  EXPECT_EQ(handled.OpenUpTo(13), 2U);
  EXPECT_EQ(handled.OpenUpTo(19), 7U);
  EXPECT_EQ(handled.OpenUpTo(22), 7U);
  EXPECT_EQ(handled.OpenUpTo(31), 9U);
}

TEST(HandledSequences, OnlyThoseBehindTheLastStayWhenTheRestIsForgotten) {
  HandledSequences handled(10);
  handled.Add(13, 14);
  handled.Add(20, 29);
  const HandledSequences rest = handled.OnlyBehind(22, 3);
  EXPECT_EQ(rest.upto(), 3U);
  EXPECT_EQ(rest.above(), 7U);
  EXPECT_EQ(rest.EndOfRun(22), 29U);
  EXPECT_FALSE(rest.Contains(13));
  EXPECT_EQ(HandledSequences(10).OnlyBehind(7, 7).upto(), 10U);
}

TEST(HandledSequences, ManyGapsAreForgottenFromBelow) {
  HandledSequences handled(0);
  constexpr std::uint64_t kRanges = HandledSequences::kMostRanges;
  for (std::uint64_t i = 1; i <= kRanges + 10; ++i) handled.Add(2 * i, 2 * i);
  EXPECT_EQ(handled.above(), kRanges);
  EXPECT_FALSE(handled.Contains(20));
  EXPECT_TRUE(handled.Contains(22));
  EXPECT_TRUE(handled.Contains(2 * (kRanges + 10)));
  EXPECT_EQ(handled.upto(), 0U);
}

}  // namespace
}  // namespace inferometer::mqtt
