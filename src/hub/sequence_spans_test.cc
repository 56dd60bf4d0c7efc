#include "hub/sequence_spans.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "base/little_endian.h"
#include "base/record_key.h"

namespace inferometer::hub {
namespace {

using Range = SequenceSpans::Range;
using Ranges = std::vector<Range>;

constexpr std::size_t kPlenty = 1000;

SequenceSpans Stored(std::initializer_list<std::uint64_t> sequences) {
  SequenceSpans spans;
  for (const std::uint64_t sequence : sequences) spans.Store(sequence);
  return spans;
}

TEST(SequenceSpans, InOrderIsOneNumber) {
  const SequenceSpans spans = Stored({1, 2, 3});
  EXPECT_EQ(spans.upto(), 3U);
  EXPECT_EQ(spans.span_count(), 0U);
  EXPECT_TRUE(spans.IsStored(3));
  EXPECT_FALSE(spans.IsStored(4));
}

TEST(SequenceSpans, OutOfOrderIsFilledIn) {
  SequenceSpans spans = Stored({3, 2, 5});
  EXPECT_EQ(spans.upto(), 0U);
  EXPECT_EQ(spans.Gaps(9), (Ranges{{1, 1}, {4, 4}}));
  spans.Store(1);
  EXPECT_EQ(spans.upto(), 3U);
  spans.Store(4);
  EXPECT_EQ(spans.upto(), 5U);
  EXPECT_EQ(spans.span_count(), 0U);
}

TEST(SequenceSpans, WatermarkPassesOverWhatIsLost) {
  SequenceSpans spans = Stored({1, 5});
  EXPECT_TRUE(spans.MarkLost({2, 4}, kPlenty));
  EXPECT_EQ(spans.upto(), 5U);
  EXPECT_TRUE(spans.Gaps(9).empty());
  EXPECT_FALSE(spans.IsStored(3));
}

TEST(SequenceSpans, ALossReportOverStoredRecordsChangesNothingOfThem) {
  SequenceSpans spans = Stored({1, 2, 3, 7});
  EXPECT_TRUE(spans.MarkLost({1, 9}, kPlenty));
  EXPECT_EQ(spans.upto(), 9U);
  for (const std::uint64_t stored : {1U, 2U, 3U, 7U}) EXPECT_TRUE(spans.IsStored(stored)) << stored;
  for (const std::uint64_t lost : {4U, 6U, 8U, 9U}) EXPECT_FALSE(spans.IsStored(lost)) << lost;
}

TEST(SequenceSpans, WhatWasReportedLostAndComesAfterAllIsStoredOnce) {
  SequenceSpans spans = Stored({1});
  EXPECT_TRUE(spans.MarkLost({2, 4}, kPlenty));
  EXPECT_FALSE(spans.IsStored(3));
  spans.Store(3);
  EXPECT_TRUE(spans.IsStored(3));
  EXPECT_FALSE(spans.IsStored(2));
  EXPECT_FALSE(spans.IsStored(4));
  EXPECT_EQ(spans.upto(), 4U);
}

TEST(SequenceSpans, BeginsWhereTheDeviceBeginsWhenNothingIsKnown) {
  SequenceSpans spans;
  EXPECT_TRUE(spans.SetFirstHeld(57, kPlenty));
  EXPECT_EQ(spans.upto(), 56U);
  EXPECT_EQ(spans.span_count(), 0U);
  EXPECT_FALSE(spans.IsStored(56));
  EXPECT_TRUE(spans.Gaps(9).empty());
}

TEST(SequenceSpans, ARecordBeforeTheFirstStatusMakesNoGap) {
  SequenceSpans spans = Stored({57, 58});
  EXPECT_TRUE(spans.SetFirstHeld(57, kPlenty));
  EXPECT_EQ(spans.upto(), 58U);
  EXPECT_TRUE(spans.Gaps(9).empty());
}

TEST(SequenceSpans, WhatTheDeviceNoLongerHoldsIsAGapThatBlocksNothing) {
  SequenceSpans spans = Stored({1, 2, 3});
  EXPECT_TRUE(spans.SetFirstHeld(1, kPlenty));
  EXPECT_TRUE(spans.SetFirstHeld(10, kPlenty));
  EXPECT_EQ(spans.upto(), 9U);
  EXPECT_EQ(spans.Gaps(9), (Ranges{{4, 9}}));
  EXPECT_TRUE(spans.MarkLost({4, 8}, kPlenty));
  EXPECT_EQ(spans.Gaps(9), (Ranges{{9, 9}}));
}

TEST(SequenceSpans, ARecordFromBeforeTheBeginningIsStoredOnce) {
  SequenceSpans spans;
  EXPECT_TRUE(spans.SetFirstHeld(57, kPlenty));
  spans.Store(50);
  EXPECT_TRUE(spans.IsStored(50));
  EXPECT_FALSE(spans.IsStored(53));
  EXPECT_EQ(spans.upto(), 56U);
}

TEST(SequenceSpans, TellsWhatIsStoredAndWhatIsLost) {
  SequenceSpans spans;
  EXPECT_EQ(spans.Stored(), Ranges());
  EXPECT_EQ(spans.first_held(), std::nullopt);
  for (const std::uint64_t one : {1U, 2U, 3U, 6U, 9U, 10U}) spans.Store(one);
  EXPECT_EQ(spans.Stored(), (Ranges{{1, 3}, {6, 6}, {9, 10}}));
  EXPECT_TRUE(spans.MarkLost({4, 5}, kPlenty));
  EXPECT_TRUE(spans.MarkLost({12, 13}, kPlenty));
  EXPECT_EQ(spans.upto(), 6U);
  EXPECT_EQ(spans.Stored(), (Ranges{{1, 3}, {6, 6}, {9, 10}}));
  EXPECT_EQ(spans.Lost(), (Ranges{{4, 5}, {12, 13}}));
}

TEST(SequenceSpans, WhatWasBeforeTheFirstHeldIsNotStored) {
  SequenceSpans spans;
  EXPECT_TRUE(spans.SetFirstHeld(11, kPlenty));
  EXPECT_EQ(spans.Stored(), Ranges());
  spans.Store(11);
  spans.Store(13);
  EXPECT_EQ(spans.Stored(), (Ranges{{11, 11}, {13, 13}}));
  EXPECT_EQ(spans.first_held(), 11U);
  EXPECT_TRUE(spans.SetFirstHeld(13, kPlenty));
  EXPECT_EQ(spans.Stored(), (Ranges{{11, 11}, {13, 13}})) << "12 is missing";
  EXPECT_EQ(spans.Lost(), Ranges());
}

TEST(SequenceSpans, BoundHoldsAboveTheWatermarkAndTheNextInOrderIsAlwaysTaken) {
  SequenceSpans spans = Stored({3, 5, 7});
  EXPECT_TRUE(spans.CanStore(9, 4));
  EXPECT_FALSE(spans.CanStore(9, 3));
  EXPECT_TRUE(spans.CanStore(6, 3)) << "joins two";
  EXPECT_TRUE(spans.CanStore(8, 3)) << "joins one";
  EXPECT_TRUE(spans.CanStore(1, 0));
  const SequenceSpans before = spans;
  EXPECT_FALSE(spans.MarkLost({20, 30}, 3));
  EXPECT_EQ(spans, before);
  EXPECT_TRUE(spans.MarkLost({1, 2}, 3));
  EXPECT_EQ(spans.upto(), 3U);
}

TEST(SequenceSpans, HolesBelowTheWatermarkAreForgottenLowestFirst) {
  SequenceSpans spans = Stored({1, 3, 5, 9});
  EXPECT_TRUE(spans.MarkLost({2, 2}, kPlenty));
  EXPECT_TRUE(spans.MarkLost({4, 4}, kPlenty));
  EXPECT_EQ(spans.span_count(), 3U);
  EXPECT_EQ(spans.ForgetHoles(2), 1U);
  EXPECT_TRUE(spans.IsStored(2));
  EXPECT_FALSE(spans.IsStored(4));
  EXPECT_EQ(spans.ForgetHoles(0), 1U) << "what is above the watermark stays";
  EXPECT_FALSE(spans.IsStored(6));
}

TEST(SequenceSpans, LargestSequenceIsTaken) {
  SequenceSpans spans;
  spans.Store(base::kLargestSequence);
  EXPECT_TRUE(spans.MarkLost({1, base::kLargestSequence}, kPlenty));
  EXPECT_EQ(spans.upto(), base::kLargestSequence);
  EXPECT_TRUE(spans.IsStored(base::kLargestSequence));
  std::string bytes;
  spans.Append(bytes);
  std::string_view rest = bytes;
  const auto back = SequenceSpans::Take(rest);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, spans);
}

// A checkpoint's bytes, whatever they say.
Result<SequenceSpans> TakeFrom(std::uint64_t upto, std::uint64_t first_held,
                               const std::vector<SequenceSpans::Span>& spans) {
  std::string bytes;
  base::AppendLittleEndian(bytes, upto);
  base::AppendLittleEndian(bytes, first_held);
  base::AppendLittleEndian(bytes, static_cast<std::uint32_t>(spans.size()));
  for (const auto& span : spans) {
    base::AppendLittleEndian(bytes, span.from);
    base::AppendLittleEndian(bytes, span.to);
    base::AppendLittleEndian(bytes, static_cast<std::uint8_t>(span.kind));
  }
  std::string_view rest = bytes;
  return SequenceSpans::Take(rest);
}

TEST(SequenceSpans, BytesThatBreakARuleAreRefused) {
  using Kind = SequenceSpans::Kind;
  constexpr std::uint64_t kTooLarge = base::kLargestSequence + 1;
  EXPECT_TRUE(TakeFrom(10, 1, {{2, 3, Kind::kLost}, {4, 4, Kind::kMissing}, {12, 13, Kind::kStored}}).ok());
  EXPECT_FALSE(TakeFrom(kTooLarge, 0, {}).ok());
  EXPECT_FALSE(TakeFrom(10, 12, {}).ok()) << "begins behind the watermark";
  EXPECT_FALSE(TakeFrom(10, 0, {{0, 1, Kind::kLost}}).ok());
  EXPECT_FALSE(TakeFrom(10, 0, {{3, 2, Kind::kLost}}).ok());
  EXPECT_FALSE(TakeFrom(10, 0, {{20, kTooLarge, Kind::kLost}}).ok());
  EXPECT_FALSE(TakeFrom(10, 5, {{4, 6, Kind::kLost}}).ok()) << "before the beginning";
  EXPECT_FALSE(TakeFrom(10, 0, {{2, 3, static_cast<Kind>(3)}}).ok());
  EXPECT_FALSE(TakeFrom(10, 0, {{2, 5, Kind::kLost}, {4, 7, Kind::kMissing}}).ok()) << "overlap";
  EXPECT_FALSE(TakeFrom(10, 0, {{6, 7, Kind::kLost}, {2, 3, Kind::kLost}}).ok()) << "out of order";
  EXPECT_FALSE(TakeFrom(10, 0, {{2, 3, Kind::kLost}, {4, 5, Kind::kLost}}).ok()) << "one span, not two";
  EXPECT_FALSE(TakeFrom(10, 0, {{2, 3, Kind::kStored}}).ok()) << "below the watermark that is no exception";
  EXPECT_FALSE(TakeFrom(10, 0, {{11, 12, Kind::kStored}}).ok()) << "the watermark would be higher";
  EXPECT_FALSE(TakeFrom(10, 0, {{9, 12, Kind::kLost}}).ok()) << "across the watermark";
}

// The same, sequence by sequence and without any cleverness.
class Model {
 public:
  static constexpr std::uint64_t kMost = 40;

