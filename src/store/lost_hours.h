#pragma once
// Roll-ups of records that a device gave up: what the totals of an hour lack. docs/journal-format.md has the bytes,
// docs/topics.md the JSON. Pure functions.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::store {

// How many spans of hours are kept apart.
inline constexpr std::size_t kMostLostHours = 96;
// Of the histogram of latencies: times of at most 16 ms, of more than that and at most 32, and so on to 524,288 ms (9
// minutes); the last bucket has what is longer. Written to disk: do not change the values.
inline constexpr std::size_t kLatencyBuckets = 17;
inline constexpr std::uint64_t kLeastLatencyBoundMs = 16;
// No sum goes beyond: what readers of JSON can take.
inline constexpr std::uint64_t kLargestLostSum = INT64_MAX;

// Whole hours since 1970, UTC, both included.
struct HourSpan {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  friend auto operator<=>(const HourSpan&, const HourSpan&) = default;
};

// Of the records that told the value, and did not fail: a failed one stays out of every average. A count stops at
// UINT32_MAX, a total at kLargestLostSum.
struct LostSum {
  std::uint32_t count = 0;
  std::uint64_t total = 0;

  friend bool operator==(const LostSum&, const LostSum&) = default;
};

// What was lost of some hours. Energy is left out: energies of different source or scope have no common sum.
struct LostHours {
  // As the records' timestamps say, which a device without a clock does not know better. Nothing: records that could
  // not be read, or had no timestamp.
  std::optional<HourSpan> hours;
  std::uint64_t inferences = 0;         // every record, the failed ones too
  std::uint64_t failed_inferences = 0;  // of these
  LostSum prompt_tokens;
  LostSum generated_tokens;
  std::uint64_t inference_time_us = 0;                         // of those in the histogram
  std::array<std::uint32_t, kLatencyBuckets> inference_times;  // the histogram; a bucket stops at UINT32_MAX

  LostHours() : inference_times{} {}
  // Of one record.
  [[nodiscard]] static LostHours Of(const InferenceRecord& record);
  // Of one record as it stands in the journal; of unknown hour where it is no record.
  [[nodiscard]] static LostHours Of(std::string_view line);
  // Of `inferences` records of which nothing is known.
  [[nodiscard]] static LostHours Unknown(std::uint64_t inferences);

  // How many told their time, and did not fail.
  [[nodiscard]] std::uint64_t timed() const;

  friend bool operator==(const LostHours&, const LostHours&) = default;
};

// The bucket of a latency.
[[nodiscard]] std::size_t LatencyBucket(double ms);

// Adds to the span that has the hour, or makes one. `all` is in the order of the hours, what has none first; no two
// spans share an hour. Where there are more than kMostLostHours, the two oldest become one: no total is ever lost.
void AddLostHours(const LostHours& more, std::vector<LostHours>& all);
// The oldest of `all` put together until at most `most` are left. REQUIRES: `all` as AddLostHours makes it; `most` is
// at least 2, since what has no hour stays apart.
[[nodiscard]] std::vector<LostHours> WithAtMost(std::size_t most, std::vector<LostHours> all);
// Why `all` cannot be what AddLostHours made.
[[nodiscard]] Status CheckLostHours(const std::vector<LostHours>& all);

// As the ledger has them, and back: kDataLoss for bytes that nobody writes. All of `bytes` is read.
inline constexpr std::size_t kLostHoursBytes = 56 + 4 * kLatencyBuckets;  // of a span; before the first, 4 bytes
void AppendLostHours(const std::vector<LostHours>& all, std::string& out);
[[nodiscard]] Result<std::vector<LostHours>> DecodeLostHours(std::string_view bytes);

// Appends a list of JSON objects.
void AppendLostHoursJson(const std::vector<LostHours>& all, std::string& out);

}  // namespace inferometer::store
