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
  EXPECT_NE(FingerprintOfText("12345678"), FingerprintOfText(std::string("12345678\0", 9)));
}

TEST(Fingerprint, IdsOfOneStreamDifferInTheSequenceAlone) {
  const Fingerprint one = FingerprintOfId("edge-1/1f5c0a9be3d27741/1");
  const Fingerprint other = FingerprintOfId("edge-1/1f5c0a9be3d27741/4294967295");
  ASSERT_TRUE(one.is_numbered() && other.is_numbered());
  EXPECT_EQ(one.sequence(), 1U);
  EXPECT_EQ(other.sequence(), 4'294'967'295U);
  EXPECT_EQ(one.Numbered(0), other.Numbered(0));
  EXPECT_EQ(one.Numbered(4'294'967'295U), other);
  EXPECT_EQ(FingerprintOfId("a/b/0").sequence(), 0U);
}

TEST(Fingerprint, OtherStreamsAreOtherRecords) {
  const Fingerprint one = FingerprintOfId("edge-1/1f5c0a9be3d27741/1");
  for (const char* other : {"edge-1/1f5c0a9be3d27742/1", "edge-2/1f5c0a9be3d27741/1", "edge-1/1f5c0a9be3d2774/11"}) {
    EXPECT_NE(FingerprintOfId(other), one) << other;
    EXPECT_NE(FingerprintOfId(other).Numbered(0), one.Numbered(0)) << other;
  }
}

// What is written in another way is another id, though a number may be the same.
TEST(Fingerprint, IdsThatDoNotEndInAPlainSequenceAreHashedWhole) {
  for (const char* id : {"", "7", "/", "a/", "a/07", "a/00", "a/+7", "a/7 ", "a7", "a/b7", "a/4294967296",
                         "a/10000000000", "a/18446744073709551617", "a/-1"}) {
    EXPECT_FALSE(FingerprintOfId(id).is_numbered()) << id;
    EXPECT_EQ(FingerprintOfId(id), FingerprintOfText(id)) << id;
  }
  EXPECT_FALSE(OfValues({"id", "", "m", {}, {}, {}}, 1, SampleOf(1)).is_numbered());
}

}  // namespace
}  // namespace inferometer::analyze
