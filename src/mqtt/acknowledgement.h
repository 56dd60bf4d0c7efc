#pragma once
// What the hub says to one device on iot/ack/ID: which of its records are on the hub's disk, and which never will be.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::mqtt {

inline constexpr std::size_t kLargestAcknowledgementBytes = 65536;
inline constexpr std::size_t kMostAcks = 64;
inline constexpr std::size_t kMostRejected = 512;

// Why a hub will never store a record, however often it is sent.
enum class RejectCode {
  kMalformed,       // not a record
  kTooLarge,        // larger than the hub takes
  kWrongDevice,     // says that it is another device's than its topic
  kConflict,        // the hub has another record under the same key
  kUnknownVersion,  // of a format that the hub does not know
  kOther,           // for a reason that this program does not know: the hub is newer
};

// One message, JSON: {"v":1,"store_id","acks":[{"stream","upto"}],"rejected":[{"stream","seq","code"}],"losses_upto",
// "pace_ms"}. Ids are 16 lower-case hex digits, numbers at most 2^63 - 1.
struct Acknowledgement {
  // Every record of the stream up to and including `upto` is handled: stored, rejected, or reported lost by the device.
  struct Upto {
    std::uint64_t stream = 0;
    std::uint64_t upto = 0;  // 0: none yet
    friend bool operator==(const Upto&, const Upto&) = default;
  };
  struct Rejected {
    std::uint64_t stream = 0;
    std::uint64_t sequence = 0;  // from 1
    RejectCode code = RejectCode::kOther;
    friend bool operator==(const Rejected&, const Rejected&) = default;
  };

  std::uint64_t store_id = 0;                     // of the hub's data; a hub that lost its data has another one
  std::vector<Upto> acks;                         // at most kMostAcks
  std::vector<Rejected> rejected;                 // at most kMostRejected
  std::optional<std::uint64_t> losses_upto;       // loss reports with ordinals up to this are on the hub's disk
  std::optional<std::chrono::milliseconds> pace;  // how long to wait between records

  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

// "wrong_device", as it stands in the JSON.
[[nodiscard]] std::string_view RejectCodeText(RejectCode code);

// Appends the message; it is never larger than kLargestAcknowledgementBytes. REQUIRES: the bounds above hold.
void AppendJson(const Acknowledgement& acknowledgement, std::string& out);

// Reads one message that nobody vouches for: one JSON object within the bounds, at most 32 levels deep. Unknown keys
// are passed over, a known one that stands twice is refused. Failures say at which byte and in which field. Whether the
// device has such streams and ever sent so much is not judged here (Outbox does). Safe from any thread.
[[nodiscard]] Result<Acknowledgement> ParseAcknowledgement(std::string_view json);

}  // namespace inferometer::mqtt
