// What a ledger knows of the hours that are lost, as bytes of a slot and in the file.
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/checksum.h"
#include "store/ledger_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

constexpr std::size_t kSlotBytes = 32768;
const std::filesystem::path kPath = "/journal/ledger";

// With `losses` lost in hour 5, of one stream.
LedgerState StateWithHours(std::uint64_t losses) {
  LedgerState state = StateOf(1);
  for (std::uint64_t i = 1; i <= losses; ++i) {
    state.AddLoss(3, i, i, LossReason::kEvicted);
    state.AddLostHours(HourOf(5));
  }
  return state;
}

std::uint64_t InferencesOf(const LedgerState& state) {
  return std::accumulate(state.lost_hours().begin(), state.lost_hours().end(), std::uint64_t{0},
                         [](std::uint64_t sum, const LostHours& one) { return sum + one.inferences; });
}

// Of the last 4 bytes, `before` being the checksum of what stands before `begin`.
std::string WithGoodChecksum(std::string bytes, std::size_t begin = 0, std::uint32_t before = 0) {
  bytes.resize(bytes.size() - 4);
  base::AppendLittleEndian(bytes, Checksum(std::string_view(bytes).substr(begin), before));
  return bytes;
}

// Made from docs/journal-format.md by another program, with another CRC-32.
TEST(LedgerLostHours, GoldenBytes) {
  LedgerState state;
  state.AddLoss(0xeeff, 3, 9, LossReason::kEvicted);
  state.AddLostHours(LostHours::Unknown(2));
  LostHours hour = HourOf(0x01020304, 0x01020304, 4);
  hour.hours = HourSpan{488'578, 488'580};
  hour.inferences = 5;
  hour.failed_inferences = 1;
  hour.prompt_tokens = {3, 99};
  hour.generated_tokens = {2, 0x1122334455};
  state.AddLostHours(hour);
  const std::string reports =
      Hex("494e464c4544470a 01000000 74000000 0500000000000000 0000000000000000 0200000000000000") +
      Hex("0000000000000000 0700000000000000 00000000 01000000 0100000000000000 ffee000000000000") +
      Hex("0300000000000000 0900000000000000 0700000000000000 01000000 02000000 bbbda4bf");
  const std::string hours = Hex("02000000 ffffffff ffffffff 0200000000000000 0000000000000000 00000000 00000000") +
                            std::string(24 + 68, '\0') + Hex("82740700 84740700 0500000000000000 0100000000000000") +
                            Hex("03000000 02000000 6300000000000000 5544332211000000 8038010000000000") +
                            Hex("00000000 04000000") + std::string(60, '\0') + Hex("193d32a4");
  EXPECT_EQ(state.Encode(5), reports + hours);
}

TEST(LedgerLostHours, FullStateWithAllHoursFitsIntoASlotAndComesBack) {
  LedgerState state = FullState();
  for (const LostHours& one : FullHours()) state.AddLostHours(one);
  const std::string slot = state.Encode(9);
  EXPECT_LE(slot.size(), kSlotBytes);
  EXPECT_EQ(MustDecode(slot).lost_hours(), FullHours());
  EXPECT_EQ(MustDecode(slot + std::string(kSlotBytes - slot.size(), 'x')).lost_hours(), FullHours());
  EXPECT_TRUE(SameState(MustDecode(slot), state));
}

// A program of before them checks the bytes up to `used` only, and passes over the flags that it does not know.
TEST(LedgerLostHours, UpToUsedASlotIsWhatItIsWithoutThemButForAFlag) {
  LedgerState without = StateOf(1);
  for (const std::uint64_t i : {1U, 2U}) without.AddLoss(3, i, i, LossReason::kEvicted);
  std::string expected = without.Encode(7);
  const std::string slot = StateWithHours(2).Encode(7);
  const std::size_t used = base::ReadLittleEndian<std::uint32_t>(slot, 12);
  ASSERT_EQ(used, expected.size());
  expected[64 + 16 + 44] = 2;
  EXPECT_EQ(slot.substr(0, used), WithGoodChecksum(expected));
}

TEST(LedgerLostHours, SlotWithoutThemIsReadAsOneThatNeverHadAny) {
  LedgerState state = StateOf(1);
  state.AddLoss(3, 1, 1, LossReason::kEvicted);
  EXPECT_TRUE(MustDecode(state.Encode(1) + std::string(500, 'x')).lost_hours().empty());
}

