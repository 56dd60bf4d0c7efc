// The ledger's file, cut, damaged and crashed at every place.
#include "store/ledger.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/simulated_disk.h"
#include "store/ledger_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

constexpr std::size_t kSlotBytes = 32768;
const std::filesystem::path kPath = "/journal/ledger";

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

TEST_F(LedgerTest, WhoOnlyLooksMakesAndChangesNothing) {
  EXPECT_EQ(Ledger::Inspect(disk_, kPath).status().code(), Code::kNotFound);
  EXPECT_TRUE(disk_.Names("/journal").empty());
  MustWrite(StateOf(1));
  MustWrite(StateOf(2));
  const int before = disk_.calls();
  const std::string bytes = disk_.Bytes(kPath).value_or("");
  const auto state = Ledger::Inspect(disk_, kPath);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->AcknowledgedUpTo(1), 2U);
  EXPECT_EQ(disk_.Bytes(kPath), bytes);
  EXPECT_LE(disk_.calls() - before, 4) << "open, two reads, close";
  Damage(0);
  EXPECT_EQ(Ledger::Inspect(disk_, kPath)->AcknowledgedUpTo(1), 1U);
  Damage(1);
  EXPECT_EQ(Ledger::Inspect(disk_, kPath).status().code(), Code::kDataLoss);
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
            (std::vector<Loss>{{2, 1, 11, 12, 2, LossReason::kEvicted}, {3, 1, 20, 20, 1, LossReason::kNoRoom}}));
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
