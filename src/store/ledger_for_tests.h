#pragma once
// For tests: ledgers' states, and lost hours.

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"

namespace inferometer::store {

// What googletest prints of them.
inline void PrintTo(const LostHours& one, std::ostream* out) {
  std::string json;
  AppendLostHoursJson({one}, json);
  *out << json;
}

// `inferences` of 20 ms each, which tell nothing else.
inline LostHours HourOf(std::uint32_t first, std::uint32_t last, std::uint32_t inferences) {
  LostHours one = LostHours::Unknown(inferences);
  one.hours = HourSpan{first, last};
  one.inference_time_us = 20'000 * std::uint64_t{inferences};
  one.inference_times[1] = inferences;
  return one;
}
inline LostHours HourOf(std::uint32_t first, std::uint32_t last) { return HourOf(first, last, 1); }
inline LostHours HourOf(std::uint32_t hour) { return HourOf(hour, hour, 1); }

// As many as there may be, each with figures of its own.
inline std::vector<LostHours> FullHours() {
  std::vector<LostHours> all;
  for (std::uint32_t i = 0; i < kMostLostHours; ++i) {
    LostHours one = HourOf(2 * i, 2 * i + 1, 1000 + i);
    one.failed_inferences = i;
    one.inferences += 2 * i;
    one.prompt_tokens = {i + 1, std::uint64_t{i} << 40U};
    one.generated_tokens = {1, i};
    one.inference_times[i % kLatencyBuckets] = i;
    all.push_back(one);
  }
  return all;
}

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