TEST(LedgerLostHours, EveryTruncationAndEveryFlippedBitIsRefused) {
  const std::string slot = StateWithHours(1).Encode(3);
  for (std::size_t size = 0; size < slot.size(); ++size) {
    EXPECT_EQ(LedgerState::Decode(std::string_view(slot).substr(0, size)).status().code(), Code::kDataLoss) << size;
  }
  for (std::size_t bit = 0; bit < slot.size() * 8; ++bit) {
    std::string flipped = slot;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(LedgerState::Decode(flipped).status().code(), Code::kDataLoss) << "bit " << bit;
  }
}

// A torn write may leave the one and the other, also of two attempts at the same generation.
TEST(LedgerLostHours, ThoseOfOtherReportsMakeASlotBad) {
  const std::string slot = StateWithHours(1).Encode(3);
  const std::size_t used = base::ReadLittleEndian<std::uint32_t>(slot, 12);
  for (const std::string& other : {StateWithHours(1).Encode(5), StateWithHours(2).Encode(3)}) {
    ASSERT_EQ(base::ReadLittleEndian<std::uint32_t>(other, 12), used);
    EXPECT_EQ(LedgerState::Decode(slot.substr(0, used) + other.substr(used)).status().code(), Code::kDataLoss);
  }
}

TEST(LedgerLostHours, FiguresThatNobodyWritesAreRefusedThoughTheChecksumIsRight) {
  const std::string good = StateWithHours(1).Encode(3);
  const std::size_t used = base::ReadLittleEndian<std::uint32_t>(good, 12);
  const auto with = [&](std::size_t at, std::uint32_t value) {
    std::string bytes = good;
    base::PutLittleEndian(&bytes[used + at], value);
    return LedgerState::Decode(WithGoodChecksum(bytes, used, base::ReadLittleEndian<std::uint32_t>(bytes, used - 4)))
        .ok();
  };
  EXPECT_TRUE(with(0, 1));
  for (const std::uint32_t count : {0U, 2U, 97U, UINT32_MAX}) EXPECT_FALSE(with(0, count)) << count;
  EXPECT_FALSE(with(4, 6)) << "it ends before it begins";
  EXPECT_FALSE(with(12, 0)) << "of no inference";
}

TEST(LedgerLostHours, StateWithoutKnowledgeAddsItsOwnToThoseOfTheOlderOne) {
  LedgerState newer = StateWithHours(2);
  newer.AddLoss(4, 1, 1, LossReason::kNoRoom);
  newer.AddLostHours(HourOf(7));
  newer.ContinueFrom(StateWithHours(3));
  EXPECT_EQ(newer.lost_hours(), (std::vector<LostHours>{HourOf(5, 5, 5), HourOf(7)}));
}

TEST(LedgerLostHours, TheyStayWhenAnotherHubIsToldEverythingAgain) {
  LedgerState state = StateWithHours(2);
  state.ForgetAcknowledgements();
  EXPECT_EQ(InferencesOf(state), 2U);
}

class LedgerLostHoursCrashTest : public testing::TestWithParam<os::CrashMode> {};

// What a slot's reports count, its hours count: whatever a power cut left of a write.
TEST_P(LedgerLostHoursCrashTest, ReportsAndHoursSurviveAPowerCutTogether) {
  const std::uint64_t seeds = WantsFullTests() ? 300 : 20;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    os::SimulatedDisk disk;
    ASSERT_TRUE(disk.PutFolder("/journal").ok());
    std::uint64_t promised = 0;
    for (int cut = 4; cut < 12; ++cut) {
      Ledger ledger = Ledger::Open(disk, kPath);
      ASSERT_EQ(InferencesOf(ledger.state()), ledger.state().lost_records()) << "seed " << seed << ", call " << cut;
      ASSERT_GE(ledger.state().lost_records(), promised);
      disk.CrashAtCall(cut);
      for (int i = 0; i < 4; ++i) {
        const std::uint64_t next = ledger.state().lost_records() * 2 + 1;  // each a report of its own
        ledger.state().AddLoss(3, next, next, LossReason::kEvicted);
        ledger.state().AddLostHours(HourOf(static_cast<std::uint32_t>(next)));
        if (ledger.Write().ok()) promised = ledger.state().lost_records();
      }
      disk.Crash(seed * 100 + static_cast<std::uint64_t>(cut), GetParam());
      disk.Restart();
    }
  }
}
INSTANTIATE_TEST_SUITE_P(EachMode, LedgerLostHoursCrashTest, testing::ValuesIn(os::kCrashModes));

}  // namespace
}  // namespace inferometer::store
