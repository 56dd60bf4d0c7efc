// What a ledger knows, in memory and as the bytes of a slot.
#include <gtest/gtest.h>

#include "base/little_endian.h"
#include "store/checksum.h"
#include "store/ledger_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

constexpr std::size_t kSlotBytes = 32768;

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
  state.AddLoss(1, 5, 6, LossReason::kEvicted);
  std::string slot = state.Encode(1);
  const std::size_t from = 64 + 16;
  slot[from] = 9;
  slot.resize(slot.size() - 4);
  base::AppendLittleEndian(slot, Checksum(slot));
  EXPECT_FALSE(LedgerState::Decode(slot).ok()) << "it ends before it begins";
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

TEST(LedgerState, StreamBeforeWhichAllIsDoneComesBackWithAsManyMarksAsThereMayBe) {
  LedgerState state = FullState();
  state.acknowledged_before = 77;
  const auto decoded = LedgerState::Decode(state.Encode(1));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->state.acknowledged_before, 77U);
  EXPECT_EQ(decoded->state.acknowledged(), state.acknowledged());
  LedgerState later;
  later.ContinueFrom(decoded->state);
  EXPECT_EQ(later.acknowledged_before, 77U);
  later.ForgetAcknowledgements();
  EXPECT_EQ(later.acknowledged_before, 0U);
}

TEST(LedgerState, OfTheMarksOfAnOlderProgramTheFirstGivesWayToTheStreamBeforeWhichAllIsDone) {
  LedgerState state;
  for (StreamId stream = 1; stream <= LedgerState::kMostStreams; ++stream) state.Acknowledge(stream, 6);
  state.acknowledged_before = 6;  // the first mark, of stream 0, which becomes that of another one
  std::string slot = state.Encode(1);
  slot[64] = static_cast<char>(0xff);
  slot.resize(slot.size() - 4);
  base::AppendLittleEndian(slot, Checksum(slot));
  auto decoded = LedgerState::Decode(slot);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->state.acknowledged(), state.acknowledged());
  decoded->state.acknowledged_before = 77;
  EXPECT_TRUE(LedgerState::Decode(decoded->state.Encode(2)).ok());
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
  EXPECT_EQ(state.lost_records(), 6U);
}

TEST(LedgerState, LossThatTheHubKnowsIsKeptAndSaysSo) {
  LedgerState state;
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.AddLoss(2, 1, 1, LossReason::kEvicted);
  EXPECT_TRUE(state.LossesAreKnown(1));
  EXPECT_FALSE(state.LossesAreKnown(1)) << "it is no news";
  const std::vector<Loss> losses = {{1, 1, 5, 6, 2, LossReason::kNoRoom, true}, {2, 2, 1, 1, 1, LossReason::kEvicted}};
  EXPECT_EQ(state.losses(), losses);
  EXPECT_EQ(state.LossesToTell(), std::vector<Loss>{losses[1]});
  EXPECT_EQ(MustDecode(state.Encode(1)).losses(), losses);
  EXPECT_EQ(state.lost_records(), 3U);
}

TEST(LedgerState, WhatIsReportedAlreadyCountsOnce) {
  LedgerState state;
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.AddLoss(1, 9, 9, LossReason::kQueueFull);
  state.LossesAreKnown(1);
  state.AddLoss(1, 4, 10, LossReason::kEvicted);
  state.AddLoss(1, 5, 9, LossReason::kDamaged);
  EXPECT_EQ(state.lost_records(), 7U);
  EXPECT_EQ(state.losses(), (std::vector<Loss>{{1, 1, 5, 6, 2, LossReason::kNoRoom, true},
                                               {2, 1, 9, 9, 1, LossReason::kQueueFull},
                                               {3, 1, 4, 4, 1, LossReason::kEvicted},
                                               {4, 1, 7, 8, 2, LossReason::kEvicted},
                                               {5, 1, 10, 10, 1, LossReason::kEvicted}}));
  state.AddLoss(2, 5, 6, LossReason::kEvicted);
  EXPECT_EQ(state.lost_records(), 9U) << "of another stream";
}

TEST(LedgerState, KnownLossDoesNotGrow) {
  LedgerState state;
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.LossesAreKnown(1);
  state.AddLoss(1, 7, 7, LossReason::kNoRoom);
  EXPECT_EQ(state.losses(),
            (std::vector<Loss>{{1, 1, 5, 6, 2, LossReason::kNoRoom, true}, {2, 1, 7, 7, 1, LossReason::kNoRoom}}));
}

TEST(LedgerState, AnotherHubKnowsNoLoss) {
  LedgerState state = StateOf(3);
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.LossesAreKnown(1);
  state.ForgetAcknowledgements();
  EXPECT_EQ(state.losses(), (std::vector<Loss>{{2, 1, 5, 6, 2, LossReason::kNoRoom}}));
  EXPECT_EQ(state.LossesToTell(), state.losses());
  EXPECT_EQ(state.AcknowledgedUpTo(1), 0U);
}

// A hub that was told only what the one before did not know says how far it knows that.
TEST(LedgerState, AnswerToWhatWasToldBeforeMakesNothingKnownThatOnlyTheLastHubKnew) {
  LedgerState state = StateOf(3);
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  state.AddLoss(1, 8, 8, LossReason::kDamaged);
  state.LossesAreKnown(2);
  state.AddLoss(1, 10, 10, LossReason::kRejected);
  state.ForgetAcknowledgements();
  state.LossesAreKnown(3);
  EXPECT_EQ(state.losses(), (std::vector<Loss>{{3, 1, 10, 10, 1, LossReason::kRejected, true},
                                               {4, 1, 5, 6, 2, LossReason::kNoRoom},
                                               {5, 1, 8, 8, 1, LossReason::kDamaged}}));
}

