#include "hub/streams.h"

#include <gtest/gtest.h>

#include <malloc.h>

#include "base/sanitizers.h"

namespace inferometer::hub {
namespace {

constexpr std::uint64_t kStream = 0x0123456789abcdef;
constexpr std::uint64_t kOther = 0x1123456789abcdef;
const std::string kDevice = "00:0f:00:70:91:0a";

class StreamsTest : public testing::Test {
 protected:
  // As the hub does it: judged, and accepted when new.
  Verdict Receive(std::uint64_t sequence, std::uint32_t checksum = 7, std::uint64_t stream = kStream) {
    const Verdict verdict = streams_.Judge(kDevice, stream, sequence, checksum);
    if (verdict == Verdict::kNew) streams_.Accept(kDevice, stream, sequence, checksum);
    return verdict;
  }
  void ReceiveAll(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t sequence = from; sequence <= to; ++sequence) ASSERT_EQ(Receive(sequence), Verdict::kNew);
  }
  void Limit(const StreamLimits& limits) { streams_ = Streams(limits); }
  std::string Checkpoint() const {
    std::string bytes;
    streams_.AppendCheckpoint(bytes);
    return bytes;
  }

  Streams streams_;
};

TEST_F(StreamsTest, ARecordIsNewOnce) {
  EXPECT_EQ(Receive(1), Verdict::kNew);
  EXPECT_EQ(Receive(1), Verdict::kDuplicate);
  EXPECT_EQ(Receive(1, 7, kOther), Verdict::kNew);
  EXPECT_EQ(streams_.Judge("another-device", kStream, 1, 7), Verdict::kNew);
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 1U);
  EXPECT_FALSE(streams_.Upto("another-device", kStream)) << "judging remembers nothing";
}

TEST_F(StreamsTest, AnotherPayloadUnderTheSameKeyIsAConflictAndChangesNothing) {
  ReceiveAll(1, 3);
  EXPECT_EQ(Receive(2, 8), Verdict::kConflict);
  EXPECT_EQ(Receive(2, 7), Verdict::kDuplicate);
}

TEST_F(StreamsTest, OldRepetitionsAreDuplicatesThatNobodyCanVerify) {
  ReceiveAll(1, 3000);
  EXPECT_EQ(Receive(3000 - 1023, 8), Verdict::kConflict);
  EXPECT_EQ(Receive(3000 - 1024, 8), Verdict::kDuplicateUnverified);
}

TEST_F(StreamsTest, ARecordReadBackIsKnownWithoutItsChecksum) {
  streams_.Accept(kDevice, kStream, 1, std::nullopt);
  EXPECT_EQ(Receive(1), Verdict::kDuplicateUnverified);
  EXPECT_EQ(Receive(2), Verdict::kNew);
}

TEST_F(StreamsTest, GapsAreWhatIsNeitherStoredNorReportedLost) {
  ReceiveAll(1, 2);
  ReceiveAll(5, 6);
  ReceiveAll(9, 9);
  ASSERT_EQ(Receive(3, 7, kOther), Verdict::kNew);
  EXPECT_TRUE(streams_.NoteLost(kDevice, kStream, 3, 4));
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 6U);
  EXPECT_EQ(streams_.Gaps(kDevice, 9), (std::vector<Gap>{{kStream, 7, 8}, {kOther, 1, 2}}));
  EXPECT_EQ(streams_.Gaps(kDevice, 1), (std::vector<Gap>{{kStream, 7, 8}}));
  EXPECT_TRUE(streams_.Gaps("another-device", 9).empty());
}

TEST_F(StreamsTest, AWipedHubBeginsWhereTheDeviceBegins) {
  EXPECT_TRUE(streams_.SetFirstHeld(kDevice, kStream, 101));
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 100U);
  ReceiveAll(101, 110);
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 110U);
  EXPECT_TRUE(streams_.Gaps(kDevice, 9).empty());
}

// Tests of every limit follow.

TEST_F(StreamsTest, AScatteredStreamIsRefusedWhatDoesNotFitAndStillGetsOnInOrder) {
  Limit({.spans_of_stream = 3});
  for (const std::uint64_t sequence : {3U, 5U, 7U}) ASSERT_EQ(Receive(sequence), Verdict::kNew);
  EXPECT_EQ(Receive(9), Verdict::kTooScattered);
  EXPECT_EQ(streams_.counters().too_scattered, 1U);
  for (const std::uint64_t sequence : {1U, 2U, 4U, 6U, 8U, 9U}) EXPECT_EQ(Receive(sequence), Verdict::kNew);
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 9U);
}

