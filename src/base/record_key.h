#pragma once
// The key under which a record is stored exactly once, wherever it is kept.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::base {

// Fits a signed integer of 64 bits, as JSON readers and databases have it.
inline constexpr std::uint64_t kLargestSequence = std::numeric_limits<std::int64_t>::max();
// What RecordIdText makes at most: a device id of 64, a stream of 16, a sequence of 19 characters and two slashes.
inline constexpr std::size_t kLongestRecordId = 101;

struct RecordKey {
  std::string device_id;       // canonical
  std::uint64_t stream = 0;    // random bits, new at every start of a device
  std::uint64_t sequence = 0;  // 1 to kLargestSequence, without holes at append

  // By device, then by stream's number, then by sequence: a stable order, not one of time.
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

// Each key has one text and each text one key; all other spellings (capitals, leading zeros, a sign, blanks) are
// refused. Pure functions.

// 16 lower-case hex digits.
[[nodiscard]] std::string StreamText(std::uint64_t stream);
[[nodiscard]] std::optional<std::uint64_t> ParseStream(std::string_view text);

// Decimal. Nothing for what is no number from 1 to kLargestSequence.
[[nodiscard]] std::optional<std::uint64_t> ParseSequence(std::string_view text);

// "device/stream/sequence". REQUIRES: the key is valid.
[[nodiscard]] std::string RecordIdText(const RecordKey& key);
// kInvalidArgument names the part that is wrong; the text itself is not repeated.
[[nodiscard]] Result<RecordKey> ParseRecordId(std::string_view text);

}  // namespace inferometer::base
