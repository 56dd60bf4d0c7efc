#include "hub/recent_checksums.h"

#include <gtest/gtest.h>

namespace inferometer::hub {
namespace {

constexpr std::uint32_t kTag = 0x10000;
std::uint32_t ChecksumOf(std::uint64_t sequence) { return kTag + static_cast<std::uint32_t>(sequence); }

void RememberAll(RecentChecksums& checksums, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t sequence = from; sequence <= to; ++sequence) checksums.Remember(sequence, ChecksumOf(sequence));
}

TEST(RecentChecksums, HoldTheNewest1024) {
  RecentChecksums checksums;
  RememberAll(checksums, 1, 5000);
  for (std::uint64_t sequence = 5000 - 1023; sequence <= 5000; ++sequence) {
    ASSERT_EQ(checksums.Find(sequence), ChecksumOf(sequence));
  }
  EXPECT_FALSE(checksums.Find(5000 - 1024));
  EXPECT_FALSE(checksums.Find(5001));
}

TEST(RecentChecksums, AreSmallWhileThereAreFew) {
  RecentChecksums checksums;
  RememberAll(checksums, 1'000'001, 1'000'010);
  EXPECT_LE(checksums.bytes(), 128U);
  RememberAll(checksums, 1'000'011, 1'000'100);
  EXPECT_LE(checksums.bytes(), 128U + 128 * 4);
  EXPECT_EQ(checksums.Find(1'000'001), ChecksumOf(1'000'001));
}

TEST(RecentChecksums, WhatWasLeftOutIsNotFound) {
  RecentChecksums checksums;
  RememberAll(checksums, 1, 16);
  checksums.Remember(30, ChecksumOf(30));
  for (std::uint64_t sequence = 17; sequence < 30; ++sequence) EXPECT_FALSE(checksums.Find(sequence)) << sequence;
  checksums.Remember(20, ChecksumOf(20));
  EXPECT_EQ(checksums.Find(20), ChecksumOf(20));
  EXPECT_EQ(checksums.Find(1), ChecksumOf(1));
}

TEST(RecentChecksums, ALongJumpEmptiesThem) {
  RecentChecksums checksums;
  RememberAll(checksums, 1, 2000);
  checksums.Remember(1'000'000, ChecksumOf(1'000'000));
  EXPECT_FALSE(checksums.Find(1'000'000 - 1000));
  EXPECT_FALSE(checksums.Find(2000));
  checksums.Remember(2000, ChecksumOf(2000));
  EXPECT_FALSE(checksums.Find(2000)) << "too far behind";
}

TEST(RecentChecksums, FirstOneMayBeTheLowest) {
  RecentChecksums checksums;
  checksums.Remember(100, ChecksumOf(100));
  checksums.Remember(1, ChecksumOf(1));
  EXPECT_EQ(checksums.Find(1), ChecksumOf(1));
  EXPECT_EQ(checksums.Find(100), ChecksumOf(100));
  EXPECT_FALSE(checksums.Find(0));
}

}  // namespace
}  // namespace inferometer::hub