TEST_F(StreamsTest, TheSpansOfADeviceAndOfAllAreBounded) {
  Limit({.spans_of_device = 2});
  ASSERT_EQ(Receive(3), Verdict::kNew);
  ASSERT_EQ(Receive(3, 7, kOther), Verdict::kNew);
  EXPECT_EQ(Receive(5), Verdict::kTooScattered);
  EXPECT_EQ(streams_.Judge("another-device", kStream, 3, 7), Verdict::kNew);
  Limit({.spans = 2});
  ASSERT_EQ(Receive(3), Verdict::kNew);
  ASSERT_EQ(Receive(3, 7, kOther), Verdict::kNew);
  EXPECT_EQ(streams_.Judge("another-device", kStream, 3, 7), Verdict::kTooScattered);
  EXPECT_EQ(streams_.Judge("another-device", kStream, 1, 7), Verdict::kNew);
}

TEST_F(StreamsTest, AReportThatDoesNotFitIsRefusedAndCounted) {
  Limit({.spans_of_stream = 1});
  ASSERT_EQ(Receive(3), Verdict::kNew);
  EXPECT_FALSE(streams_.NoteLost(kDevice, kStream, 7, 8));
  EXPECT_EQ(streams_.counters().reports_refused, 1U);
  EXPECT_TRUE(streams_.NoteLost(kDevice, kStream, 1, 2));
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 3U);
}

TEST_F(StreamsTest, HolesGiveWayToWhatIsNew) {
  Limit({.spans_of_stream = 2});
  for (std::uint64_t lost = 2; lost <= 20; lost += 2) {
    ASSERT_EQ(Receive(lost - 1), Verdict::kNew);
    ASSERT_TRUE(streams_.NoteLost(kDevice, kStream, lost, lost));
  }
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 20U);
  EXPECT_EQ(streams_.counters().holes_forgotten, 8U);
  EXPECT_EQ(Receive(20), Verdict::kNew);
  EXPECT_EQ(Receive(2), Verdict::kDuplicateUnverified);
}

TEST_F(StreamsTest, TheLongestUntouchedStreamsOfADeviceGiveWay) {
  Limit({.streams_of_device = 32});
  for (std::uint64_t stream = 1; stream <= 32; ++stream) ASSERT_EQ(Receive(1, 7, stream), Verdict::kNew);
  EXPECT_EQ(Receive(1, 7, 1), Verdict::kDuplicate) << "touches it";
  EXPECT_EQ(Receive(1, 7, 33), Verdict::kNew);
  EXPECT_EQ(streams_.counters().streams_forgotten, 2U) << "a sixteenth";
  EXPECT_FALSE(streams_.Upto(kDevice, 2));
  EXPECT_FALSE(streams_.Upto(kDevice, 3));
  EXPECT_TRUE(streams_.Upto(kDevice, 1));
  EXPECT_EQ(streams_.stream_count(), 31U);
}

TEST_F(StreamsTest, TheStreamsOfAllDevicesAreBounded) {
  Limit({.streams = 16});
  for (int i = 0; i < 40; ++i) {
    const std::string device = "device-" + std::to_string(i);
    ASSERT_EQ(streams_.Judge(device, kStream, 1, 7), Verdict::kNew);
    streams_.Accept(device, kStream, 1, 7);
    ASSERT_LE(streams_.stream_count(), 16U);
  }
  EXPECT_EQ(streams_.device_count(), 16U);
  EXPECT_TRUE(streams_.Upto("device-39", kStream));
  EXPECT_FALSE(streams_.Upto("device-0", kStream));
}

TEST_F(StreamsTest, ChecksumsAreBoundedAndTheRecordsStayKnown) {
  Limit({.checksum_bytes = 20'000});
  for (std::uint64_t stream = 1; stream <= 20; ++stream) {
    for (std::uint64_t sequence = 1; sequence <= 1024; ++sequence) Receive(sequence, 7, stream);
  }
  EXPECT_GE(streams_.counters().checksums_forgotten, 15U);
  EXPECT_EQ(Receive(1024, 7, 20), Verdict::kDuplicate);
  EXPECT_EQ(Receive(1024, 7, 1), Verdict::kDuplicateUnverified);
}

TEST_F(StreamsTest, AQuietStreamTakesLessThan100Bytes) {
  constexpr std::size_t kDevices = 10'000;
  constexpr std::size_t kStreamsOfEach = 8;
  const std::size_t before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kDevices * kStreamsOfEach; ++i) {
    streams_.Accept("device-" + std::to_string(i % kDevices), i, 1, std::nullopt);
  }
  const std::size_t taken = ::mallinfo2().uordblks - before;
  RecordProperty("bytes_per_stream", static_cast<int>(taken / (kDevices * kStreamsOfEach)));
#if !defined(__SANITIZE_ADDRESS__) && !defined(INFEROMETER_SANITIZES_THREADS)
  EXPECT_LT(taken / (kDevices * kStreamsOfEach), 100U);
#endif
}

// The checkpoint.

TEST_F(StreamsTest, ACheckpointBringsEverythingBackButTheChecksums) {
  ReceiveAll(1, 3);
  ReceiveAll(9, 10);
  EXPECT_TRUE(streams_.SetFirstHeld(kDevice, kOther, 50));
  EXPECT_TRUE(streams_.NoteLost(kDevice, kStream, 5, 6));
  streams_.Accept("another-device", kStream, 1, 7);
  const std::string bytes = Checkpoint();
  streams_ = Streams();
  const Status restored = streams_.RestoreCheckpoint(bytes);
  ASSERT_TRUE(restored.ok()) << restored.message();
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 3U);
  EXPECT_EQ(streams_.Upto(kDevice, kOther), 49U);
  EXPECT_EQ(streams_.Upto("another-device", kStream), 1U);
  EXPECT_EQ(streams_.Gaps(kDevice, 9), (std::vector<Gap>{{kStream, 4, 4}, {kStream, 7, 8}}));
  EXPECT_EQ(Receive(10), Verdict::kDuplicateUnverified);
  EXPECT_EQ(Receive(11), Verdict::kNew);
  EXPECT_EQ(Receive(5), Verdict::kNew) << "lost, and it came after all";
  EXPECT_EQ(streams_.stream_count(), 3U);
}

