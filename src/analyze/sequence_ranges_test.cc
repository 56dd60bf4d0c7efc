#include "analyze/sequence_ranges.h"

#include <gtest/gtest.h>

namespace inferometer::analyze {
namespace {

TEST(SequenceRanges, SequencesInOrderAreOneRange) {
  SequenceRanges ranges;
  for (const std::uint64_t one : {1U, 2U, 3U, 7U, 8U, 8U, 2U}) Append(one, ranges);
  EXPECT_EQ(ranges, (SequenceRanges{{1, 3}, {7, 8}, {8, 8}, {2, 2}}));
  EXPECT_EQ(Normalised(ranges), (SequenceRanges{{1, 3}, {7, 8}}));
}

TEST(SequenceRanges, RangesThatTouchOrOverlapBecomeOne) {
  EXPECT_EQ(Normalised({{5, 6}, {1, 2}, {3, 4}, {2, 9}, {11, 12}}), (SequenceRanges{{1, 9}, {11, 12}}));
  EXPECT_EQ(Union({{1, 3}}, {{4, 4}, {9, 9}}), (SequenceRanges{{1, 4}, {9, 9}}));
}

TEST(SequenceRanges, WithoutLeavesWhatNothingCovers) {
  EXPECT_EQ(Without({{1, 10}}, {}), (SequenceRanges{{1, 10}}));
  EXPECT_EQ(Without({{1, 10}}, {{1, 10}}), SequenceRanges());
  EXPECT_EQ(Without({{1, 10}}, {{3, 4}, {10, 12}}), (SequenceRanges{{1, 2}, {5, 9}}));
  EXPECT_EQ(Without({{1, 4}, {6, 9}}, {{2, 7}}), (SequenceRanges{{1, 1}, {8, 9}}));
  EXPECT_EQ(Without({{5, 6}, {8, 9}}, {{1, 5}, {9, 9}}), (SequenceRanges{{6, 6}, {8, 8}}));
}

// Against sets of single numbers, for every pair of sets of the first six.
TEST(SequenceRanges, WithoutAndUnionAreThoseOfSets) {
  const auto ranges_of = [](unsigned bits) {
    SequenceRanges ranges;
    for (unsigned i = 0; i < 6; ++i) {
      if ((bits >> i & 1U) != 0) Append(i + 1, ranges);
    }
    return ranges;
  };
  for (unsigned a = 0; a < 64; ++a) {
    for (unsigned b = 0; b < 64; ++b) {
      ASSERT_EQ(Without(ranges_of(a), ranges_of(b)), ranges_of(a & ~b)) << a << " without " << b;
      ASSERT_EQ(Union(ranges_of(a), ranges_of(b)), ranges_of(a | b)) << a << " and " << b;
    }
  }
}

TEST(SequenceRanges, HighestAndCount) {
  EXPECT_EQ(HighestOf({}), 0U);
  EXPECT_EQ(HighestOf({{1, 3}, {7, 9}}), 9U);
  EXPECT_EQ(CountOf({{1, 3}, {7, 9}}), 6U);
}

}  // namespace
}  // namespace inferometer::analyze