// As an earlier version of the program wrote it, and as a later one may.
TEST(LedgerState, FlagsThatAreZeroMeanUnknownAndFlagsThatNobodyHasMeanNothing) {
  LedgerState state;
  state.AddLoss(1, 5, 6, LossReason::kNoRoom);
  const std::size_t flags = 64 + 44;
  std::string slot = state.Encode(1);
  ASSERT_EQ(slot.substr(flags, 4), std::string(4, '\0'));
  slot.replace(flags, 4, "\xfc\xff\xff\xff");
  slot.resize(slot.size() - 4);
  base::AppendLittleEndian(slot, Checksum(slot));
  EXPECT_EQ(MustDecode(slot).losses(), state.losses());
}

TEST(LedgerState, TwoReportsWithNothingBetweenAreMergedWhereThereAreTooMany) {
  LedgerState state;
  for (std::uint64_t i = 0; i < LedgerState::kMostLosses - 2; ++i) {
    state.AddLoss(1, 10 * i + 11, 10 * i + 12, LossReason::kEvicted);
  }
  state.AddLoss(1, 13, 20, LossReason::kDamaged);
  state.AddLoss(2, 1, 4, LossReason::kDamaged);
  ASSERT_EQ(state.losses().size(), LedgerState::kMostLosses);
  state.AddLoss(3, 1, 1, LossReason::kDamaged);
  EXPECT_EQ(state.losses().size(), LedgerState::kMostLosses);
  EXPECT_EQ(state.losses()[0], (Loss{2, 1, 21, 22, 2, LossReason::kEvicted}));
  EXPECT_EQ(state.losses()[253], (Loss{255, 1, 11, 20, 10, LossReason::kDamaged}));
  EXPECT_EQ(state.merged_away(), 0U);
}

TEST(LedgerState, ReportsThatOverlapAreMergedAndNoRecordCountsTwice) {
  LedgerState state = FullState();
  state.LossesAreKnown(UINT64_MAX);
  state.AddLoss(7, 9, 30, LossReason::kRejected);  // stream 1 goes for it
  state.LossesAreKnown(UINT64_MAX);
  state.AddLoss(5'000, 1, 1, LossReason::kEvicted);
  const Loss merged = state.losses()[state.losses().size() - 2];
  EXPECT_EQ(merged, (Loss{257, 7, 5, 30, 26, LossReason::kRejected, true}));
}

TEST(LedgerState, KnownLossGoesBeforeAnOlderOneThatNoHubKnows) {
  LedgerState state;
  state.AddLoss(200, 1, 3, LossReason::kEvicted);
  state.AddLoss(100, 1, 1, LossReason::kEvicted);
  state.LossesAreKnown(1);
  state.ContinueFrom([] {
    LedgerState older;
    older.AddLoss(300, 1, 9, LossReason::kEvicted);
    return older;
  }());
  ASSERT_EQ(state.losses()[0].stream, 300U);
  ASSERT_TRUE(state.losses()[1].is_known);
  for (StreamId stream = 1; stream <= LedgerState::kMostLosses - 2; ++stream) {
    state.AddLoss(1'000 + stream, 1, 1, LossReason::kEvicted);
  }
  EXPECT_EQ(state.losses()[0].stream, 300U);
  EXPECT_EQ(state.losses()[1].stream, 100U);
  EXPECT_EQ(state.merged_away(), 3U);
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
            (std::vector<Loss>{{2, 2, 6, 8, 3, LossReason::kEvicted}, {3, 3, 2, 2, 1, LossReason::kNoRoom}}));
  EXPECT_EQ(newer.lost_records(), 4U);
  newer.LossesAreKnown(1);  // an answer to what the newer one told
  EXPECT_EQ(newer.LossesToTell().size(), 2U);
}

TEST(LedgerState, LossThatTheOlderStateNamesTooCountsOnce) {
  LedgerState older = StateOf(10);
  older.AddLoss(2, 6, 8, LossReason::kDamaged);
  LedgerState newer;
  newer.AddLoss(2, 5, 9, LossReason::kDamaged);
  newer.ContinueFrom(older);
  EXPECT_EQ(newer.lost_records(), 5U);
  EXPECT_EQ(newer.losses(), (std::vector<Loss>{{2, 2, 6, 8, 3, LossReason::kDamaged},
                                               {3, 2, 5, 5, 1, LossReason::kDamaged},
                                               {4, 2, 9, 9, 1, LossReason::kDamaged}}));
}

TEST(LedgerState, WhatAnotherHubAcknowledgedIsNotTakenOver) {
  LedgerState older;
  older.store_id = 1;
  older.acknowledged_before = 77;
  older.Acknowledge(5, 9);
  older.AddLoss(5, 10, 10, LossReason::kRejected);
  older.LossesAreKnown(1);
  LedgerState newer;
  newer.store_id = 2;
  newer.Acknowledge(6, 3);
  newer.ContinueFrom(older);
  EXPECT_EQ(newer.store_id, 2U);
  EXPECT_EQ(newer.acknowledged_before, 0U);
  EXPECT_EQ(newer.acknowledged(), (std::vector<Acknowledged>{{6, 3}}));
  EXPECT_EQ(newer.LossesToTell().size(), 1U);
}

}  // namespace
}  // namespace inferometer::store
