#pragma once
// What a device says of itself on iot/status/ID (docs/topics.md).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/clock_repair.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/topics.h"
#include "os/boot.h"
#include "store/lost_hours.h"

namespace inferometer::hub {

using mqtt::kLargestStatusBytes;
inline constexpr std::size_t kLargestContextBytes = 16384;
inline constexpr std::size_t kMostHeldRanges = 256;
inline constexpr std::size_t kMostLostRanges = 256;
inline constexpr std::size_t kMostLossCounters = 32;
inline constexpr std::size_t kLongestReason = 32;

// What the device holds of a stream, both ends included; empty when `last` is `first` - 1.
struct HeldRange {
  std::uint64_t stream = 0;
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  friend bool operator==(const HeldRange&, const HeldRange&) = default;
};

// A loss report: `count` of the records from..to are gone, both ends included. All of them, unless the device had to
// merge reports (StatusMessage::GoneUpTo).
struct LostRange {
  std::uint64_t number = 0;  // of the report, from 1
  std::uint64_t stream = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
  std::string reason;  // a word of lower-case letters and '_'; a later device may know more of them than we do
  friend bool operator==(const LostRange&, const LostRange&) = default;
};

struct StatusMessage {
  bool is_online = false;
  std::optional<std::string> device_id;  // canonical
  std::optional<WallTime> timestamp;     // a last will has none
  // The folder that the device would like: `device_name` of its context, where that is a device's name.
  std::optional<std::string> device_name;
  std::optional<std::string> context;  // a JSON object on one line, as the device wrote it
  std::optional<std::uint64_t> lag_records;
  std::optional<std::uint64_t> lag_messages;
  std::vector<HeldRange> streams;  // oldest first, none twice
  std::vector<LostRange> lost;     // oldest first
  // What the totals lack by lost records, since the device's journal was made; as CheckLostHours wants it.
  std::vector<store::LostHours> lost_hours;
  std::optional<bool> is_synchronised;
  std::optional<os::BootId> boot;
  std::optional<BootTime> boottime;                           // at `timestamp`
  std::vector<std::pair<std::string, std::uint64_t>> losses;  // counters of what was lost since the start, by name

  struct BootAnchor {
    os::BootId boot;
    Anchor anchor;
  };
  // What the message says of its boot's time; nothing while the clock is not synchronised.
  [[nodiscard]] std::optional<BootAnchor> anchor() const;

  // The last sequence up to which everything from `report.from` on is gone for certain, which Streams::NoteLost wants:
  // all of a report that leaves out nothing, and of a merged one what lies before the oldest record still held. `from`
  // - 1 when that is nothing.
  [[nodiscard]] std::uint64_t GoneUpTo(const LostRange& report) const;
};

// Reads one message that nobody vouches for: one JSON object of at most kLargestStatusBytes, wholly valid as StrictJson
// says, within the bounds above. `status` must be there. Unknown keys are passed over; a key that stands twice is
// refused, wherever it stands. Failures name the field. Safe from any thread.
[[nodiscard]] Result<StatusMessage> ParseStatusMessage(std::string_view json);

}  // namespace inferometer::hub
