#include "analyze/fingerprint_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <utility>

namespace inferometer::analyze {
namespace {

Fingerprint Hashed(int i) { return FingerprintOfText(std::to_string(i)); }
Fingerprint Numbered(int stream, std::uint32_t sequence) {
  return FingerprintOfId("d/" + std::to_string(stream) + "/" + std::to_string(sequence));
}

TEST(FingerprintSet, AMillionNeighboursAreAllDifferent) {
  FingerprintSet seen;
  for (int i = 0; i < 1000; ++i) {
    for (int j = 0; j < 1000; ++j) {
      Sample sample;
      sample.Set(Quantity::kInferenceTimeMs, i * 0.001);
      sample.Set(Quantity::kMemoryUsedMb, j * 0.25);
      EXPECT_TRUE(seen.Insert(FingerprintOfValues(HasherOf({"id", "", "m", {}, {}, {}}), WallTime(), sample)));
    }
  }
  EXPECT_EQ(seen.size(), 1'000'000U);
}

TEST(FingerprintSet, AnyExpectationWorks) {
  for (const std::size_t expected : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, ~std::size_t{0}}) {
    FingerprintSet seen(expected);
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.Insert(Hashed(i)));
    EXPECT_FALSE(seen.Insert(Hashed(7)));
  }
}

TEST(FingerprintSet, KnowsWhatItHoldsAsItGrows) {
  FingerprintSet seen;
  for (int i = 0; i < 50'000; ++i) EXPECT_TRUE(seen.Insert(Hashed(i)));
  for (int i = 0; i < 50'000; ++i) EXPECT_FALSE(seen.Insert(Hashed(i)));
  EXPECT_EQ(seen.size(), 50'000U);
}

TEST(FingerprintSet, StreamsAreApart) {
  FingerprintSet seen;
  for (std::uint32_t sequence = 0; sequence < 1'000; ++sequence) {
    for (int stream = 0; stream < 20; ++stream) EXPECT_TRUE(seen.Insert(Numbered(stream, sequence)));
  }
  EXPECT_EQ(seen.size(), 20'000U);
  EXPECT_TRUE(seen.Contains(Numbered(19, 999)));
  EXPECT_FALSE(seen.Contains(Numbered(19, 1'000)));
  EXPECT_FALSE(seen.Contains(Numbered(20, 999)));
  EXPECT_FALSE(seen.Insert(Numbered(3, 4)));
}

TEST(FingerprintSet, ANumberedOneAndAHashedOneAreApart) {
  FingerprintSet seen;
  EXPECT_TRUE(seen.Insert(FingerprintOfId("a/7")));
  EXPECT_TRUE(seen.Insert(FingerprintOfId("a/07")));
  EXPECT_FALSE(seen.Contains(FingerprintOfText("a/7")));
  EXPECT_FALSE(seen.Insert(FingerprintOfId("a/07")));
  EXPECT_EQ(seen.size(), 2U);
}

TEST(FingerprintSet, GoesOnWhereItIsMovedTo) {
  FingerprintSet first;
  EXPECT_TRUE(first.Insert(Numbered(1, 1)));
  EXPECT_TRUE(first.Insert(Hashed(1)));
  FingerprintSet second = std::move(first);
  EXPECT_TRUE(second.Insert(Numbered(1, 2)));
  EXPECT_FALSE(second.Insert(Numbered(1, 1)));
  EXPECT_FALSE(second.Insert(Hashed(1)));
  EXPECT_EQ(second.size(), 3U);
}

// Against a set of texts, with ids of every kind again and again.
TEST(FingerprintSet, TellsRecordsApartAsTheirIdsDo) {
  std::mt19937 random(7);
  FingerprintSet seen;
  std::set<std::string> texts;
  for (int i = 0; i < 20'000; ++i) {
    const std::string tail = std::to_string(random() % 500);
    const std::string id = std::string(random() % 2 == 0 ? "a/" : "b/") + (random() % 8 == 0 ? "0" + tail : tail);
    ASSERT_EQ(seen.Contains(FingerprintOfId(id)), texts.contains(id)) << id;
    ASSERT_EQ(seen.Insert(FingerprintOfId(id)), texts.insert(id).second) << id;
  }
  EXPECT_EQ(seen.size(), texts.size());
}

}  // namespace
}  // namespace inferometer::analyze
