#include "hub/received_entry.h"

#include <gtest/gtest.h>

namespace inferometer::hub {
namespace {

const ReceivedEntry kEntry{.received = WallTime(std::chrono::microseconds(-5)),
                           .device = "pi-07",
                           .stream = UINT64_MAX,
                           .sequence = 7,
                           .checksum = 0xdeadbeef,
                           .line = "{}"};

// docs/journal-format.md
TEST(ReceivedEntry, GoldenBytes) {
  EXPECT_EQ(EncodeReceived(kEntry), std::string("\xfb\xff\xff\xff\xff\xff\xff\xff"
                                                "\xff\xff\xff\xff\xff\xff\xff\xff"
                                                "\x07\0\0\0\0\0\0\0"
                                                "\xef\xbe\xad\xde"
                                                "\x05pi-07{}",
                                                36));
}

TEST(ReceivedEntry, IsTheSameInTheMemoryOfAnother) {
  EXPECT_EQ(EncodeReceived(kEntry, "what was there before"), EncodeReceived(kEntry));
  EXPECT_EQ(EncodeReceived(kEntry, std::string(5000, 'x')), EncodeReceived(kEntry));
}

TEST(ReceivedEntry, ComesBackWholeAndEveryTruncationOfItsHeadIsRefused) {
  const std::string bytes = EncodeReceived(kEntry);
  const auto entry = DecodeReceived(bytes);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->received, kEntry.received);
  EXPECT_EQ(entry->device, "pi-07");
  EXPECT_EQ(entry->stream, kEntry.stream);
  EXPECT_EQ(entry->sequence, 7U);
  EXPECT_EQ(entry->checksum, kEntry.checksum);
  EXPECT_EQ(entry->line, "{}");
  for (std::size_t size = 0; size < bytes.size() - entry->line.size(); ++size) {
    EXPECT_EQ(DecodeReceived(bytes.substr(0, size)).status().code(), Code::kDataLoss) << size;
  }
}

TEST(LossEntry, ComesBackWholeAndEveryTruncationIsRefused) {
  const LossEntry loss{.received = WallTime(std::chrono::microseconds(5)),
                       .device = "pi-07",
                       .stream = 1,
                       .from = 2,
                       .to = 9,
                       .count = 8,
                       .reason = "evicted"};
  const std::string bytes = EncodeLoss(loss);
  const auto read = DecodeLoss(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->received, loss.received);
  EXPECT_EQ(read->device, "pi-07");
  EXPECT_EQ(read->stream, 1U);
  EXPECT_EQ(read->from, 2U);
  EXPECT_EQ(read->to, 9U);
  EXPECT_EQ(read->count, 8U);
  EXPECT_EQ(read->reason, "evicted");
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeLoss(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(DecodeLoss(bytes + "x").ok());
}

}  // namespace
}  // namespace inferometer::hub
