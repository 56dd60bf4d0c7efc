// The ledger's file, cut, damaged and crashed at every place.
#include "store/ledger.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/simulated_disk.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

constexpr std::size_t kSlotBytes = 32768;
const std::filesystem::path kPath = "/journal/ledger";

LedgerState StateOf(std::uint64_t acknowledged) {
  LedgerState state;
  state.store_id = 7;
  state.Acknowledge(1, acknowledged);
  return state;
}

LedgerState FullState() {
  LedgerState state;
  state.store_id = UINT64_MAX;
  for (StreamId stream = 1; stream <= LedgerState::kMostStreams; ++stream) state.Acknowledge(stream, stream * 3);
  for (StreamId stream = 1; stream <= LedgerState::kMostLosses; ++stream) {
    state.AddLoss(stream, 5, 5 + stream, LossReason::kEvicted);
  }
  return state;
}

LedgerState MustDecode(std::string_view slot) {
  const auto decoded = LedgerState::Decode(slot);
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  return decoded.ok() ? decoded->state : LedgerState();
}

bool SameState(const LedgerState& a, const LedgerState& b) { return a.Encode(1) == b.Encode(1); }

// Made from docs/journal-format.md by another program, with another CRC-32.
TEST(LedgerState, GoldenBytes) {
  LedgerState state;
  state.store_id = 0x1122334455667788;
  state.Acknowledge(0xaabbccdd, 42);
  state.AddLoss(0xeeff, 3, 9, LossReason::kNoRoom);
  const std::string golden =
      Hex("494e464c4544470a 01000000 84000000 0500000000000000 8877665544332211 0200000000000000") +
      Hex("0000000000000000 0700000000000000 01000000 01000000 ddccbbaa00000000 2a00000000000000") +
      Hex("0100000000000000 ffee000000000000 0300000000000000 0900000000000000 0700000000000000") +
      Hex("02000000 00000000 a23a80ef");
  EXPECT_EQ(state.Encode(5), golden);
}

TEST(LedgerState, FullStateFitsIntoASlotAndComesBack) {
  const LedgerState state = FullState();
  const std::string slot = state.Encode(9);
  EXPECT_LE(slot.size(), kSlotBytes);
  const auto decoded = LedgerState::Decode(slot);
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded->generation, 9U);
  EXPECT_EQ(decoded->state.acknowledged(), state.acknowledged());
  EXPECT_EQ(decoded->state.losses(), state.losses());
  EXPECT_TRUE(SameState(decoded->state, state));
}

TEST(LedgerState, EveryTruncationAndEveryFlippedBitIsRefused) {
  LedgerState state = StateOf(5);
  state.AddLoss(3, 1, 2, LossReason::kDamaged);
  const std::string slot = state.Encode(3);
  for (std::size_t size = 0; size < slot.size(); ++size) {
    EXPECT_EQ(LedgerState::Decode(std::string_view(slot).substr(0, size)).status().code(), Code::kDataLoss);
  }
  for (std::size_t bit = 0; bit < slot.size() * 8; ++bit) {
    std::string flipped = slot;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(LedgerState::Decode(flipped).status().code(), Code::kDataLoss) << "bit " << bit;
  }
}

TEST(LedgerState, FiguresThatNobodyWritesAreRefused) {
  EXPECT_TRUE(LedgerState::Decode(LedgerState().Encode(UINT64_MAX / 2)).ok());
  EXPECT_FALSE(LedgerState::Decode(LedgerState().Encode(UINT64_MAX)).ok()) << "there would be no next one";
  LedgerState state;
  state.AddLoss(1, 9, 8, LossReason::kEvicted);
  EXPECT_FALSE(LedgerState::Decode(state.Encode(1)).ok());
}

TEST(LedgerState, AcknowledgementNeverGoesBack) {
  LedgerState state;
  EXPECT_EQ(state.AcknowledgedUpTo(1), 0U);
  state.Acknowledge(1, 10);
  state.Acknowledge(1, 4);
  EXPECT_EQ(state.AcknowledgedUpTo(1), 10U);
  state.ForgetStream(1);
  EXPECT_EQ(state.AcknowledgedUpTo(1), 0U);
}