  void Store(std::uint64_t sequence) {
    states_[sequence] = kStored;
    if (sequence >= first_held_) return;
    for (std::uint64_t s = sequence + 1; s < first_held_; ++s) states_[s] = kMissing;
    first_held_ = sequence;
  }
  void MarkLost(Range range) {
    for (std::uint64_t s = std::max(range.from, first_held_); s <= range.to; ++s) {
      if (states_[s] != kStored) states_[s] = kLost;
    }
  }
  void SetFirstHeld(std::uint64_t first) {
    if (first_held_ == 0) first_held_ = Upto() > 0 ? 1 : std::min(first, Lowest());
    for (std::uint64_t s = first_held_; s < first; ++s) {
      if (states_[s] == kAwaited) states_[s] = kMissing;
    }
  }
  [[nodiscard]] bool IsStored(std::uint64_t sequence) const { return states_[sequence] == kStored; }
  [[nodiscard]] bool IsLost(std::uint64_t sequence) const { return states_[sequence] == kLost; }
  [[nodiscard]] std::uint64_t Upto() const {
    std::uint64_t upto = first_held_ == 0 ? 0 : first_held_ - 1;
    while (upto < kMost && states_[upto + 1] != kAwaited) ++upto;
    return upto;
  }
  [[nodiscard]] bool IsGap(std::uint64_t sequence) const {
    if (states_[sequence] == kMissing) return true;
    if (states_[sequence] != kAwaited || sequence < first_held_) return false;
    for (std::uint64_t later = sequence + 1; later <= kMost; ++later) {
      if (states_[later] != kAwaited) return true;
    }
    return false;
  }