TEST_F(StreamsTest, GoldenCheckpoint) {
  streams_.Accept("abc", 0x0102030405060708, 1, 7);
  streams_.Accept("abc", 0x0102030405060708, 4, 7);
  const std::string_view expected(
      "\x01\0\0\0"
      "\x02\0\0\0\0\0\0\0"
      "\x01\0\0\0"
      "\x03"
      "abc"
      "\x01\0\0\0"
      "\x08\x07\x06\x05\x04\x03\x02\x01"
      "\x02\0\0\0\0\0\0\0"
      "\x01\0\0\0\0\0\0\0"
      "\0\0\0\0\0\0\0\0"
      "\x01\0\0\0"
      "\x04\0\0\0\0\0\0\0"
      "\x04\0\0\0\0\0\0\0"
      "\0",
      4 + 8 + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4 + 17);
  EXPECT_EQ(Checkpoint(), expected);
}

TEST_F(StreamsTest, ADamagedCheckpointIsRefusedWithItsPlaceAndChangesNothing) {
  ReceiveAll(1, 3);
  ReceiveAll(9, 10);
  const std::string bytes = Checkpoint();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Status cut = streams_.RestoreCheckpoint(std::string_view(bytes).substr(0, length));
    ASSERT_FALSE(cut.ok()) << length;
    ASSERT_LE(cut.offset_bytes().value_or(bytes.size()), length) << cut.message();
  }
  const Status behind = streams_.RestoreCheckpoint(bytes + "x");
  EXPECT_EQ(behind.code(), Code::kDataLoss);
  EXPECT_EQ(behind.offset_bytes(), bytes.size());
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 3U);
}

TEST_F(StreamsTest, ACheckpointOfALaterVersionIsNotGuessedAt) {
  std::string bytes = Checkpoint();
  bytes[0] = 2;
  EXPECT_EQ(streams_.RestoreCheckpoint(bytes).code(), Code::kFailedPrecondition);
}

TEST_F(StreamsTest, ACheckpointWhoseCountOfTouchesCannotGoOnIsRefused) {
  ReceiveAll(1, 3);
  std::string bytes = Checkpoint();
  bytes[4 + 7] = '\xff';
  const Status restored = streams_.RestoreCheckpoint(bytes);
  EXPECT_EQ(restored.code(), Code::kDataLoss);
  EXPECT_EQ(restored.offset_bytes(), 4U);
}

TEST_F(StreamsTest, ACheckpointAtTheMostTouchesCanBeUsedAndComesBack) {
  ReceiveAll(1, 3);
  std::string bytes = Checkpoint();
  bytes.replace(4, 8, std::string(7, '\0') + '\x80');
  ASSERT_TRUE(streams_.RestoreCheckpoint(bytes).ok());
  ReceiveAll(4, 5);
  EXPECT_TRUE(streams_.RestoreCheckpoint(Checkpoint()).ok());
  EXPECT_EQ(streams_.Upto(kDevice, kStream), 5U);
}

TEST_F(StreamsTest, EveryFlippedBitOfACheckpointIsRefusedOrMakesAStateThatComesBack) {
  ReceiveAll(1, 3);
  ReceiveAll(9, 10);
  EXPECT_TRUE(streams_.NoteLost(kDevice, kStream, 5, 6));
  const std::string bytes = Checkpoint();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << (bit % 8)));
    Streams streams;
    if (!streams.RestoreCheckpoint(flipped).ok()) continue;
    std::string again;
    streams.AppendCheckpoint(again);
    EXPECT_EQ(again, flipped) << "bit " << bit;
  }
}

}  // namespace
}  // namespace inferometer::hub
