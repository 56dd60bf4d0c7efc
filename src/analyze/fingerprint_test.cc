#include "analyze/fingerprint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inferometer::analyze {
namespace {

Fingerprint OfValues(const GroupKey& key, std::int64_t time_us, const Sample& sample) {
  return FingerprintOfValues(HasherOf(key), WallTime(std::chrono::microseconds(time_us)), sample);
}

Sample SampleOf(double time_ms) {
  Sample sample;
  sample.Set(Quantity::kInferenceTimeMs, time_ms);
  return sample;
}

TEST(Fingerprint, EqualRecordsAreEqual) {
  const GroupKey key{"id", "name", "model", "cpu", "model", "board"};
  EXPECT_EQ(OfValues(key, 5, SampleOf(1.5)), OfValues(key, 5, SampleOf(1.5)));
  EXPECT_EQ(FingerprintOfId("a/b/1"), FingerprintOfId("a/b/1"));
}

TEST(Fingerprint, FolderDoesNotMatterAndAllElseDoes) {
  const GroupKey key{"id", "name", "model", "cpu", "model", "board"};
  GroupKey elsewhere = key;
  elsewhere.device_name = "other";
  EXPECT_EQ(OfValues(key, 5, SampleOf(1.5)), OfValues(elsewhere, 5, SampleOf(1.5)));
  const Fingerprint one = OfValues(key, 5, SampleOf(1.5));
  EXPECT_NE(one, OfValues(key, 6, SampleOf(1.5)));
  EXPECT_NE(one, OfValues(key, 5, SampleOf(1.25)));
  Sample failed = SampleOf(1.5);
  failed.failed = true;
  EXPECT_NE(one, OfValues(key, 5, failed));
  Sample other_quantity;
  other_quantity.Set(Quantity::kMemoryUsedMb, 1.5);
  EXPECT_NE(one, OfValues(key, 5, other_quantity));
  for (const GroupKey& other :
       {GroupKey{"ix", "name", "model", "cpu", "model", "board"},
        GroupKey{"id", "name", "modem", "cpu", "model", "board"}, GroupKey{"id", "name", "model", {}, "model", "board"},
        GroupKey{"id", "name", "model", "cpu", "rapl", "board"}, GroupKey{"id", "name", "model", "cpu", "model", {}}}) {
    EXPECT_NE(one, OfValues(other, 5, SampleOf(1.5)));
  }
}

TEST(Fingerprint, TextsDoNotRunIntoEachOther) {
  EXPECT_NE(OfValues({"ab", "", "c", {}, {}, {}}, 0, {}), OfValues({"a", "", "bc", {}, {}, {}}, 0, {}));
  EXPECT_NE(FingerprintOfId("12345678"), FingerprintOfId(std::string("12345678\0", 9)));
}

TEST(Fingerprint, AMillionNeighboursAreAllDifferent) {
  FingerprintSet seen;
  for (int i = 0; i < 1000; ++i) {
    for (int j = 0; j < 1000; ++j) {
      Sample sample = SampleOf(i * 0.001);
      sample.Set(Quantity::kMemoryUsedMb, j * 0.25);
      EXPECT_TRUE(seen.Insert(OfValues({"id", "", "m", {}, {}, {}}, 1, sample)));
    }
  }
  EXPECT_EQ(seen.size(), 1'000'000U);
}

TEST(FingerprintSet, AnyExpectationWorks) {
  for (const std::size_t expected : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, ~std::size_t{0}}) {
    FingerprintSet seen(expected);
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.Insert(FingerprintOfId(std::to_string(i))));
    EXPECT_FALSE(seen.Insert(FingerprintOfId("7")));
  }
}

TEST(FingerprintSet, KnowsWhatItHoldsAsItGrows) {
  FingerprintSet seen;
  for (int i = 0; i < 50'000; ++i) EXPECT_TRUE(seen.Insert(FingerprintOfId(std::to_string(i))));
  for (int i = 0; i < 50'000; ++i) EXPECT_FALSE(seen.Insert(FingerprintOfId(std::to_string(i))));
  EXPECT_EQ(seen.size(), 50'000U);
}

}  // namespace
}  // namespace inferometer::analyze