 private:
  enum State { kAwaited, kStored, kLost, kMissing };
  [[nodiscard]] std::uint64_t Lowest() const {
    std::uint64_t lowest = 1;
    while (lowest <= kMost && states_[lowest] == kAwaited) ++lowest;
    return lowest;
  }
  std::array<State, kMost + 2> states_{};
  std::uint64_t first_held_ = 0;
};

bool IsIn(const Ranges& ranges, std::uint64_t sequence) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [sequence](const Range& range) { return range.from <= sequence && sequence <= range.to; });
}

void ExpectSame(const SequenceSpans& spans, const Model& model, unsigned seed) {
  ASSERT_EQ(spans.upto(), model.Upto()) << "seed " << seed;
  const Ranges gaps = spans.Gaps(kPlenty);
  const Ranges stored = spans.Stored();
  const Ranges lost = spans.Lost();
  for (std::uint64_t s = 1; s <= Model::kMost; ++s) {
    ASSERT_EQ(spans.IsStored(s), model.IsStored(s)) << "seed " << seed << ", sequence " << s;
    ASSERT_EQ(IsIn(gaps, s), model.IsGap(s)) << "seed " << seed << ", sequence " << s;
    ASSERT_EQ(IsIn(stored, s), model.IsStored(s)) << "seed " << seed << ", sequence " << s;
    ASSERT_EQ(IsIn(lost, s), model.IsLost(s)) << "seed " << seed << ", sequence " << s;
  }
}

void ExpectItComesBack(const SequenceSpans& spans) {
  std::string bytes;
  spans.Append(bytes);
  std::string_view rest = bytes;
  const auto back = SequenceSpans::Take(rest);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(*back, spans);
}

TEST(SequenceSpans, AgreesWithAModelWhateverIsDone) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](std::uint64_t most) { return 1 + random() % most; };
    SequenceSpans spans;
    Model model;
    for (int step = 0; step < 30; ++step) {
      const std::uint64_t sequence = pick(Model::kMost);
      const Range range{sequence, std::min(Model::kMost, sequence + pick(8))};
      switch (pick(6)) {
        case 1:
          ASSERT_TRUE(spans.MarkLost(range, kPlenty));
          model.MarkLost(range);
          break;
        case 2:
          ASSERT_TRUE(spans.SetFirstHeld(range.from, kPlenty));
          model.SetFirstHeld(range.from);
          break;
        default: spans.Store(sequence); model.Store(sequence);
      }
      ExpectSame(spans, model, seed);
    }
    ExpectItComesBack(spans);
  }
}

}  // namespace
}  // namespace inferometer::hub