TEST(LedgerState, OldestStreamGivesWay) {
  LedgerState state = FullState();
  state.Acknowledge(9'999, 1);
  EXPECT_EQ(state.acknowledged().size(), LedgerState::kMostStreams);
  EXPECT_EQ(state.AcknowledgedUpTo(1), 0U);
  EXPECT_EQ(state.AcknowledgedUpTo(2), 6U);
  EXPECT_EQ(state.AcknowledgedUpTo(9'999), 1U);
}

TEST(LedgerState, LossThatGoesOnGrowsItsReportUnderANewNumber) {
  LedgerState state;
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.AddLoss(1, 7, 7, LossReason::kNoRoom);
  EXPECT_EQ(state.losses(), (std::vector<Loss>{{2, 1, 5, 7, 3, LossReason::kNoRoom}}));
  state.LossesAreKnown(1);  // the shorter one
  EXPECT_EQ(state.losses().size(), 1U);
  state.AddLoss(1, 8, 8, LossReason::kEvicted);
  state.AddLoss(1, 10, 10, LossReason::kEvicted);
  state.AddLoss(2, 11, 11, LossReason::kEvicted);
  EXPECT_EQ(state.losses().size(), 4U);
  EXPECT_EQ(state.losses().back().number, 5U);
  EXPECT_EQ(state.lost_records(), 6U);
  state.LossesAreKnown(4);
  EXPECT_EQ(state.losses(), (std::vector<Loss>{{5, 2, 11, 11, 1, LossReason::kEvicted}}));
  EXPECT_EQ(state.lost_records(), 6U);
}

TEST(LedgerState, OldestTwoOfAStreamAreMergedWhereThereAreTooMany) {
  LedgerState state;
  state.AddLoss(9, 1, 1, LossReason::kEvicted);
  for (std::uint64_t i = 0; i < LedgerState::kMostLosses - 1; ++i) {
    state.AddLoss(1, 10 * i + 1, 10 * i + 2, LossReason::kEvicted);
  }
  state.AddLoss(2, 1, 4, LossReason::kDamaged);
  EXPECT_EQ(state.losses().size(), LedgerState::kMostLosses);
  EXPECT_EQ(state.losses()[0], (Loss{1, 9, 1, 1, 1, LossReason::kEvicted}));
  EXPECT_EQ(state.losses()[1], (Loss{3, 1, 1, 12, 4, LossReason::kEvicted}));
  EXPECT_EQ(state.losses().back().stream, 2U);
  EXPECT_EQ(state.merged_away(), 0U);
}

TEST(LedgerState, WhatCannotBeMergedIsGivenUpAndCounted) {
  LedgerState state = FullState();
  const std::uint64_t all = state.lost_records();
  state.AddLoss(5'000, 1, 1, LossReason::kEvicted);
  EXPECT_EQ(state.losses().size(), LedgerState::kMostLosses);
  EXPECT_EQ(state.losses().front().stream, 2U);
  EXPECT_EQ(state.merged_away(), 2U);
  EXPECT_EQ(state.lost_records(), all + 1);
}

TEST(LedgerState, StateWithoutKnowledgeContinuesFromAnOlderOne) {
  LedgerState older = StateOf(10);
  older.Acknowledge(2, 5);
  older.AddLoss(2, 6, 8, LossReason::kEvicted);
  LedgerState newer;
  newer.Acknowledge(1, 4);
  newer.Acknowledge(3, 1);
  newer.AddLoss(3, 2, 2, LossReason::kNoRoom);
  newer.ContinueFrom(older);
  EXPECT_EQ(newer.store_id, 7U);
  EXPECT_EQ(newer.AcknowledgedUpTo(1), 10U);
  EXPECT_EQ(newer.AcknowledgedUpTo(2), 5U);
  EXPECT_EQ(newer.AcknowledgedUpTo(3), 1U);
  EXPECT_EQ(newer.losses(),
            (std::vector<Loss>{{1, 2, 6, 8, 3, LossReason::kEvicted}, {2, 3, 2, 2, 1, LossReason::kNoRoom}}));
  EXPECT_EQ(newer.lost_records(), 4U);
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() { EXPECT_TRUE(disk_.PutFolder("/journal").ok()); }
  void MustWrite(const LedgerState& state) {
    Ledger ledger = Ledger::Open(disk_, kPath);
    ledger.state() = state;
    const Status written = ledger.Write();
    ASSERT_TRUE(written.ok()) << written.message();
  }
  LedgerState Reopened() { return Ledger::Open(disk_, kPath).state(); }
  void Damage(std::size_t slot) {
    for (std::uint64_t bit = 0; bit < 64; ++bit) ASSERT_TRUE(disk_.FlipBit(kPath, slot * kSlotBytes * 8 + bit).ok());
  }

  os::SimulatedDisk disk_;
};

TEST_F(LedgerTest, NewOneIsPreallocatedAndDurableAndNotDamaged) {
  const Ledger ledger = Ledger::Open(disk_, kPath);
  EXPECT_FALSE(ledger.was_damaged());
  EXPECT_EQ(disk_.DurableBytes(kPath), std::string(2 * kSlotBytes, '\0'));
  EXPECT_FALSE(Ledger::Open(disk_, kPath).was_damaged()) << "nobody wrote yet";
}

TEST_F(LedgerTest, StateComesBackAndSlotsTakeTurns) {
  for (std::uint64_t upto = 1; upto <= 5; ++upto) {
    MustWrite(StateOf(upto));
    EXPECT_EQ(Reopened().AcknowledgedUpTo(1), upto);
  }
  const std::string bytes = disk_.DurableBytes(kPath).value_or("");
  EXPECT_EQ(bytes.size(), 2 * kSlotBytes);
  EXPECT_EQ(MustDecode(bytes.substr(0, kSlotBytes)).AcknowledgedUpTo(1), 4U);
  EXPECT_EQ(MustDecode(bytes.substr(kSlotBytes)).AcknowledgedUpTo(1), 5U);
}

TEST_F(LedgerTest, DamagedSlotLeavesTheOtherAndTwoLeaveNothing) {
  MustWrite(StateOf(1));  // slot 1
  MustWrite(StateOf(2));  // slot 0
  Damage(1);
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 2U);
  Damage(1);
  Damage(0);
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 1U);
  Damage(1);
  const Ledger ledger = Ledger::Open(disk_, kPath);
  EXPECT_TRUE(ledger.was_damaged());
  EXPECT_TRUE(SameState(ledger.state(), LedgerState()));
  MustWrite(StateOf(3));
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 3U);
}

TEST_F(LedgerTest, EveryTruncationOfTheFileLeavesASlotOrNothingAndItWorksAgain) {
  for (std::size_t size = 0; size < 2 * kSlotBytes; size += WantsFullTests() ? 101U : 4001U) {
    os::SimulatedDisk disk;
    ASSERT_TRUE(disk.Put(kPath, StateOf(2).Encode(2).append(std::string(kSlotBytes, '\0')).substr(0, kSlotBytes) +
                                    StateOf(1).Encode(1))
                    .ok());
    disk.TruncateTo(kPath, size).IgnoreBecause("it is shorter already");
    Ledger ledger = Ledger::Open(disk, kPath);
    EXPECT_EQ(ledger.state().AcknowledgedUpTo(1), size >= StateOf(2).Encode(2).size() ? 2U : 0U) << size;
    ledger.state() = StateOf(9);
    EXPECT_TRUE(ledger.Write().ok()) << size;
    EXPECT_EQ(disk.Bytes(kPath).value_or("").size(), 2 * kSlotBytes);
    EXPECT_EQ(Ledger::Open(disk, kPath).state().AcknowledgedUpTo(1), 9U) << size;
  }
}

TEST_F(LedgerTest, FullDiskTakesIt) {
  MustWrite(StateOf(1));
  disk_.SetCapacity(0, 0);
  for (std::uint64_t upto = 2; upto < 6; ++upto) {
    LedgerState state = FullState();
    state.Acknowledge(LedgerState::kMostStreams, 10'000 + upto);
    MustWrite(state);
    EXPECT_EQ(Reopened().AcknowledgedUpTo(LedgerState::kMostStreams), 10'000 + upto);
  }
}

TEST_F(LedgerTest, FailedSyncLeavesTheSlotOfTheLastSuccess) {
  MustWrite(StateOf(1));
  Ledger ledger = Ledger::Open(disk_, kPath);
  ledger.state() = StateOf(2);
  for (int i = 0; i < 5; ++i) {
    disk_.FailCall(2, EIO);  // the fdatasync
    EXPECT_FALSE(ledger.Write().ok());
    const std::string bytes = disk_.DurableBytes(kPath).value_or("");
    EXPECT_EQ(MustDecode(bytes.substr(kSlotBytes)).AcknowledgedUpTo(1), 1U);
  }
  EXPECT_TRUE(ledger.Write().ok());
  disk_.Crash(1, os::CrashMode::kDropUnsynced);
  disk_.Restart();
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 2U);
}

TEST_F(LedgerTest, OneThatCannotBeReadAtFirstIsTakenOverAndNotWrittenOver) {
  LedgerState before = StateOf(10);
  before.AddLoss(1, 11, 12, LossReason::kEvicted);
  MustWrite(before);
  disk_.FailCall(1, EMFILE, /*for_ever=*/true);
  Ledger ledger = Ledger::Open(disk_, kPath);
  EXPECT_TRUE(SameState(ledger.state(), LedgerState()));
  ledger.state().AddLoss(1, 20, 20, LossReason::kNoRoom);
  EXPECT_FALSE(ledger.Write().ok());
  disk_.ClearFaults();
  ASSERT_TRUE(ledger.Write().ok());
  EXPECT_EQ(ledger.state().AcknowledgedUpTo(1), 10U);
  EXPECT_EQ(Reopened().losses(),
            (std::vector<Loss>{{1, 1, 11, 12, 2, LossReason::kEvicted}, {2, 1, 20, 20, 1, LossReason::kNoRoom}}));
}

TEST_F(LedgerTest, OneThatCannotBeReadIsNotWrittenOver) {
  MustWrite(StateOf(1));
  MustWrite(StateOf(2));
  const auto before = disk_.Bytes(kPath);
  disk_.SetFault(
      [](os::CallKind kind, const std::filesystem::path&) { return kind == os::CallKind::kReadAt ? EIO : 0; });
  Ledger ledger = Ledger::Open(disk_, kPath);
  ledger.state() = StateOf(9);
  EXPECT_FALSE(ledger.Write().ok());
  EXPECT_EQ(disk_.Bytes(kPath), before);
  disk_.ClearFaults();
  EXPECT_TRUE(ledger.Write().ok());
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 9U);
}

// A sync that fails may leave in memory what never reaches the disk, and the next sync says that all is well.
TEST_F(LedgerTest, WhatOnlyTheKernelKnowsIsWrittenAgainBeforeTheOtherSlotIsTouched) {
  MustWrite(StateOf(1));
  MustWrite(StateOf(2));
  {
    Ledger ledger = Ledger::Open(disk_, kPath);
    ledger.state() = StateOf(3);
    disk_.FailCall(2, EIO);  // the fdatasync
    EXPECT_FALSE(ledger.Write().ok());
  }
  const Ledger ledger = Ledger::Open(disk_, kPath);  // of a new process
  ASSERT_EQ(ledger.state().AcknowledgedUpTo(1), 3U);
  EXPECT_EQ(MustDecode(disk_.DurableBytes(kPath)->substr(kSlotBytes)).AcknowledgedUpTo(1), 3U);
}

TEST_F(LedgerTest, SlotOnABadSectorLeavesTheOther) {
  MustWrite(StateOf(1));
  int reads = 0;
  disk_.SetFault([&](os::CallKind kind, const std::filesystem::path&) {
    return kind == os::CallKind::kReadAt && reads++ < 3 ? EIO : 0;  // slot 0, as often as it is tried
  });
  EXPECT_EQ(Reopened().AcknowledgedUpTo(1), 1U);
}

// A run that writes once, ended at any call; a second one that writes twice, ended at any call; then what is read?
class LedgerCrashTest : public testing::TestWithParam<os::CrashMode> {
 protected:
  // Whether the process was ended.
  bool WriteUntilCut(std::uint64_t upto, int cut) {
    disk_->CrashAtCall(cut);
    Ledger ledger = Ledger::Open(*disk_, kPath);
    if (disk_->crashed()) return true;
    promised_ = std::max(promised_, ledger.state().AcknowledgedUpTo(1));
    for (int i = 0; i < 2; ++i) {
      ledger.state() = StateOf(upto + static_cast<std::uint64_t>(i));
      ledger.state().AddLoss(1, 1, upto, LossReason::kEvicted);
      if (ledger.Write().ok()) promised_ = upto + static_cast<std::uint64_t>(i);
    }
    return disk_->crashed();
  }

  std::unique_ptr<os::SimulatedDisk> disk_;
  std::uint64_t promised_ = 0;
};

TEST_P(LedgerCrashTest, StateOfTheLastSuccessSurvivesAKillAndThenAPowerCutAtAnyCall) {
  bool first_was_cut = true;
  for (int kill = 1; first_was_cut; ++kill) {
    bool second_was_cut = true;
    for (int cut = 1; second_was_cut; ++cut) {
      disk_ = std::make_unique<os::SimulatedDisk>();
      ASSERT_TRUE(disk_->PutFolder("/journal").ok());
      promised_ = 0;
      first_was_cut = WriteUntilCut(10, kill);
      disk_->Restart();
      second_was_cut = WriteUntilCut(20, cut);
      disk_->Crash(static_cast<std::uint64_t>(kill * 1000 + cut), GetParam());
      disk_->Restart();
      const LedgerState state = Ledger::Open(*disk_, kPath).state();
      ASSERT_GE(state.AcknowledgedUpTo(1), promised_) << "kill at call " << kill << ", cut at call " << cut;
      ASSERT_EQ(state.losses().empty(), state.AcknowledgedUpTo(1) == 0);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(EachMode, LedgerCrashTest, testing::ValuesIn(os::kCrashModes));

}  // namespace
}  // namespace inferometer::store
