#pragma once
// For tests: ledgers' states.

#include <gtest/gtest.h>

#include <string_view>

#include "store/ledger.h"

namespace inferometer::store {

inline LedgerState StateOf(std::uint64_t acknowledged) {
  LedgerState state;
  state.store_id = 7;
  state.Acknowledge(1, acknowledged);
  return state;
}

inline LedgerState FullState() {
  LedgerState state;
  state.store_id = UINT64_MAX;
  for (StreamId stream = 1; stream <= LedgerState::kMostStreams; ++stream) state.Acknowledge(stream, stream * 3);
  for (StreamId stream = 1; stream <= LedgerState::kMostLosses; ++stream) {
    state.AddLoss(stream, 5, 5 + stream, LossReason::kEvicted);
  }
  return state;
}

inline LedgerState MustDecode(std::string_view slot) {
  const auto decoded = LedgerState::Decode(slot);
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  return decoded.ok() ? decoded->state : LedgerState();
}

inline bool SameState(const LedgerState& a, const LedgerState& b) { return a.Encode(1) == b.Encode(1); }

}  // namespace inferometer::store
